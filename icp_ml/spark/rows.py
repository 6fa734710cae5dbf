"""A table of accounts under the standard names, as Spark SQL: one row an account."""

from __future__ import annotations

from collections.abc import Sequence

from icp_ml.errors import DataError
from icp_ml.exports.cells import category_cell, column, written
from icp_ml.exports.dialects import dialect_of
from icp_ml.release.folder import Release
from icp_ml.release.reading import columns_found

SPARK = dialect_of("spark")
_SHOWN = 8


def standard_rows(release: Release, view: str, columns: Sequence[str], label: str) -> str:
    """Return a SELECT of ``account_id`` as text and every attribute of the release as it stands in the table.

    Where rows are dated, each account's latest, of several of one instant any.

    Parameters
    ----------
    release : Release
        Knows what the columns may be called.
    view : str
        View of the accounts.
    columns : sequence of str
        Its columns.
    label : str
        What messages call it.

    Raises
    ------
    DataError
        If no column identifies the account, or dates are written in a format of their own.
    """
    found = columns_found(columns, release)
    identity = found["account_id"]
    if identity is None:
        raise DataError(
            f"{label}: a column must identify the account, {' or '.join(map(repr, _names(release)))}; "
            f"found {', '.join(columns[:_SHOWN])}"
        )
    cells = {name: _cell(found[name]) for name in release.attributes}
    selected = [f"{written(category_cell(column(identity), SPARK), SPARK)} AS account_id"]
    selected += [f"{cell} AS {quoted(name)}" for name, cell in cells.items()]
    kept = ["account_id", *map(quoted, cells)]
    observed = found["observed_at"]
    if observed is None:
        return f"SELECT {', '.join(selected)} FROM {quoted(view)}"
    if release.criteria.get("date_format"):
        raise DataError(
            f"{label}, column {observed!r}: Spark reads ISO dates alone, this release's dates are written otherwise; "
            "score without --engine spark, or give one row an account without that column"
        )
    latest = f"row_number() OVER (PARTITION BY account_id ORDER BY {_instant(observed)} DESC NULLS LAST)"
    dated = f"SELECT {', '.join(selected)}, {quoted(observed)} FROM {quoted(view)}"
    ranked = f"SELECT {', '.join(kept)}, {latest} AS icp_recency FROM ({dated})"
    return f"SELECT {', '.join(kept)} FROM ({ranked}) WHERE icp_recency = 1 OR account_id IS NULL"


def quoted(name: str) -> str:
    """Quote a name.

    >>> quoted("a `b` c")
    '`a ``b`` c`'
    """
    return "`" + name.replace("`", "``") + "`"


def _cell(source: str | None) -> str:
    return "CAST(NULL AS STRING)" if source is None else quoted(source)


def _instant(observed: str) -> str:
    return f"try_cast({quoted(observed)} AS TIMESTAMP)"


def _names(release: Release) -> Sequence[str]:
    return tuple(release.criteria.get("columns", {}).get("account_id", ["account_id"]))
