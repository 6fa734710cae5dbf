"""What a release is made of, and its tables as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from icp_ml.conditions import AttributeLike
from icp_ml.release.frames import arrow_columns


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
        From :func:`icp_ml.release.kept_cohort.cohort_arrow`.
    signals : pyarrow.Table, optional
        From :func:`icp_ml.release.kept_cohort.signals_arrow`; None where there are none.
    attributes : pyarrow.Table
        Attributes as known last, from :func:`attributes_arrow`; what ``icp explain`` and a later review score again.
    checks, metrics : dict
        Content of ``checks.json`` and ``metrics.json``, JSON-ready.
    config_yaml, report_html, memo, memo_html : str
        Text of the files.
    reference : dict, optional
        State of :class:`icp_ml.drift.Reference`: what later accounts are compared with.
    holdout : pyarrow.Table, optional
        From :func:`icp_ml.release.holdout.holdout_arrow`; what another release is compared on.
    territories : dict, optional
        Content of ``territories.json``, JSON-ready; None where nobody asked for it.
    segments_map : dict, optional
        Content of ``segments_map.json``, JSON-ready; None where there is nothing to draw.
    early_life : dict, optional
        Content of ``early_life.json``, JSON-ready: what is said of customers to look after; None where nobody asked.
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
    memo_html: str
    signals: pa.Table | None = None
    holdout: pa.Table | None = None
    reference: dict[str, Any] | None = None
    territories: dict[str, Any] | None = None
    segments_map: dict[str, Any] | None = None
    early_life: dict[str, Any] | None = None
    customers_at_risk: pd.DataFrame | None = None
    write_boosters: Callable[[Path], None] | None = None


def attributes_arrow(frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]) -> pa.Table:
    """Return typed attributes as Arrow, the account id in column ``account_id``."""
    ids = pa.array(frame.index.astype("str").to_numpy(dtype=object), type=pa.string())
    columns = arrow_columns(frame, {k: v for k, v in attributes.items() if k != "account_id"})
    return pa.table({"account_id": ids, **columns})
