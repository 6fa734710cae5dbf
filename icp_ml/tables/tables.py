"""The four standard tables in memory, typed and checked, and what was found on the way. Contract, section 1."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd


@dataclass(frozen=True)
class Issue:
    """One thing found wrong while reading.

    Parameters
    ----------
    code : str
        Stable name of the kind of defect, for instance ``duplicate_key``.
    table : str
        Standard table name, or ``config``.
    message : str
        What must hold, what was found, what to do; at most five examples.
    level : {"stop", "handled", "warning"}
        Whether it stops a run, was handled and counted, or is only to be known.
    column : str, optional
        Column in the user's own spelling.
    rows : int
        Rows concerned.
    of : int
        Rows of the table.
    examples : tuple
        At most five ``{"row": line number in the file, "value": text}``.
    """

    code: str
    table: str
    message: str
    level: Literal["stop", "handled", "warning"]
    column: str | None = None
    rows: int = 0
    of: int = 0
    examples: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Aside:
    """Rows of a table that a database counted instead of handing them over: no result can depend on them.

    Parameters
    ----------
    rows : int
        How many, all readable.
    later : int
        Of these, dated after ``as_of``.
    orphans : int
        Of these, by ``as_of`` and of unknown accounts.
    latest : Timestamp or None
        The latest day among them.
    accounts : frozenset of str
        Known accounts that have such a row by ``as_of``.
    """

    rows: int = 0
    later: int = 0
    orphans: int = 0
    latest: pd.Timestamp | None = None
    accounts: frozenset[str] = frozenset()


NOTHING_ASIDE = Aside()


@dataclass(frozen=True)
class Tables:
    """Typed standard tables.

    Parameters
    ----------
    accounts : DataFrame
        ``account_id`` (text), ``name`` (text, optional), ``observed_at`` (datetime64, optional) and one column an
        attribute with ``from: accounts``, under its standard name and typed as :mod:`icp_ml.conditions` says. One row
        an account, or one an account and ``observed_at``. In file order. Extra columns are kept as text in ``extra``.
    opportunities, subscriptions, signals : DataFrame or None
        Contract columns, typed (ids and words as text, dates as ``datetime64[ns]`` without zone, amounts as float64 in
        the reporting currency), absent optional columns filled with missing values; ``None`` where there is no such
        table. Opportunities also carry the attributes with ``from: opportunities``. Signals of a database may lack
        accounts without any contract period, of which nothing that happened after a sale can be told.
        Dates are whole days. Subscriptions add ``term_ends_at``: the planned end of a period that still runs at
        ``as_of``, whose ``ended_at`` is NaT. Derived subscriptions add ``censored_at`` (datetime64, NaT unless a
        renewal deal was open at the term's end; ``ended_at`` is NaT then).
    as_of : date
        Last day the data covers.
    currency : str or None
        Reporting currency.
    issues : tuple of Issue
        Everything found; none with level ``stop``.
    sources : dict
        Per table: ``{"path": ..., "rows": n, "sha256": ...}``, relative names only.
    extra : DataFrame or None
        Columns of the accounts' file that nobody asked for, as text under their file names; same index as ``accounts``.
    account_columns : dict
        ``account_id``, ``name`` and ``observed_at``, those that there are, to their names in the accounts' file.
    """

    accounts: pd.DataFrame
    opportunities: pd.DataFrame | None
    subscriptions: pd.DataFrame | None
    signals: pd.DataFrame | None
    as_of: dt.date
    currency: str | None = None
    issues: tuple[Issue, ...] = ()
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    extra: pd.DataFrame | None = None
    account_columns: dict[str, str] = field(default_factory=dict)
