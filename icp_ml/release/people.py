"""``accounts.csv``: every account for people, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping

import pandas as pd

_STATUS_WORDS = {"refused": "never worked"}
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def accounts_for_people(
    accounts: pd.DataFrame, scored: pd.DataFrame, segment_names: Mapping[str, str], currency: str | None
) -> pd.DataFrame:
    """Return the rows of ``accounts.csv``.

    Parameters
    ----------
    accounts : DataFrame
        ``Cohort.accounts``: name, status, open pipeline and ARR now, indexed by account id.
    scored : DataFrame
        Columns of ``icp score``, the same accounts in the same order.
    segment_names : mapping
        Segment id to its name.
    currency : str or None
        Reporting currency, named beside the money.

    Notes
    -----
    The contract knows four statuses; an account whose only deals we declined reads as never worked.
    """
    status = accounts["status"].replace(_STATUS_WORDS)
    return pd.DataFrame(
        {
            "account_id": scored["account_id"].to_numpy(),
            "name": accounts["name"].to_numpy(),
            "status": status.to_numpy(),
            "icp_tier": scored["icp_tier"].to_numpy(),
            "icp_score": scored["icp_score"].to_numpy(),
            "reasons": scored["reasons"].map(reasons_in_words).to_numpy(),
            "open_pipeline": accounts["open_pipeline"].round(2).to_numpy(),
            "arr": accounts["arr_now"].round(2).to_numpy(),
            "currency": currency or "",
            "segment": scored["segment"].map(lambda s: segment_names.get(s, s)).to_numpy(),
            "matched_criteria": scored["matched_criteria"].to_numpy(),
            "p_win": scored["p_win"].to_numpy(),
            "p_churn": scored["p_churn"].to_numpy(),
        }
    )


def reasons_in_words(reasons: str) -> str:
    """Return the ``reasons`` of one account as words, points behind them.

    >>> reasons_in_words('[{"text": "50 to 500 employees", "points": 18}, {"text": "Consumer app", "points": 0}]')
    '50 to 500 employees (+18); Consumer app'
    """
    lines = json.loads(reasons)
    return "; ".join(f"{r['text']} ({r['points']:+d})" if r["points"] else r["text"] for r in lines)


def csv_text(frame: pd.DataFrame) -> str:
    """Return a frame as CSV whose text cells no spreadsheet takes for a formula.

    A text that starts with ``= + - @``, a tab or a line break gets an apostrophe in front, which spreadsheets read as
    "this is text"; numbers stay numbers, negative ones too, since a number column holds nothing else.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    columns = [_cells(frame[name]) for name in frame.columns]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def safe_cell(text: str) -> str:
    """Return a text cell that no spreadsheet takes for a formula.

    >>> safe_cell("=1+1"), safe_cell("  @x"), safe_cell("plain - text")
    ("'=1+1", "'  @x", 'plain - text')
    """
    return f"'{text}" if re.sub(r"^[ \u00a0]+", "", text).startswith(_FORMULA_STARTS) else text


def _cells(column: pd.Series) -> list[str]:
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return ["" if missing else safe_cell(str(v)) for v, missing in zip(column, column.isna(), strict=True)]
    return ["" if missing else _number(v) for v, missing in zip(column, column.isna(), strict=True)]


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
