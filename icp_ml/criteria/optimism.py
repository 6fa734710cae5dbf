"""How much a rule is flattered by having its boundary moved on the accounts that it is then measured on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.criteria.estimating import risk_difference
from icp_ml.criteria.outcomes import Outcome
from icp_ml.criteria.refining import Refiner
from icp_ml.criteria.region import Region
from icp_ml.criteria.stepping import Terms

_FOLDS = 5
_REPEATS = 2


def boundary_optimism(region: Region, outcome: Outcome, frame: pd.DataFrame, terms: Terms) -> float:
    """Return how much larger the difference is on the accounts that placed the boundary than on others.

    The boundary is moved anew without each fifth of the accounts. Each refit's difference among the four fifths that
    made it, less the difference with every account judged by the refit that never saw it, is the optimism at four
    fifths of the data; it shrinks as one over the accounts, so four fifths of that holds for all of them. (The
    covariance penalty of Efron 2004, doi:10.1198/016214504000000692, by cross-validation.)

    Parameters
    ----------
    region : Region
        Conditions whose boundary was moved.
    outcome : Outcome
        On the n accounts it was moved on.
    frame : DataFrame, n rows
        Their typed attributes.
    terms : Terms
        Of the search.

    Returns
    -------
    float
        In the outcome's unit and the direction of the search, at least 0; 0 where nothing can be moved, or
        where a fold has no rate.
    """
    if not region.bounds and not region.levels:
        return 0.0
    found = [_one_round(region, outcome, frame, terms, terms.seed + repeat) for repeat in range(_REPEATS)]
    return max(0.0, (1 - 1 / _FOLDS) * float(np.mean(found)))


def _one_round(region: Region, outcome: Outcome, frame: pd.DataFrame, terms: Terms, seed: int) -> float:
    fold = np.random.default_rng(seed).permutation(len(frame)) % _FOLDS
    unseen = np.zeros(len(frame), dtype=bool)
    seen = []
    for k in range(_FOLDS):
        rest = fold != k
        part = outcome.subset(rest)
        scores, deviance = terms.sign * part.scores(), part.deviance(terms.sign)
        refiner = Refiner(frame[rest], scores, terms.attributes, terms.smallest * (_FOLDS - 1) // _FOLDS, deviance)
        inside = refiner.refine(region).mask(frame)
        unseen[fold == k] = inside[fold == k]
        seen.append(risk_difference(part, inside[rest]))
    honest = risk_difference(outcome, unseen)
    differences = [d.estimate for d in seen if d is not None]
    if honest is None or not differences:
        return 0.0
    return terms.sign * (float(np.mean(differences)) - honest.estimate)
