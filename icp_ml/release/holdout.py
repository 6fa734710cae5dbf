"""``holdout.parquet``: the later accounts a release was judged on, so that another release can be judged on them too.

The forecasts come from fits that had never seen the account; the models in ``boosters/`` are their refit on everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from icp_ml.conditions import AttributeLike
from icp_ml.models.types import ModelReport
from icp_ml.release.folder import HOLDOUT, Release
from icp_ml.release.frames import arrow_columns, typed_frame

_PREFIX = "attribute."
"""Before attributes' names, which hold no dot, so that none collides with a column of ours."""
_TYPES = {
    "outcome": pa.string(),
    "account_id": pa.string(),
    "split": pa.string(),
    "cutoff": pa.string(),
    "begun": pa.date32(),
    "case": pa.float64(),
    "control": pa.float64(),
    "months": pa.float64(),
    "time": pa.float64(),
    "event": pa.bool_(),
    "boosted": pa.float64(),
    "logistic": pa.float64(),
    "base_rate": pa.float64(),
    "shipped": pa.float64(),
}


@dataclass(frozen=True)
class HeldOut:
    """The held-out accounts of one outcome; both frames are indexed by ``account_id``, in the same order.

    Parameters
    ----------
    frame : DataFrame
        The columns of :func:`icp_ml.models.holdout.held_out_frame`, and ``split``: ``out_of_time`` or
        ``cross_validated``.
    attributes : DataFrame
        Typed attributes as known at the decision.
    """

    frame: pd.DataFrame
    attributes: pd.DataFrame


def holdout_arrow(
    reports: Iterable[ModelReport | None], decided: pd.DataFrame, attributes: Mapping[str, AttributeLike]
) -> pa.Table:
    """Return ``holdout.parquet``: one row an outcome and held-out account.

    Parameters
    ----------
    reports : iterable of ModelReport
        Of each outcome; None and reports without a hold-out add no row.
    decided : DataFrame
        Typed attributes as known at the decision, indexed by account id.
    attributes : mapping of str to Attribute
        Those of them to keep.
    """
    parts = [_part(report, decided, attributes) for report in reports if report is not None and len(report.holdout)]
    if parts:
        return pa.concat_tables(parts)
    return _table(pd.DataFrame(columns=list(_TYPES)), decided.iloc[:0], attributes)


def held_out(release: Release) -> dict[str, HeldOut]:
    """Read a release's held-out accounts, by outcome; empty where it kept none.

    Raises
    ------
    DataError
        If the file is unreadable.
    """
    if not (release.folder / HOLDOUT).is_file():
        return {}
    table = release.table(HOLDOUT)
    columns = table.select(list(_TYPES)).to_pandas(date_as_object=False).set_index("account_id")
    prefixed = [name for name in table.column_names if name.startswith(_PREFIX)]
    plain = table.select(prefixed).rename_columns([name.removeprefix(_PREFIX) for name in prefixed])
    known = {name: spec for name, spec in release.attributes.items() if name in plain.column_names}
    typed = typed_frame(plain, known, columns.index)
    found = {}
    for outcome in columns["outcome"].unique():
        mine = (columns["outcome"] == outcome).to_numpy(dtype=bool)
        found[str(outcome)] = HeldOut(columns[mine].drop(columns="outcome"), typed[mine])
    return found


def _part(report: ModelReport, decided: pd.DataFrame, attributes: Mapping[str, AttributeLike]) -> pa.Table:
    frame = report.holdout.assign(outcome=report.outcome, split=report.metrics[0].split)
    frame = frame.assign(account_id=frame.index.astype("str"))
    return _table(frame.reindex(columns=list(_TYPES)), decided.loc[frame.index], attributes)


def _table(frame: pd.DataFrame, decided: pd.DataFrame, attributes: Mapping[str, AttributeLike]) -> pa.Table:
    arrays = {name: _array(frame[name], kind) for name, kind in _TYPES.items()}
    known = {f"{_PREFIX}{name}": values for name, values in arrow_columns(decided, attributes).items()}
    return pa.table({**arrays, **known})


def _array(column: pd.Series, kind: pa.DataType) -> pa.Array:
    if pa.types.is_date(kind):
        return pa.array(pd.to_datetime(column).to_numpy().astype("datetime64[D]"), type=kind)
    values = column.to_numpy(dtype="float64" if pa.types.is_floating(kind) else object)
    return pa.array(values, type=kind, from_pandas=True)
