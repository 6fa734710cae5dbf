"""Values that hardly any account of one side has: licences above the default, a paid plan, a tag for customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import binom

from icp_ml.features.leaks_outcomes import Contrast, Finding, enough, restricted
from icp_ml.features.leaks_presence import shares_at_same_dates
from icp_ml.features.leaks_strength import FOLDS, level_codes, level_word

# A region of which 60 % leave, and 10 % elsewhere, is six times as frequent among those who left; the lowest of four
# bands of an honest attribute with an AUC of 0.80 is seven times as frequent among lost accounts.
_TIMES, _SURE_TIMES, _CHANCE = 10.0, 7.0, 0.02
_LIKELY_TIMES = 5.0
_SHARE = 0.15
# The tail of an honest number may well be one-sided; a default value, and everything but it, is no tail.
_DEFAULT = 0.8
_SHOWN = 3


def find_telling_levels(column: pd.Series, kind: str, contrasts: tuple[Contrast, ...], seed: int) -> list[Finding]:
    """Return a finding for each contrast one side of which has values that the other hardly ever has.

    Which values those are is told from four fifths of the accounts, and counted on the rest, so that a column of many
    rare levels is no finding. Missing values are left aside: :func:`icp_ml.features.leaks_presence.find_presence`.

    Parameters
    ----------
    column : Series
        A number, category or boolean.
    kind : str
        Attribute type.
    contrasts : tuple of Contrast
        Groups to compare; customers against accounts that nobody worked may differ in anything and are left out.
    seed : int
        Fixes the fifths.
    """
    codes = level_codes(column, kind)
    found = []
    for contrast in contrasts:
        known = restricted(contrast, codes > 0)
        if contrast.name == "customer" or not enough(known):
            continue
        inside = codes[known.rows]
        for side in _sides(known):
            telling = _telling(inside, side, seed)
            if one_sided(telling, side, known):
                what = _described(column.iloc[known.rows], telling, kind)
                found += [_finding(telling, known, what)] if what else []
    return found


def find_telling_tag(has: np.ndarray, tag: str, contrasts: tuple[Contrast, ...]) -> list[Finding]:
    """Return a finding for each contrast one side of which has a tag that the other hardly ever has."""
    found = []
    for contrast in contrasts:
        there = has[contrast.rows]
        if contrast.name != "customer" and any(one_sided(there, side, contrast) for side in _sides(contrast)):
            found.append(_finding(there, contrast, f"the tag {tag!r}", {"tag": tag}))
    return found


def one_sided(inside: np.ndarray, side: np.ndarray, contrast: Contrast) -> bool:
    """Tell whether a value belongs to one side: ten times as frequent there, at equal dates too.

    That it is more than seven times as frequent must be certain at 2 %, by the exact test of a ratio of two rates:
    given how many accounts have the value, those of one side are binomial.
    """
    n1, n0 = int(side.sum()), int((~side).sum())
    a, b = int(inside[side].sum()), int(inside[~side].sum())
    if a < _SHARE * n1 or a * n0 < _TIMES * b * n1:
        return False
    chance = _SURE_TIMES * n1 / (_SURE_TIMES * n1 + n0)
    positive, negative = shares_at_same_dates(inside, contrast)
    high, low = (positive, negative) if side is contrast.positive else (negative, positive)
    return bool(binom.sf(a - 1, a + b, chance) < _CHANCE and high >= _TIMES / 2 * low and high > 0)


def _sides(contrast: Contrast) -> tuple[np.ndarray, ...]:
    """Return the groups that may own a value: a level nobody of which left is plausible, say contracts of two years."""
    return (contrast.positive, ~contrast.positive) if contrast.name == "won" else (contrast.positive,)


def _telling(codes: np.ndarray, side: np.ndarray, seed: int) -> np.ndarray:
    """Tell which rows have a level that, on the other folds, belongs to one side."""
    fold = np.random.default_rng(seed).permutation(len(codes)) % FOLDS
    size = int(codes.max(initial=0)) + 1
    telling = np.zeros(len(codes), dtype=bool)
    for k in range(FOLDS):
        one, other = side & (fold != k), ~side & (fold != k)
        here = (np.bincount(codes[one], minlength=size) + 0.5) / (one.sum() + 1)
        there = (np.bincount(codes[other], minlength=size) + 0.5) / (other.sum() + 1)
        telling[fold == k] = (here >= _LIKELY_TIMES * there)[codes[fold == k]]
    return telling


def _described(values: pd.Series, telling: np.ndarray, kind: str) -> str:
    """Name the values by the most frequent ones; a number by its default, or nothing where it has none."""
    if kind == "number":
        rest, own = (values[where].value_counts() for where in (~telling, telling))
        if len(own) and own.iloc[0] >= _DEFAULT * own.sum():
            return f"the value {own.index[0]:g}"
        return f"a value other than {rest.index[0]:g}" if len(rest) and rest.iloc[0] >= _DEFAULT * rest.sum() else ""
    names = [repr(level_word(v)) for v in values[telling].value_counts().index[:_SHOWN]]
    return f"{'the value' if len(names) == 1 else 'values such as'} {', '.join(names)}"


def _finding(inside: np.ndarray, contrast: Contrast, what: str, more: dict[str, str] | None = None) -> Finding:
    positive, negative = (float(inside[s].mean()) for s in (contrast.positive, ~contrast.positive))
    figures = {"outcome": contrast.name, "share": round(positive, 4), "share_elsewhere": round(negative, 4)}
    return Finding(
        "copy_of_outcome",
        f"{positive:.0%} of {contrast.having} and {negative:.0%} of {contrast.lacking} have {what}, "
        "so it probably copies the outcome",
        figures | {"n": len(contrast.rows)} | (more or {}),
    )
