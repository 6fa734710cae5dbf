"""``cohort.parquet`` and ``signals.parquet``: what a release's evidence rests on, and the cohort read back from them.

A release carries its cohort, so that a person's rule is judged, and the release told again, without the CRM.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import AttributeLike
from icp_ml.errors import DataError
from icp_ml.release.folder import ATTRIBUTES, COHORT, SIGNALS, Release
from icp_ml.release.frames import arrow_columns, typed_frame

_FACTS = b"icp_cohort"
"""Under this name the file's metadata hold what is of no account: horizon, days, currency, counts, notes."""
_AT_DECISION = "attribute."
"""Before the names of attributes, which hold no dot, so that none collides with a column of ours."""
_NOW = {"territory": "territory_now", "owner": "owner_now"}

# Columns of the contract come first; then everything else that is known of an account.
_TYPES = {
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
    "closed_at": pa.date32(),
    "opportunity_id": pa.string(),
    "won_without_period": pa.bool_(),
    "churned": pa.bool_(),
    "is_customer": pa.bool_(),
    "won_back": pa.bool_(),
    "entry_months": pa.float64(),
    "periods": pa.int64(),
    "horizon_passed": pa.bool_(),
    "arr_horizon": pa.float64(),
    "grr": pa.float64(),
    "nrr": pa.float64(),
    "period_end": pa.date32(),
    "cycle_days": pa.float64(),
    "amount": pa.float64(),
    "discount_pct": pa.float64(),
    "services_amount": pa.float64(),
    "owner": pa.string(),
    "territory": pa.string(),
    "source": pa.string(),
    "loss_reason": pa.string(),
    "competitor": pa.string(),
    "pull_score": pa.float64(),
    "service_cost": pa.float64(),
    "years_at_risk": pa.float64(),
    "cost_to_serve": pa.float64(),
    "open_pipeline": pa.float64(),
}
_SUMMARY = {"count": pa.int64(), "sum": pa.float64(), "mean": pa.float64()}


@dataclass(frozen=True)
class KeptCohort:
    """A release's cohort as its discovery had it.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    part : Series
        By account id: the part of the data it served in, missing where in none.
    now : dict of str to Series
        ``territory`` and ``owner``: whose each account is now, missing where nobody knows.
    """

    cohort: Cohort
    part: pd.Series
    now: dict[str, pd.Series] = field(default_factory=dict)


def cohort_arrow(kept: KeptCohort, attributes: Mapping[str, AttributeLike]) -> pa.Table:
    """Return ``cohort.parquet``: one row an account of the input, in its order.

    Parameters
    ----------
    kept : KeptCohort
        Who is counted, what was known of them, and what happened to them.
    attributes : mapping of str to Attribute
        The attributes, kept as known at the decision.

    Notes
    -----
    ``follow_up`` says ``churned`` or ``censored`` for customers and is missing for others. An attribute's column is
    called ``attribute.NAME``; ``owner`` and ``territory`` are those of the deciding deal, ``owner_now`` and
    ``territory_now`` those of today.
    """
    cohort = kept.cohort
    accounts = cohort.accounts
    ends = {True: "churned", False: "censored"}
    followed = accounts.loc[cohort.customers, "churned"].map(ends).astype("str")
    frame = accounts.assign(
        account_id=accounts.index.astype("str"),
        follow_up=followed.reindex(accounts.index),
        part=kept.part.reindex(accounts.index).to_numpy(dtype=object),
    )
    columns = {name: _array(frame[name], kind) for name, kind in _TYPES.items() if name in frame}
    columns |= {name: _array(_of_all(kept.now.get(by), accounts.index), pa.string()) for by, name in _NOW.items()}
    known = arrow_columns(cohort.attributes, attributes)
    columns |= {f"{_AT_DECISION}{name}": values for name, values in known.items()}
    return pa.table(columns).replace_schema_metadata({_FACTS: json.dumps(_facts(cohort)).encode()})


def signals_arrow(cohort: Cohort) -> pa.Table | None:
    """Return ``signals.parquet``, one row an account and signal, None where there are none."""
    if cohort.signals is None:
        return None
    flat = cohort.signals.reset_index()
    types = {"account_id": pa.string(), "signal": pa.string()} | _SUMMARY
    return pa.table({name: _array(flat[name], kind) for name, kind in types.items()})


def kept_cohort(release: Release) -> KeptCohort:
    """Read the cohort of a release back.

    Raises
    ------
    DataError
        If the release was written by a version that did not keep it.
    """
    table = release.table(COHORT)
    facts = (table.schema.metadata or {}).get(_FACTS)
    if facts is None:
        raise DataError(
            f"release {release.folder} does not carry its cohort: an earlier version wrote it; run 'icp discover' again"
        )
    ids = pd.Index(table.column("account_id").to_pylist(), dtype="str", name="account_id")
    there = {name: kind for name, kind in _TYPES.items() if name in table.column_names}
    frame = pd.DataFrame({name: _series(table.column(name), kind) for name, kind in there.items()}).set_axis(ids)
    known = {name: f"{_AT_DECISION}{name}" for name in release.attributes}
    held = {name: column for name, column in known.items() if column in table.column_names}
    at_decision = table.select(list(held.values())).rename_columns(list(held))
    cohort = _cohort(
        json.loads(facts),
        frame.drop(columns=["account_id", "follow_up", "part"]),
        typed_frame(at_decision, {name: release.attributes[name] for name in held}, ids),
        typed_frame(release.table(ATTRIBUTES), {name: release.attributes[name] for name in held}, ids),
        _signals(release),
    )
    now = {by: _series(table.column(name), pa.string()).set_axis(ids) for by, name in _NOW.items()}
    return KeptCohort(cohort, frame["part"], now)


def _facts(cohort: Cohort) -> dict[str, Any]:
    return {
        "horizon": cohort.horizon,
        "as_of": cohort.as_of.isoformat(),
        "follow_up_until": cohort.follow_up_until.isoformat(),
        "has_wins": cohort.has_wins,
        "has_churn": cohort.has_churn,
        "currency": cohort.currency,
        "counts": cohort.counts,
        "notes": list(cohort.notes),
    }


def _cohort(
    facts: Mapping[str, Any],
    accounts: pd.DataFrame,
    attributes: pd.DataFrame,
    latest: pd.DataFrame,
    signals: pd.DataFrame | None,
) -> Cohort:
    return Cohort(
        accounts,
        attributes,
        latest,
        horizon=facts["horizon"],
        as_of=dt.date.fromisoformat(facts["as_of"]),
        follow_up_until=dt.date.fromisoformat(facts["follow_up_until"]),
        has_wins=facts["has_wins"],
        has_churn=facts["has_churn"],
        currency=facts["currency"],
        counts=facts["counts"],
        notes=tuple(facts["notes"]),
        signals=signals,
    )


def _signals(release: Release) -> pd.DataFrame | None:
    if not (release.folder / SIGNALS).is_file():
        return None
    table = release.table(SIGNALS)
    types = {"account_id": pa.string(), "signal": pa.string()} | _SUMMARY
    flat = pd.DataFrame({name: _series(table.column(name), kind) for name, kind in types.items()})
    return flat.set_index(["account_id", "signal"])


def _of_all(known: pd.Series | None, index: pd.Index) -> pd.Series:
    return pd.Series(index=index, dtype="str") if known is None else known.reindex(index)


def _array(column: pd.Series, kind: pa.DataType) -> pa.Array:
    if pa.types.is_date(kind):
        return pa.array(pd.to_datetime(column).to_numpy().astype("datetime64[D]"), type=kind)
    values = column.to_numpy(dtype="float64" if pa.types.is_floating(kind) else object)
    return pa.array(values, type=kind, from_pandas=True)


def _series(column: pa.ChunkedArray, kind: pa.DataType) -> pd.Series:
    if pa.types.is_date(kind):
        return pd.Series(column.cast(pa.timestamp("ns")).to_numpy(), dtype="datetime64[ns]")
    if pa.types.is_string(kind):
        return pd.Series(column.to_pandas().astype("str").array, dtype="str")
    return pd.Series(column.to_numpy())
