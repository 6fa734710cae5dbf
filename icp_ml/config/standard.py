"""The standard columns of the four tables. Contract, section 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from icp_ml.config.schema import TableName

Kind = Literal["id", "text", "date", "number"]

OUTCOMES = ("won", "lost", "refused", "open")
KINDS = ("new", "expansion", "renewal")

TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)


@dataclass(frozen=True)
class Column:
    """One standard column: what it holds and whether the table is none without it."""

    kind: Kind
    required: bool = False


CONTRACT: dict[str, dict[str, Column]] = {
    "accounts": {
        "account_id": Column("id", required=True),
        "name": Column("text"),
        "observed_at": Column("date"),
    },
    "opportunities": {
        "opportunity_id": Column("id", required=True),
        "account_id": Column("id", required=True),
        "created_at": Column("date", required=True),
        "closed_at": Column("date", required=True),
        "outcome": Column("text", required=True),
        "kind": Column("text"),
        "amount": Column("number"),
        "term_months": Column("number"),
        "services_amount": Column("number"),
        "currency": Column("text"),
        "owner": Column("text"),
        "territory": Column("text"),
        "source": Column("text"),
        "loss_reason": Column("text"),
        "competitor": Column("text"),
        "discount_pct": Column("number"),
        "exception_reason": Column("text"),
        "exception_approved_by": Column("text"),
    },
    "subscriptions": {
        "account_id": Column("id", required=True),
        "started_at": Column("date", required=True),
        "ended_at": Column("date", required=True),
        "arr": Column("number", required=True),
        "currency": Column("text"),
        "end_reason": Column("text"),
    },
    "signals": {
        "account_id": Column("id", required=True),
        "occurred_at": Column("date", required=True),
        "signal": Column("text", required=True),
        "value": Column("number", required=True),
    },
}
