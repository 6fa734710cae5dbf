"""How a value is written: exact for customers and rounded for others, in capitals where accounting typed it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from icp_ml.features.leaks_outcomes import Contrast, Finding, enough, restricted
from icp_ml.features.leaks_presence import find_presence


def find_writing(column: pd.Series, kind: str, contrasts: tuple[Contrast, ...]) -> list[Finding]:
    """Return a finding where one side's values are written in a way the other's are not.

    Parameters
    ----------
    column : Series
        A number or category.
    kind : str
        Attribute type.
    contrasts : tuple of Contrast
        Groups to compare; only accounts with a value count.
    """
    known = column.notna().to_numpy()
    sides = tuple(c for c in (restricted(c, known) for c in contrasts if c.name != "customer") if enough(c))
    if kind not in ("number", "category") or not sides:
        return []
    ways = _of_numbers(column) if kind == "number" else _of_words(column)
    for words, written in ways.items():
        if found := find_presence(written & known, sides, words):
            return [dataclasses.replace(f, code="written_differently") for f in found[:1]]
    return []


def _of_numbers(column: pd.Series) -> dict[str, np.ndarray]:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    whole = values == np.floor(values)
    ways = {"written with decimals": ~whole}
    # Small counts are never round; whether bigger numbers are is a habit of whoever enters them.
    if np.nanmin(np.abs(values), initial=np.inf) >= 10:
        ways["an exact number, not a multiple of ten,"] = whole & (values % 10 != 0)
    return ways


def _of_words(column: pd.Series) -> dict[str, np.ndarray]:
    levels = column.dropna().unique()
    text = pd.Series(levels, dtype=object).astype("str")
    tests = {
        "written in capitals": text.str.isupper(),
        "written without capitals": text.str.islower(),
        "written with digits": text.str.contains(r"\d", regex=True),
    }
    codes = pd.Index(levels).get_indexer(column)
    return {words: np.append(is_so.to_numpy(dtype=bool), False)[codes] for words, is_so in tests.items()}
