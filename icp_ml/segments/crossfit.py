"""Segments are formed on all accounts, and each account is measured in a segment formed without it.

Half of the accounts are too few to find what all of them show. So the rules that are published are formed on all; the
same is done five times more, each time without one fifth, and the rule that comes back in place of a published one says
which accounts of that fifth are measured in its stead. No outcome then has a say in which segment it is counted, and
all of them count (cross-fitting, Chernozhukov et al. 2018, doi:10.1111/ectj.12097).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.segments.folds import FOLDS
from icp_ml.segments.forming import Form
from icp_ml.segments.partition import cells
from icp_ml.segments.stability import jaccard

COMES_BACK = 0.5  # least Jaccard of a rule with the one that it stands in for


@dataclass(frozen=True)
class Crossfit:
    """Published rules, and what stands in for them on accounts that did not form the stand-in.

    Parameters
    ----------
    rules : tuple of Rule
        Formed on all accounts, in order.
    masks : ndarray of bool, shape (rules, n)
        Accounts that each rule holds for.
    stand_ins : ndarray of bool, shape (folds, rules, n)
        Accounts that the rule's stand-in, formed without a fold, holds for; nobody where there is none.
    folds : ndarray of int, shape (n,)
        Fold of each account.
    """

    rules: tuple[Rule, ...]
    masks: np.ndarray
    stand_ins: np.ndarray
    folds: np.ndarray

    @property
    def held_out(self) -> np.ndarray:
        """For each rule, the accounts that a stand-in formed without them holds for, shape (rules, n)."""
        found = np.zeros_like(self.masks)
        for fold, masks in enumerate(self.stand_ins):
            found |= masks & (self.folds == fold)
        return found

    @property
    def asked(self) -> np.ndarray:
        """For each rule, the accounts of the folds in which it has a stand-in, shape (rules, n), bool."""
        return np.take(self.stand_ins.any(axis=2), self.folds, axis=0).T

    @property
    def came_back(self) -> list[int]:
        """In how many folds each rule has a stand-in."""
        return [int(n) for n in self.stand_ins.any(axis=2).sum(axis=0)]

    def labels(self) -> np.ndarray:
        """Return for each account the first rule whose stand-in holds, -1 where none, shape (n,), int."""
        return cells(list(self.held_out), len(self.folds))

    def only(self, places: Sequence[int]) -> Crossfit:
        """Return the same for some of the rules."""
        chosen = list(places)
        rules = tuple(self.rules[i] for i in chosen)
        return Crossfit(rules, self.masks[chosen], self.stand_ins[:, chosen], self.folds)


def formed_without(form: Form, counted: np.ndarray, folds: np.ndarray) -> list[list[Rule]]:
    """Return the rules formed by the counted accounts outside each fold."""
    return [form(counted & (folds != fold)) for fold in range(FOLDS)]


def crossfit(
    rules: Sequence[Rule], again: Sequence[Sequence[Rule]], frame: pd.DataFrame, counted: np.ndarray, folds: np.ndarray
) -> Crossfit:
    """Return published rules with their stand-ins.

    Parameters
    ----------
    rules : sequence of Rule
        Formed on all counted accounts.
    again : sequence of sequence of Rule, one a fold
        Formed on the counted accounts outside each fold.
    frame : DataFrame, n rows
        Typed attributes.
    counted : ndarray of bool, shape (n,)
        Accounts on which rules are compared.
    folds : ndarray of int, shape (n,)
        Fold of each account.
    """
    masks = np.array([rule.mask(frame) for rule in rules], dtype=bool).reshape(len(rules), len(frame))
    stand_ins = np.zeros((FOLDS, *masks.shape), dtype=bool)
    for fold, others in enumerate(again):
        theirs = [rule.mask(frame) for rule in others]
        for mine, other in _pairs([m[counted] for m in masks], [m[counted] for m in theirs]):
            stand_ins[fold, mine] = theirs[other]
    return Crossfit(tuple(rules), masks, stand_ins, folds)


def _pairs(mine: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Return which rule stands in for which, the closest pairs first, each used once."""
    overlaps = [(-jaccard(m, t), i, j) for i, m in enumerate(mine) for j, t in enumerate(theirs)]
    pairs: dict[int, int] = {}
    for overlap, i, j in sorted(overlaps):
        if -overlap >= COMES_BACK and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return sorted(pairs.items())
