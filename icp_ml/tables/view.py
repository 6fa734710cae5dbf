"""One typed table on its way through the checks, and the words of what is found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from icp_ml.tables.mapping import Mapping
from icp_ml.tables.sources import ROW
from icp_ml.tables.tables import NOTHING_ASIDE, Aside, Issue

Level = Literal["stop", "handled", "warning"]
FILE = "__file"
# The instant behind ``observed_at``: of two rows of one day the later counts.
INSTANT = "__instant"
# ``closed_at`` as written, which only closed deals must have readable.
CLOSED = "__closed"


@dataclass(frozen=True)
class TableView:
    """A typed table on its way through the checks.

    Parameters
    ----------
    name : str
        Standard table name.
    frame : DataFrame
        Every contract column, every attribute, and ``__row`` and ``__file``; row order is the files'.
    mapping : Mapping
        What the files call each column.
    labels : tuple of str
        File names, by ``__file``.
    extra : DataFrame
        Columns nobody asked for, as text under their file names; same index as ``frame``.
    aside : Aside
        Further rows of the table, which a database counted and kept to itself.
    """

    name: str
    frame: pd.DataFrame
    mapping: Mapping
    labels: tuple[str, ...]
    extra: pd.DataFrame
    aside: Aside = field(default=NOTHING_ASIDE)

    @property
    def rows(self) -> int:
        """Rows of the table, those set aside included."""
        return len(self.frame) + self.aside.rows

    def keep(self, mask: np.ndarray | pd.Series) -> TableView:
        """Return the view with only some rows."""
        chosen = np.asarray(mask, dtype=bool)
        return replace(self, frame=self.frame[chosen], extra=self.extra[chosen])

    def with_frame(self, frame: pd.DataFrame) -> TableView:
        """Return the view with another frame of the same rows."""
        return replace(self, frame=frame)

    def place(self, column: str | None = None) -> str:
        """Return ``file, column 'x'`` for messages."""
        files = ", ".join(self.labels[:3]) + (", ..." if len(self.labels) > 3 else "")
        return f"{files}, column {self.mapping.spelled(column)!r}" if column else files

    def issue(
        self,
        code: str,
        level: Level,
        mask: np.ndarray | pd.Series,
        must: str,
        do: str,
        column: str | None = None,
        values: pd.Series | None = None,
        more: int = 0,
    ) -> list[Issue]:
        """Return one issue about the rows of a mask and ``more`` of those set aside, or none where it holds nowhere.

        The message reads: file and column: what must hold; how many rows do not, with examples; what to do.
        """
        chosen = np.asarray(mask, dtype=bool)
        rows = int(chosen.sum()) + more
        if rows == 0:
            return []
        shown = values if values is not None else self.frame[column] if column else None
        examples = self._examples(chosen, shown)
        message = f"{self.place(column)}: {must}; {rows_words(rows, self.rows)} not: {example_words(examples)}; {do}"
        spelled = self.mapping.spelled(column) if column else None
        return [Issue(code, self.name, message, level, spelled, rows, self.rows, examples)]

    def _examples(self, chosen: np.ndarray, values: pd.Series | None) -> tuple[dict[str, Any], ...]:
        first = self.frame[chosen].head(5)
        found = []
        for index, row, file in zip(first.index, first[ROW], first[FILE], strict=True):
            example: dict[str, Any] = {"row": int(row)}
            if len(self.labels) > 1:
                example["file"] = self.labels[int(file)]
            if values is not None:
                example["value"] = value_words(values[index])
            found.append(example)
        return tuple(found)


def rows_words(rows: int, of: int) -> str:
    """Return ``3 of 200 rows do``."""
    return f"{rows:,} of {of:,} rows {'does' if rows == 1 else 'do'}"


def example_words(examples: Sequence[dict[str, Any]]) -> str:
    """Return ``row 5 ('x'), row 9 ('y')``."""
    words = []
    for example in examples:
        file = f"{example['file']} " if "file" in example else ""
        value = f" ({example['value']!r})" if "value" in example else ""
        words.append(f"{file}row {example['row']}{value}")
    return ", ".join(words)


def value_words(value: Any) -> str:
    """Return a cell as text for a message, shortened, a day without its midnight."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
