"""Whether a rule comes out again when the search sees only half of the accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.criteria.atoms import Atoms
from icp_ml.criteria.identity import jaccard
from icp_ml.criteria.outcomes import Outcome
from icp_ml.criteria.refining import Refiner
from icp_ml.criteria.region import Region
from icp_ml.criteria.scanning import Scanner
from icp_ml.criteria.stepping import Terms

_HALVES = 20
_SAME = 0.5  # Jaccard from which a rule of a half is the rule of the whole
_FURTHER_RULES = 1  # a half may put another rule before those of the whole
_PER_CONDITION = 8.0  # a gain in deviance that each further condition must bring: about the best of sixty by chance


@dataclass(frozen=True)
class Stability:
    """How often a rule came out again: ``found_again`` of ``halves``, sharing ``overlap`` (mean Jaccard) with it."""

    halves: int
    found_again: int
    overlap: float


def resampling_stability(
    regions: Sequence[Region], outcome: Outcome, frame: pd.DataFrame, atoms: Atoms, terms: Terms
) -> list[Stability]:
    """Return how often each rule comes out of a search on random halves of the accounts.

    Each half is searched greedily as the whole was, for one rule more than the whole has, without a test of whether
    they stand out; overlap is counted on all accounts (complementary pairs: Shah & Samworth 2013,
    doi:10.1111/j.1467-9868.2011.01034.x).

    Parameters
    ----------
    regions : sequence of Region
        Rules found on all accounts.
    outcome : Outcome
        On n accounts.
    frame : DataFrame, n rows
        Their typed attributes.
    atoms : Atoms
        Candidate conditions on them.
    terms : Terms
        Of the search.
    """
    rng = np.random.default_rng(terms.seed)
    masks = [region.mask(frame) for region in regions]
    overlaps = []
    for _ in range(_HALVES // 2):
        half = np.zeros(len(frame), dtype=bool)
        half[rng.permutation(len(frame))[: len(frame) // 2]] = True
        for rows in (half, ~half):
            found = [r.mask(frame) for r in _greedy(outcome, frame, atoms, terms, rows, len(regions) + _FURTHER_RULES)]
            overlaps.append([max((jaccard(mask, other) for other in found), default=0.0) for mask in masks])
    table = np.array(overlaps)
    return [
        Stability(_HALVES, int(np.sum(table[:, i] >= _SAME)), float(table[:, i].mean())) for i in range(len(regions))
    ]


def _greedy(
    outcome: Outcome, frame: pd.DataFrame, atoms: Atoms, terms: Terms, rows: np.ndarray, most: int
) -> list[Region]:
    """Return the strongest rules among some of the accounts, each where the ones before do not hold."""
    found: list[Region] = []
    free = rows.copy()
    for _ in range(most):
        region = _strongest(outcome.subset(free), frame[free], atoms.rows(free), terms)
        if region is None:
            break
        found.append(region)
        free &= ~region.mask(frame)
    return found


def _strongest(outcome: Outcome, frame: pd.DataFrame, atoms: Atoms, terms: Terms) -> Region | None:
    """Return the region that parts the accounts best, a further condition counted at its price."""
    smallest = max(8, terms.smallest // 2)
    scores, deviance = terms.sign * outcome.scores(), outcome.deviance(terms.sign)
    if len(frame) < 2 * smallest or not np.any(scores):
        return None
    refiner = Refiner(frame, scores, terms.attributes, smallest, deviance)
    regions = []
    deepest = min(3, terms.max_conditions)
    for _, chosen in Scanner(atoms, scores, outcome.strata, smallest, deepest, deviance).strongest():
        region = Region()
        for condition in atoms.spelled(chosen):
            region = region.added(condition, terms.levels)
        regions.append(refiner.refine(region))
    worth = [refiner.worth(r) - _PER_CONDITION * (r.size - 1) for r in regions]
    return regions[int(np.argmax(worth))] if worth and np.isfinite(max(worth)) else None
