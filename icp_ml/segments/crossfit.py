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
    held_out : tuple of ndarray of bool, shape (n,)
        For each rule, the accounts that its stand-in, formed without their fold, holds for.
    came_back : tuple of int
        For each rule, in how many folds there was a stand-in.
    """

    rules: tuple[Rule, ...]
    held_out: tuple[np.ndarray, ...]
    came_back: tuple[int, ...]

    def labels(self) -> np.ndarray:
        """Return for each account the first rule whose stand-in holds, -1 where none, shape (n,), int."""
        return cells(self.held_out, len(self.held_out[0]))

    def only(self, places: Sequence[int]) -> Crossfit:
        """Return the same for some of the rules."""
        return Crossfit(
            tuple(self.rules[i] for i in places),
            tuple(self.held_out[i] for i in places),
            tuple(self.came_back[i] for i in places),
        )


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
    masks = [rule.mask(frame) for rule in rules]
    held_out = [np.zeros(len(frame), dtype=bool) for _ in rules]
    came_back = [0] * len(rules)
    for fold, others in enumerate(again):
        theirs = [rule.mask(frame) for rule in others]
        for mine, other in _pairs([m[counted] for m in masks], [m[counted] for m in theirs]):
            held_out[mine] |= theirs[other] & (folds == fold)
            came_back[mine] += 1
    return Crossfit(tuple(rules), tuple(held_out), tuple(came_back))


def _pairs(mine: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Return which rule stands in for which, the closest pairs first, each used once."""
    overlaps = [(-jaccard(m, t), i, j) for i, m in enumerate(mine) for j, t in enumerate(theirs)]
    pairs: dict[int, int] = {}
    for overlap, i, j in sorted(overlaps):
        if -overlap >= COMES_BACK and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return sorted(pairs.items())
