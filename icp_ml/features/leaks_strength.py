"""How well an attribute alone tells the outcome: honest ones are never nearly perfect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from icp_ml.features.leaks_outcomes import Contrast, Finding

# AUC, and its lower bound, from which a number is implausible; a flag or a few levels tell less than a number could.
_EDGES, _EDGES_LEVELS = (0.90, 0.85), (0.86, 0.78)
_KNOWN = 0.5
FOLDS = 5
_BINS, _SPIKE, _PRIOR = 12, 0.03, 2.0


@dataclass(frozen=True)
class Strength:
    """AUC of one attribute for one contrast; ``low`` is two standard errors below (Hanley and McNeil 1982)."""

    auc: float
    low: float


def level_codes(column: pd.Series, kind: str) -> np.ndarray:
    """Return each row's level as a code, shape (n,); missing is a level.

    Numbers go into some twelve quantile bins; a value that many share, such as 0, has its own.
    """
    if kind != "number":
        return pd.factorize(column.astype(object), use_na_sentinel=True)[0] + 1
    values = column.to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(values)
    if not known.any():
        return np.zeros(len(values), dtype=np.int64)
    shared, n = np.unique(values[known], return_counts=True)
    spikes = shared[n >= _SPIKE * len(values)]
    quantiles = np.quantile(values[known], np.linspace(0, 1, _BINS + 1)[:-1])
    edges = np.unique(np.concatenate([quantiles, spikes, np.nextafter(spikes, np.inf)]))
    return np.where(known, np.searchsorted(edges, values, side="right"), 0)


def out_of_fold_means(codes: np.ndarray, target: np.ndarray, seed: int) -> np.ndarray:
    """Return each row's level mean of the target over the other folds, pulled towards the overall mean."""
    fold = np.random.default_rng(seed).permutation(len(codes)) % FOLDS
    size = int(codes.max(initial=0)) + 1
    overall = float(target.mean())
    means = np.empty(len(codes))
    for k in range(FOLDS):
        other = fold != k
        n = np.bincount(codes[other], minlength=size)
        total = np.bincount(codes[other], weights=target[other], minlength=size)
        means[~other] = ((total + _PRIOR * overall) / (n + _PRIOR))[codes[~other]]
    return means


def auc_strength(score: np.ndarray, positive: np.ndarray) -> Strength:
    """Return the AUC of a score and its lower bound.

    >>> auc_strength(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, False, True, True])).auc
    1.0
    """
    n1, n0 = int(positive.sum()), int((~positive).sum())
    auc = float((rankdata(score)[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))
    # At an AUC of one the formula's error is zero, so one pair is counted as half wrong.
    a = min(max(auc, 0.5), 1 - 0.5 / (n1 * n0))
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    error = ((a * (1 - a) + (n1 - 1) * (q1 - a * a) + (n0 - 1) * (q2 - a * a)) / (n1 * n0)) ** 0.5
    return Strength(auc, a - 2 * error)


def measure_strengths(column: pd.Series, kind: str, contrasts: tuple[Contrast, ...], seed: int) -> dict[str, Strength]:
    """Return how well an attribute alone tells each contrast.

    By level out of fold, with missing as a level, and, where most values are known, among those alone: random gaps
    must not hide a copy of the outcome. Numbers also by their order.
    """
    codes = level_codes(column, kind)
    strengths = {}
    for contrast in contrasts:
        positive, inside = contrast.positive, codes[contrast.rows]
        options = [_by_level(inside, positive, seed)]
        known = inside > 0
        if min(known[positive].mean(), known[~positive].mean()) >= _KNOWN:
            if not known.all():
                options.append(_by_level(inside[known], positive[known], seed))
            if kind == "number":
                values = column.to_numpy(dtype=float, na_value=np.nan)[contrast.rows][known]
                options += [auc_strength(sign * values, positive[known]) for sign in (1, -1)]
        strengths[contrast.name] = max(options, key=lambda s: s.low)
    return strengths


def _by_level(codes: np.ndarray, positive: np.ndarray, seed: int) -> Strength:
    return auc_strength(out_of_fold_means(codes, positive.astype(float), seed), positive)


def find_strength(strengths: dict[str, Strength], contrasts: tuple[Contrast, ...], kind: str) -> list[Finding]:
    """Return a finding for each contrast that the attribute alone tells implausibly well.

    Customers against accounts nobody worked is no such contrast: a list of prospects may differ in anything.
    """
    highest, sure = _EDGES if kind == "number" else _EDGES_LEVELS
    found = []
    for contrast in contrasts:
        strength = strengths[contrast.name]
        if contrast.name != "customer" and strength.auc > highest and strength.low > sure:
            found.append(
                Finding(
                    "implausible_strength",
                    f"it alone tells {contrast.having} from {contrast.lacking} with an AUC of {strength.auc:.2f} "
                    "(0.50 is chance; what is known before a sale hardly ever passes 0.85)",
                    {"outcome": contrast.name, "auc": round(strength.auc, 4), "n": len(contrast.rows)},
                )
            )
    return found


def level_word(level: object) -> str:
    """Write a level as people read it."""
    return ("no", "yes")[level] if isinstance(level, bool) else str(level)
