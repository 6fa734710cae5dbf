"""Near-identifiers: columns that tell which account it is, and not what kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.features.leaks_outcomes import Finding

_FEWEST = 30
_ONE_EACH = 0.9
_REPEATS_BY_CHANCE, _SHARE_OF_CHANCE = 10.0, 0.1


def find_identifier(column: pd.Series, kind: str) -> list[Finding]:
    """Return a finding for a text with nearly one level an account, or numbers that were given out one by one."""
    known = column.dropna()
    if len(known) < _FEWEST or kind not in ("category", "number"):
        return []
    different = known.nunique()
    figures = {"levels": int(different), "n": len(known)}
    if kind == "category" and different > _ONE_EACH * len(known):
        words = (
            f"it has {different:,} different values on {len(known):,} accounts, "
            "so it names accounts and can say nothing of new ones"
        )
        return [Finding("identifier", words, figures)]
    if kind == "number" and _given_out(known.to_numpy(dtype=float), different):
        words = (
            f"it is a running number: {different:,} different whole numbers on {len(known):,} accounts, "
            "so close together that chance would repeat many"
        )
        return [Finding("identifier", words, figures)]
    return []


def _given_out(values: np.ndarray, different: int) -> bool:
    """Tell whether whole numbers repeat far less than chance would within their range, as numbers given out do."""
    n, width = len(values), values.max() - values.min() + 1
    by_chance = n * (n - 1) / 2 / width
    repeats = n - different
    return bool(
        (values == np.floor(values)).all()
        and by_chance >= _REPEATS_BY_CHANCE
        and different > _ONE_EACH * n
        and repeats <= _SHARE_OF_CHANCE * by_chance
    )
