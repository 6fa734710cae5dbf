"""What a release is made of, and its tables as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from icp_ml.conditions import AttributeLike
from icp_ml.release.frames import arrow_columns

if TYPE_CHECKING:
    from icp_ml.cohort.cohort import Cohort

_COHORT_TYPES = {
    "account_id": pa.string(),
    "name": pa.string(),
    "status": pa.string(),
    "decided_at": pa.date32(),
    "outcome": pa.string(),
    "started_at": pa.date32(),
    "ended_at": pa.date32(),
    "follow_up_days": pa.float64(),
    "follow_up_months": pa.float64(),
    "follow_up": pa.string(),
    "arr_start": pa.float64(),
    "arr_now": pa.float64(),
    "pull": pa.float64(),
    "part": pa.string(),
    "left_out": pa.string(),
}


@dataclass(frozen=True)
class ReleaseParts:
    """Everything that goes into a release folder.

    Parameters
    ----------
    criteria, segments : dict
        Content of ``criteria.json`` and ``segments.json``.
    scored : DataFrame
        Columns of ``icp score``, one row an account.
    accounts : DataFrame
        Rows of ``accounts.csv``, from :func:`icp_ml.release.people.accounts_for_people`.
    cohort : pyarrow.Table
        From :func:`cohort_arrow`.
    attributes : pyarrow.Table
        Attributes as known last, from :func:`attributes_arrow`; what ``icp explain`` and a later review score again.
    checks, metrics : dict
        Content of ``checks.json`` and ``metrics.json``, JSON-ready.
    config_yaml, report_html, memo : str
        Text of the files.
    reference : dict, optional
        State of :class:`icp_ml.drift.Reference`: what later accounts are compared with.
    holdout : pyarrow.Table, optional
        From :func:`icp_ml.release.holdout.holdout_arrow`; what another release is compared on.
    territories : dict, optional
        Content of ``territories.json``, JSON-ready; None where nobody asked for it.
    segments_map : dict, optional
        Content of ``segments_map.json``, JSON-ready; None where there is nothing to draw.
    customers_at_risk : DataFrame, optional
        Rows of ``customers_at_risk.csv``; None where no model tells customers apart.
    write_boosters : callable, optional
        Writes the models into the folder it is given; None where there is no model.
    """

    criteria: dict[str, Any]
    segments: dict[str, Any]
    scored: pd.DataFrame
    accounts: pd.DataFrame
    cohort: pa.Table
    attributes: pa.Table
    checks: dict[str, Any]
    metrics: dict[str, Any]
    config_yaml: str
    report_html: str
    memo: str
    holdout: pa.Table | None = None
    reference: dict[str, Any] | None = None
    territories: dict[str, Any] | None = None
    segments_map: dict[str, Any] | None = None
    customers_at_risk: pd.DataFrame | None = None
    write_boosters: Callable[[Path], None] | None = None


def attributes_arrow(frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]) -> pa.Table:
    """Return typed attributes as Arrow, the account id in column ``account_id``."""
    ids = pa.array(frame.index.astype("str").to_numpy(dtype=object), type=pa.string())
    columns = arrow_columns(frame, {k: v for k, v in attributes.items() if k != "account_id"})
    return pa.table({"account_id": ids, **columns})


def cohort_arrow(cohort: Cohort, part: pd.Series | None = None) -> pa.Table:
    """Return ``cohort.parquet``: what the evidence rests on, one row an account of the input.

    Parameters
    ----------
    cohort : Cohort
        Who is counted.
    part : Series, optional
        By account id: the part of the data an account served in, in the caller's words; by default ``evidence`` for
        decided accounts and customers.

    Notes
    -----
    ``follow_up`` says ``churned`` or ``censored`` for customers and is missing for others.
    """
    accounts = cohort.accounts
    counted = cohort.decided | cohort.customers
    served = pd.Series("evidence", index=accounts.index[counted]) if part is None else part
    ends = {True: "churned", False: "censored"}
    followed = accounts.loc[cohort.customers, "churned"].map(ends).astype("str")
    frame = accounts.assign(
        account_id=accounts.index.astype("str"),
        follow_up=followed.reindex(accounts.index),
        part=served.reindex(accounts.index).to_numpy(dtype=object),
    )
    arrays = [_array(frame[name], kind) for name, kind in _COHORT_TYPES.items()]
    return pa.Table.from_arrays(arrays, names=list(_COHORT_TYPES))


def _array(column: pd.Series, kind: pa.DataType) -> pa.Array:
    if pa.types.is_date(kind):
        return pa.array(pd.to_datetime(column).to_numpy().astype("datetime64[D]"), type=kind)
    values = column.to_numpy(dtype="float64" if pa.types.is_floating(kind) else object)
    return pa.array(values, type=kind, from_pandas=True)
