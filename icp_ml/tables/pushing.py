"""Which signals a database need not hand over: it counts them, and no result depends on them.

Signals tell what happened after a sale, so nothing but that they are there can matter of an account that never had a
contract period. Such rows stay in the database where it is certain, row by row, that reading them would have found
nothing to say of them. What cannot be read, or belongs to an account of another spelling, is fetched as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import sqlalchemy as sa

from icp_ml.config.schema import Config
from icp_ml.tables.database import Database
from icp_ml.tables.identity import match_accounts
from icp_ml.tables.mapping import Mapping as Columns
from icp_ml.tables.pushing_columns import SignalColumns, among, signal_columns
from icp_ml.tables.tables import Aside
from icp_ml.tables.values import map_values
from icp_ml.tables.view import TableView

# Where nearly all rows are of customers, fetching them all is quicker than choosing.
LEAST_SHARE = 0.2
_SHOWN = 5


@dataclass(frozen=True)
class Asked:
    """What is asked of a database for one table.

    Parameters
    ----------
    everything : sqlalchemy.Executable
        Gives every row.
    rows : sqlalchemy.FromClause, optional
        What may be selected from, where that can be told.
    kinds : dict
        Column: what the driver calls its type.
    columns : Mapping, optional
        Standard columns by the database's names.
    """

    everything: sa.Executable
    rows: sa.FromClause | None = None
    kinds: dict[str, object] = field(default_factory=dict)
    columns: Columns | None = None


@dataclass(frozen=True)
class Pushed:
    """A ``SELECT`` of the numbered rows that can matter, and the others as the database counted them."""

    statement: sa.Select[Any]
    aside: Aside


def set_aside(database: Database, config: Config, asked: Asked, views: Mapping[str, TableView]) -> Pushed | None:
    """Return what to fetch of the signals and what not, or None where everything has to be fetched.

    Parameters
    ----------
    database : Database
        Where the signals are.
    config : Config
        Its ``as_of`` and ``pull``; a table with ``where``, ``values`` or ``date_format`` is fetched whole.
    asked : Asked
        Of the signals.
    views : mapping of str to TableView
        Accounts, deals and periods as read.
    """
    customers = _customers(views, config)
    table = config.table("signals")
    if customers is None or asked.rows is None or asked.columns is None or asked.columns.missing:
        return None
    if table.where or table.values or table.date_format:
        return None
    columns = signal_columns(database.dialect, asked.columns.columns, asked.kinds, config.as_of)
    if columns is None:
        return None
    names = [part.signal for part in config.pull if part.signal is not None]
    found = _by_account(database, asked.rows, columns, names)
    found = _told_apart(found, views["accounts"], config, customers)
    fetched = _fetched(found, names)
    if fetched is None:
        return None
    orphans = found[~found["known"] & ~fetched & (found["rows"] > found["later"])]
    if not orphans.empty:
        fetched |= found["id"].isin(_first_orphans(database, asked.rows, columns, orphans["id"].tolist()))
    if found.loc[~fetched, "rows"].sum() < LEAST_SHARE * found["rows"].sum():
        return None
    return Pushed(_statement(database, asked.rows, columns, found.loc[fetched, "id"].tolist()), _aside(found[~fetched]))


def _customers(views: Mapping[str, TableView], config: Config) -> set[str] | None:
    """Return the accounts that may have a contract period, None where that is not told by tables that are here."""
    if "accounts" not in views:
        return None
    if "subscriptions" in views:
        periods = match_accounts(views["subscriptions"], views["accounts"], config).frame
    elif config.table("subscriptions").from_ is not None and "opportunities" in views:
        deals, _ = map_values(match_accounts(views["opportunities"], views["accounts"], config), config)
        periods = deals.frame[deals.frame["outcome"] == "won"]
    else:
        return None
    return set(periods["account_id"].dropna())


def _by_account(database: Database, rows: sa.FromClause, columns: SignalColumns, names: list[str]) -> pd.DataFrame:
    """Count the readable rows by account id as spelled: ``rows``, ``later``, ``latest``, and one count a name."""
    counted: list[Any] = [
        columns.account.label("id"),
        sa.func.count().label("rows"),
        _sum(columns.later).label("later"),
        sa.func.max(columns.occurred).label("latest"),
        *(_sum(~columns.later & (columns.signal == name)).label(f"n{i}") for i, name in enumerate(names)),
    ]
    grouped = sa.select(*counted).select_from(rows).where(columns.readable).group_by(sa.text("1"))
    answer = database.connection.execute(grouped)
    found = pd.DataFrame(answer.fetchall(), columns=list(answer.keys()))
    numbers = [c for c in found.columns if c not in ("id", "latest")]
    return found.astype(dict.fromkeys(numbers, "int64")).astype({"id": "str"})


def _sum(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _told_apart(found: pd.DataFrame, accounts: TableView, config: Config, customers: set[str]) -> pd.DataFrame:
    """Add which account each id means, and whether that is ``known`` and a ``customer``."""
    spelled = TableView("signals", found[["id"]].set_axis(["account_id"], axis=1), accounts.mapping, (), found[[]])
    account = match_accounts(spelled, accounts, config).frame["account_id"]
    known = account.isin(set(accounts.frame["account_id"].dropna()))
    return found.assign(account=account, known=known, customer=known & account.isin(customers))


def _fetched(found: pd.DataFrame, names: list[str]) -> pd.Series | None:
    """Return which ids to fetch, None where a name of the config's would be known of no longer.

    Besides customers it is one account with any signal, and one with each signal that pull names and no customer has:
    that there are signals, and of that name, is said in words.
    """
    fetched = found["customer"].copy()
    by_then = found["known"] & (found["rows"] > found["later"])
    for has in [by_then, *(found["known"] & (found[f"n{i}"] > 0) for i in range(len(names)))]:
        if not has.any():
            return None
        if not (has & fetched).any():
            fetched |= found.index == has.idxmax()
    return fetched


def _first_orphans(database: Database, rows: sa.FromClause, columns: SignalColumns, ids: list[str]) -> list[str]:
    """Return the ids of the unknown accounts whose rows come first: these are shown as examples."""
    orphan = columns.readable & ~columns.later & among(database.dialect, columns.account, ids)
    numbered = _numbered(rows, columns.account.label("id"), orphan.label("orphan")).subquery("numbered")
    first = sa.func.min(numbered.c.row_number)
    chosen = sa.select(numbered.c.id).where(numbered.c.orphan).group_by(numbered.c.id).order_by(first).limit(_SHOWN)
    return [str(found) for (found,) in database.connection.execute(chosen)]


def _statement(database: Database, rows: sa.FromClause, columns: SignalColumns, ids: list[str]) -> sa.Select[Any]:
    """Return a ``SELECT`` of the numbered rows of these ids, and of all that are not certain to be readable."""
    chosen = sa.case((columns.readable, among(database.dialect, columns.account, ids)), else_=sa.true())
    numbered = _numbered(rows, *columns.plain, chosen.label("chosen")).subquery("numbered")
    return sa.select(numbered.c.row_number, *(numbered.c[c.name] for c in columns.plain)).where(numbered.c.chosen)


def _numbered(rows: sa.FromClause, *columns: Any) -> sa.Select[Any]:
    """Return columns with the rows numbered as they come, so that messages name the same ones whatever is fetched."""
    return sa.select(sa.func.row_number().over().label("row_number"), *columns).select_from(rows)


def _aside(left: pd.DataFrame) -> Aside:
    by_then = left["rows"] - left["later"]
    latest = pd.to_datetime(left["latest"], utc=True, format="ISO8601").max()
    return Aside(
        rows=int(left["rows"].sum()),
        later=int(left["later"].sum()),
        orphans=int(by_then[~left["known"]].sum()),
        latest=None if pd.isna(latest) else latest.tz_localize(None).normalize(),
        accounts=frozenset(left.loc[left["known"] & (by_then > 0), "account"]),
    )
