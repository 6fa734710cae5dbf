"""How a table's dates are written."""

from __future__ import annotations

import pandas as pd

from icp_ml.config.standard import CONTRACT
from icp_ml.drafting.assigning import DraftTable
from icp_ml.drafting.profiles import DATE_FORMATS, Column, count_together
from icp_ml.drafting.spelling import listed

_SPANS = {"opportunities": ("created_at", "closed_at"), "subscriptions": ("started_at", "ended_at")}


def guess_date_format(table: DraftTable) -> tuple[str, str] | None:
    """Return the format that reads most of a table's dates with a remark, None where ISO reads them.

    Of formats that read as many, one by which fewer deals close, or periods end, before they begin is taken.
    """
    found = (table.column(s) for s, c in CONTRACT[table.name].items() if c.kind == "date")
    dates = [column for column in found if column is not None]
    counts = {f: sum(c.formats.get(f, 0) for c in dates) for f in DATE_FORMATS}
    best = max(counts.values())
    # Where ISO reads nearly all, what is left is no date at all.
    if best == 0 or all(c.mostly(c.iso_dates) for c in dates if c.told):
        return None
    rivals = [f for f in DATE_FORMATS if counts[f] == best]
    wrong = {f: _backwards(table, f) for f in rivals} if len(rivals) > 1 else dict.fromkeys(rivals, 0)
    chosen = min(rivals, key=lambda f: wrong[f])
    other = [f for f in rivals if f != chosen and wrong[f] == wrong[chosen]]
    doubt = f"; {listed(other, 2)} would do as well: check" if other else ""
    return chosen, f"such as {_example(dates)}{doubt}"


def _example(dates: list[Column]) -> str:
    return next((c.levels[0] for c in dates if c.formats), "")


def _backwards(table: DraftTable, date_format: str) -> int:
    """Return how many rows end before they begin, if this is the format."""
    first, last = _SPANS.get(table.name, ("", ""))
    if first not in table.columns or last not in table.columns:
        return 0
    columns = [table.columns[first], table.columns[last]]
    rows = pd.concat([count_together(file.path, columns) for file in table.files])
    start, end = (pd.to_datetime(rows[c].str.strip(), format=date_format, errors="coerce") for c in columns)
    return int(rows.loc[end < start, "n"].sum())
