"""How well an attribute alone tells the outcome: honest ones are never nearly perfect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from icp_ml.features.leaks_outcomes import Contrast, Finding

_IMPLAUSIBLE, _PLAUSIBLE = 0.90, 0.85
_KNOWN = 0.5
_FOLDS, _BINS, _SPIKE, _PRIOR = 5, 12, 0.03, 2.0
_PURE, _FEWEST_PURE = 0.995, 40
_PURE_SHARE, _PURE_SHARE_NONE = 0.25, 0.5


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
    fold = np.random.default_rng(seed).permutation(len(codes)) % _FOLDS
    size = int(codes.max(initial=0)) + 1
    overall = float(target.mean())
    means = np.empty(len(codes))
    for k in range(_FOLDS):
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
    """Return how well an attribute alone tells each contrast: by level out of fold, numbers also by their order."""
    codes = level_codes(column, kind)
    strengths = {}
    for contrast in contrasts:
        target = contrast.positive.astype(float)
        options = [auc_strength(out_of_fold_means(codes[contrast.rows], target, seed), contrast.positive)]
        if kind == "number":
            options += _by_order(column.to_numpy(dtype=float, na_value=np.nan)[contrast.rows], contrast.positive)
        strengths[contrast.name] = max(options, key=lambda s: s.low)
    return strengths


def _by_order(values: np.ndarray, positive: np.ndarray) -> list[Strength]:
    """Return the strength of known values in their order, in the better direction, where most values are known."""
    known = ~np.isnan(values)
    if min(known[positive].mean(), known[~positive].mean()) < _KNOWN:
        return []
    return [auc_strength(sign * values[known], positive[known]) for sign in (1, -1)]


def find_strength(strengths: dict[str, Strength], contrasts: tuple[Contrast, ...]) -> list[Finding]:
    """Return a finding for each contrast that the attribute alone tells implausibly well.

    Customers against accounts nobody worked is no such contrast: a list of prospects may differ in anything.
    """
    found = []
    for contrast in contrasts:
        strength = strengths[contrast.name]
        if contrast.name != "customer" and strength.auc > _IMPLAUSIBLE and strength.low > _PLAUSIBLE:
            found.append(
                Finding(
                    "implausible_strength",
                    f"it alone tells {contrast.having} from {contrast.lacking} with an AUC of {strength.auc:.2f} "
                    "(0.50 is chance; what is known before a sale hardly ever passes 0.85)",
                    {"outcome": contrast.name, "auc": round(strength.auc, 4), "n": len(contrast.rows)},
                )
            )
    return found


def find_pure_levels(column: pd.Series, contrasts: tuple[Contrast, ...]) -> list[Finding]:
    """Return a finding where one level stands for one outcome: all of many accounts, and much of that outcome.

    A level nobody of which was won, or left, is plausible when small, so more of the other side must be in it.
    """
    codes, levels = pd.factorize(column.astype(object), use_na_sentinel=True)
    found = []
    for contrast in contrasts:
        if contrast.name == "customer":
            continue
        inside = codes[contrast.rows]
        known = inside >= 0
        n = np.bincount(inside[known], minlength=len(levels))
        hits = np.bincount(inside[known], weights=contrast.positive[known], minlength=len(levels))
        all_of, none_of = contrast.positive.sum(), (~contrast.positive).sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = hits / n
        pure = (rate >= _PURE) & (hits >= _PURE_SHARE * all_of)
        if contrast.name == "won":
            pure |= (rate <= 1 - _PURE) & (n - hits >= _PURE_SHARE_NONE * none_of)
        pure &= n >= _FEWEST_PURE
        for level in np.flatnonzero(pure)[:1]:
            group = contrast.having if rate[level] > 0.5 else contrast.lacking
            word = _level_word(levels[level])
            figures = {
                "outcome": contrast.name,
                "level": word,
                "n": int(n[level]),
                "rate": round(float(rate[level]), 4),
            }
            sentence = f"{_nearly_all(int(n[level]), int(hits[level]))} accounts with {word!r} are {group}"
            found.append(Finding("copy_of_outcome", f"{sentence}, so it probably copies the outcome", figures))
    return found


def _nearly_all(n: int, hits: int) -> str:
    odd = min(hits, n - hits)
    return f"all but {odd:,} of the {n:,}" if odd else f"all {n:,}"


def _level_word(level: object) -> str:
    return ("no", "yes")[level] if isinstance(level, bool) else str(level)
