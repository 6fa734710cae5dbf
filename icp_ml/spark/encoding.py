"""What a Spark worker does in training: customers' records to what trees learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.boosting import encoded_values
from icp_ml.models.history import ChurnRecords
from icp_ml.models.targets import ChurnTarget
from icp_ml.spark.forecasting import gathered
from icp_ml.survival import StepFunction

LABEL, OFFSET, RECORD = "label", "offset", "record"
_KINDS = {"number": "double", "boolean": "boolean", "category": "string", "tags": "array<string>"}
_OUTCOME = {"time": "double", "event": "boolean", "entry": "double", "begun": "bigint", "ended": "bigint"}

Batches = Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]


def record_schema(attributes: Mapping[str, Attribute]) -> str:
    """Return Spark's schema of customers' records; attributes are numbered, whatever they are called."""
    cells = {f"a{i}": _KINDS[spec.type] for i, spec in enumerate(attributes.values())}
    return ", ".join(f"{name} {kind}" for name, kind in ({RECORD: "bigint"} | _OUTCOME | cells).items())


def plain_records(records: ChurnRecords, attributes: Mapping[str, Attribute], first: int) -> pd.DataFrame:
    """Return customers' records in the columns of :func:`record_schema`, numbered from ``first``."""
    target = records.target
    columns: dict[str, Any] = {
        RECORD: np.arange(first, first + len(records.begun)),
        "time": target.time,
        "event": target.event,
        "entry": target.entry,
        # Days since 1970; a customer still there has the least whole number, as numpy has it.
        "begun": records.begun.astype("datetime64[D]").astype("int64"),
        "ended": records.ended.astype("datetime64[D]").astype("int64"),
    }
    for i, (name, spec) in enumerate(attributes.items()):
        columns[f"a{i}"] = _plain(records.frame[name], spec.type).to_numpy()
    return pd.DataFrame(columns)


def encoding(
    encoder: AttributeEncoder,
    attributes: Mapping[str, Attribute],
    names: Sequence[str],
    expected: StepFunction,
    horizon: float,
    grace_days: int,
    cutoff: np.datetime64 | None,
) -> Batches:
    """Return a function from batches of records to encoded columns, label and offset, as known at a cut-off.

    Parameters
    ----------
    encoder : AttributeEncoder
        Fitted.
    attributes : mapping of str to Attribute
        Those of :func:`record_schema`, in its order.
    names : sequence of str
        What to call the encoded columns.
    expected : StepFunction
        Cumulative hazard of churn of all alike, as known at the cut-off.
    horizon : float
        Months.
    grace_days : int
        Days that an ending must lie back to be known.
    cutoff : datetime64[D] or None
        None for all that is known now.
    """

    def encode(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in gathered(batches):
            records = _records(batch, attributes, horizon, grace_days)
            rows, target = np.arange(len(batch)), records.target
            if cutoff is not None:
                rows, target = records.known_at(cutoff)
            values = encoded_values(encoder.transform(records.frame.iloc[rows]))
            found = pd.DataFrame(values, columns=list(names))
            yield found.assign(
                **{
                    LABEL: target.label,
                    OFFSET: target.offset_by(expected),
                    RECORD: batch[RECORD].to_numpy()[rows],
                }
            )

    return encode


def _plain(values: pd.Series, kind: str) -> pd.Series:
    """Return an attribute's values as Spark takes them, None where missing."""
    if kind == "number":
        return values.astype("Float64").astype(float)
    if kind == "tags":
        return values.map(lambda tags: list(tags) if isinstance(tags, tuple) else None)
    plain = values.astype(object)
    return plain.where(plain.notna(), None)


def _records(batch: pd.DataFrame, attributes: Mapping[str, Attribute], horizon: float, grace_days: int) -> ChurnRecords:
    """Return a batch as the records it was written from."""
    cells = {name: _typed(batch[f"a{i}"], spec.type) for i, (name, spec) in enumerate(attributes.items())}
    target = ChurnTarget(
        batch["time"].to_numpy(dtype=float), batch["event"].to_numpy(dtype=bool), batch["entry"].to_numpy(), horizon
    )
    begun, ended = (batch[name].to_numpy(dtype="int64").astype("datetime64[D]") for name in ("begun", "ended"))
    return ChurnRecords(pd.DataFrame(cells, index=batch.index), target, begun, ended, grace_days)


def _typed(values: pd.Series, kind: str) -> pd.Series:
    if kind == "tags":
        return values.map(lambda tags: None if tags is None else tuple(tags)).astype(object)
    return values.astype("boolean") if kind == "boolean" else values
