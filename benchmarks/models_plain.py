"""The plain tables that a practitioner hands to a library: numbers with gaps, categories, a column for each tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Sample:
    """Rows to learn from or to watch: columns of numbers and of pandas categories, and a label."""

    frame: pd.DataFrame
    label: np.ndarray

    def take(self, rows: np.ndarray) -> Sample:
        """Return some of the rows."""
        return Sample(self.frame.iloc[rows], self.label[rows])


def plain_frames(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both frames with float and category columns; levels and tags are those of the training accounts.

    A test account's unknown level is missing.
    """
    made = []
    for frame in (train, test):
        columns = [column for name in train for column in _columns(frame[name], train[name])]
        named = {f"x{i}": column for i, column in enumerate(columns)}  # some libraries refuse punctuation in names
        made.append(pd.DataFrame(named, index=frame.index))
    return made[0], made[1]


def _columns(column: pd.Series, learnt: pd.Series) -> list[Any]:
    """Return the plain columns of one attribute."""
    if pd.api.types.is_float_dtype(learnt) or pd.api.types.is_bool_dtype(learnt):
        return [column.to_numpy(dtype=float, na_value=np.nan)]
    known = learnt.dropna()
    if len(known) and isinstance(known.iloc[0], tuple):
        tags = sorted({tag for row in known for tag in row})
        return [np.array([_has(row, tag) for row in column], dtype=float) for tag in tags]
    levels = sorted(known.unique())
    return [pd.Categorical(column.where(column.isin(levels)).astype(object), categories=levels)]


def _has(row: object, tag: str) -> float:
    return float(tag in row) if isinstance(row, tuple) else np.nan


def one_hot(frame: pd.DataFrame, middle: pd.Series | None = None) -> pd.DataFrame:
    """Return a column a level, ``middle`` (default the medians) for missing numbers, and a column where they were."""
    numbers = frame.select_dtypes("number")
    gaps = numbers.isna().add_suffix(" missing")
    filled = numbers.fillna(numbers.median() if middle is None else middle)
    words = pd.get_dummies(frame.select_dtypes("category"), dummy_na=True)
    return pd.concat([filled, gaps, words], axis=1).astype(float)
