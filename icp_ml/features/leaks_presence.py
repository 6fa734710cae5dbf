"""Who has the value at all: a column kept after the sale is empty for everybody but customers."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from icp_ml.features.leaks_outcomes import Contrast, Finding

# Data bought or researched before the sale is missing more often for lost accounts, say 70 against 90 %. A column kept
# after the sale differs by far more, or is all but absent on one side.
_GAP = 0.5
_RATIO, _SHARE = 0.10, 0.15
_CHANCE = 1e-4


def find_presence(filled: np.ndarray, contrasts: tuple[Contrast, ...], what: str = "filled in") -> list[Finding]:
    """Return a finding for each contrast one side of which has the value and the other has not.

    Parameters
    ----------
    filled : ndarray of bool
        Whether each account of the cohort has a value.
    contrasts : tuple of Contrast
        Groups to compare.
    what : str
        How having the value is called.
    """
    found = []
    for contrast in contrasts:
        there = filled[contrast.rows]
        positive, negative = there[contrast.positive], there[~contrast.positive]
        raw = float(positive.mean()), float(negative.mean())
        # Nobody researches accounts that were never worked, so against those only near absence counts.
        gap = _GAP if contrast.name != "customer" else np.inf
        if (
            _far_apart(*raw, gap)
            and _far_apart(*shares_at_same_dates(there, contrast), gap)
            and _beyond_chance(there, contrast)
        ):
            found.append(_finding(contrast, *raw, what))
    return sorted(found, key=_widest_first)


def _widest_first(finding: Finding) -> float:
    return -abs(finding.figures["filled"] - finding.figures["filled_elsewhere"])


def _far_apart(one: float, other: float, gap: float) -> bool:
    """Tell whether two shares differ by more than enrichment explains."""
    low, high = sorted((one, other))
    return high - low >= gap or (high >= _SHARE and low <= _RATIO * high)


def shares_at_same_dates(there: np.ndarray, contrast: Contrast) -> tuple[float, float]:
    """Return both shares as if the two groups had the same decision dates (Mantel-Haenszel weights)."""
    n1, n0, filled1, filled0 = _by_stratum(there, contrast)
    weight = (n1 * n0) / (n1 + n0)
    if not weight.sum():
        return 0.0, 0.0
    return float((filled1 / n1) @ weight / weight.sum()), float((filled0 / n0) @ weight / weight.sum())


def _beyond_chance(there: np.ndarray, contrast: Contrast) -> bool:
    """Tell whether the shares differ by more than chance at equal dates (Cochran-Mantel-Haenszel test)."""
    n1, n0, filled1, filled0 = _by_stratum(there, contrast)
    n, filled = n1 + n0, filled1 + filled0
    spread = (n1 * n0 * filled * (n - filled) / (n**2 * (n - 1))).sum()
    return bool(spread > 0 and chi2.sf((filled1 - n1 * filled / n).sum() ** 2 / spread, 1) < _CHANCE)


def _by_stratum(there: np.ndarray, contrast: Contrast) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return accounts and filled accounts of either side, in each stratum that has both sides."""
    size = int(contrast.stratum.max()) + 1
    one, other = contrast.positive, ~contrast.positive
    counts = [np.bincount(contrast.stratum[side], minlength=size).astype(float) for side in (one, other)]
    filled = [np.bincount(contrast.stratum[side], there[side], minlength=size) for side in (one, other)]
    both = (counts[0] > 0) & (counts[1] > 0)
    return counts[0][both], counts[1][both], filled[0][both], filled[1][both]


def _finding(contrast: Contrast, positive: float, negative: float, what: str) -> Finding:
    after = "the sale" if contrast.name in ("won", "customer") else "the outcome"
    return Finding(
        "filled_after",
        f"it is {what} for {positive:.0%} of {contrast.having} and {negative:.0%} of {contrast.lacking}, "
        f"so it was probably recorded after {after}",
        {"outcome": contrast.name, "filled": round(positive, 4), "filled_elsewhere": round(negative, 4)},
    )
