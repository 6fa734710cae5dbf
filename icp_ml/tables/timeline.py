"""The last day the data covers, and the tables as they stood on it. Contract, sections 1 and 2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from icp_ml.tables.view import TableView

NEAR_DAYS = 7

# When a row of each table came to be.
ROW_DATE = {"subscriptions": "started_at", "signals": "occurred_at"}


def latest_date(views: Mapping[str, TableView]) -> dt.date | None:
    """Return the latest date in the data, or None where it holds none.

    Closing dates of open deals are forecasts. Ends of periods after every other date are plans, as soon as one of them
    lies more than :data:`NEAR_DAYS` ahead; where none does, they are endings of a last week without a start.
    """
    dates: list[pd.Series] = []
    if "accounts" in views:
        dates.append(views["accounts"].frame["observed_at"])
    if "opportunities" in views:
        deals = views["opportunities"].frame
        dates += [deals["created_at"], deals["closed_at"].where(deals["outcome"].isin(["won", "lost", "refused"]))]
    dates += [views[name].frame[column] for name, column in ROW_DATE.items() if name in views]
    found = [d.max() for d in dates if d.notna().any()]
    found += [view.aside.latest for view in views.values() if view.aside.latest is not None]
    if not found:
        return None
    latest = max(found)
    if "subscriptions" in views:
        last_end = views["subscriptions"].frame["ended_at"].max()
        if latest < last_end <= latest + pd.Timedelta(days=NEAR_DAYS):
            latest = last_end
    return latest.date()


def as_of_view(view: TableView, as_of: dt.date) -> TableView:
    """Return a table other than accounts as it stood at the end of a day.

    A deal created by then and closed later is open; a period that ended later is active, its planned end kept as
    ``term_ends_at``. Rows of later days are left out.
    """
    frame, day = view.frame.copy(), pd.Timestamp(as_of)
    if view.name == "opportunities":
        closed = frame["outcome"].isin(["won", "lost", "refused"])
        came = frame["created_at"].where(~closed, frame[["created_at", "closed_at"]].min(axis=1))
        reopened = closed & (frame["closed_at"] > day)
        frame["outcome"] = frame["outcome"].mask(reopened, "open")
        # What was said on closing was not known before.
        frame["loss_reason"] = frame["loss_reason"].mask(reopened)
        frame["closed_at"] = frame["closed_at"].mask(reopened)
        return view.with_frame(frame).keep(~(came > day))
    came = frame[ROW_DATE[view.name]]
    if view.name == "subscriptions":
        running = frame["ended_at"] > day
        frame["term_ends_at"] = frame["ended_at"].where(running)
        frame["ended_at"] = frame["ended_at"].mask(running)
    kept = replace(view, aside=replace(view.aside, rows=view.aside.rows - view.aside.later, later=0))
    return kept.with_frame(frame).keep(~(came > day))


def accounts_as_of(view: TableView, as_of: dt.date, seen: set[str]) -> TableView:
    """Return the accounts as known at the end of a day.

    Parameters
    ----------
    view : TableView
        Every row of the file.
    as_of : date
        The day.
    seen : set of str
        Accounts that have a deal, a period or a signal by then.

    Returns
    -------
    TableView
        Later rows left out. An account of which only later rows tell, but which was seen, keeps one row without an
        observation day and with every attribute missing: that it existed was known, what it was like was not.
    """
    frame = view.frame
    late = frame["observed_at"] > pd.Timestamp(as_of)
    if not late.any():
        return view
    known = set(frame.loc[~late, "account_id"].dropna())
    bare = late & frame["account_id"].isin(seen - known) & ~frame.where(late)["account_id"].duplicated()
    kept = frame.copy()
    told = [c for c in kept.columns if not c.startswith("__") and c not in ("account_id", "name")]
    for column in told:
        kept[column] = kept[column].mask(bare, _nothing(kept[column]))
    return view.with_frame(kept).keep(np.asarray(~late | bare))


def _nothing(column: pd.Series) -> object:
    """Return what stands for missing in a column's dtype."""
    if column.dtype == "boolean":
        return pd.NA
    return pd.NaT if column.dtype.kind == "M" else np.nan if column.dtype != object else None
