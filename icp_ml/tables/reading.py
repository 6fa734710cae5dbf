"""Read the four tables, typed, and list every defect in one pass. Contract, sections 1 and 2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from icp_ml.config.schema import Config
from icp_ml.config.standard import CONTRACT, TABLE_NAMES
from icp_ml.errors import DataError
from icp_ml.tables.checks import (
    attribute_levels,
    closed_before_created,
    closing_dates,
    ended_before_started,
    overlapping_periods,
    too_much_handled,
)
from icp_ml.tables.from_deals import derive_subscriptions
from icp_ml.tables.identity import known_accounts_only, match_accounts, unique_accounts, unique_deals
from icp_ml.tables.mapping import attributes_of
from icp_ml.tables.money import AMOUNTS, in_reporting_currency, plausible_amounts, reporting_currency
from icp_ml.tables.raw import RawTable, load_raw, missing_folder, source_database
from icp_ml.tables.sources import Connection, engine
from icp_ml.tables.tables import Issue, Tables
from icp_ml.tables.timeline import accounts_as_of, as_of_view, latest_date
from icp_ml.tables.typed import type_table
from icp_ml.tables.values import map_values
from icp_ml.tables.view import TableView

LEVELS = ("stop", "handled", "warning")

Loaded = tuple[RawTable | None, list[Issue]]
Loader = Callable[[Connection, Path, str, Mapping[str, TableView]], Loaded]
"""Gives a standard table and what is wrong with it, from engine, scratch folder, name and the tables before."""


@dataclass(frozen=True)
class TablesReport:
    """What was read and what was found.

    Parameters
    ----------
    tables : Tables or None
        None where something stops.
    issues : tuple of Issue
        Everything found: stops first, then what was handled, then warnings.
    counts : dict
        Per table: ``rows`` in the files, ``kept``, and where not 0 ``left_out_by_where``, ``footer``, ``after_as_of``.
    as_of : date or None
        Last day covered; None where no date could be read.
    as_of_given : bool
        Whether the config says so, or it is the latest date in the data.
    sources : dict
        Fingerprints, as in :class:`Tables`.
    """

    tables: Tables | None
    issues: tuple[Issue, ...]
    counts: dict[str, dict[str, int]]
    as_of: dt.date | None
    as_of_given: bool
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def stops(self) -> tuple[Issue, ...]:
        """The issues that stop a run."""
        return tuple(issue for issue in self.issues if issue.level == "stop")


def read_tables(config: Config, base: Path) -> Tables:
    """Read and check the tables.

    Parameters
    ----------
    config : Config
        The company's config.
    base : Path
        Folder that relative paths start from, the config's own.

    Raises
    ------
    DataError
        With every defect that stops a run, listed together.
    """
    return tables_of(check_tables(config, base))


def tables_of(report: TablesReport) -> Tables:
    """Return the tables of a report; DataError with everything that stops a run."""
    if report.tables is None:
        raise_stops(report.issues)
        raise DataError("the tables could not be read")
    return report.tables


def raise_stops(issues: Sequence[Issue]) -> None:
    """Raise a DataError with everything that stops a run, listed together; nothing where nothing does."""
    stops = [issue.message for issue in issues if issue.level == "stop"]
    if len(stops) == 1:
        raise DataError(stops[0])
    if stops:
        raise DataError(f"{len(stops)} things in the tables need mending:\n" + "\n".join(f"  - {s}" for s in stops))


def check_tables(config: Config, base: Path) -> TablesReport:
    """Read the tables and return them with everything found; a defect of the data raises nothing."""
    nowhere = missing_folder(config, base)
    if nowhere is not None:
        return TablesReport(None, (nowhere,), {}, config.as_of, config.as_of is not None)
    try:
        with source_database(config, base) as database:

            def load(connection: Connection, scratch: Path, name: str, views: Mapping[str, TableView]) -> Loaded:
                return load_raw(connection, scratch, config, base, name, database, views)

            return report_on(config, load)
    except DataError as err:  # a database that cannot be reached; what is wrong with one table is an issue
        unreadable = Issue("unreadable_file", "accounts", str(err), "stop")
        return TablesReport(None, (unreadable,), {}, config.as_of, config.as_of is not None)


def report_on(config: Config, load: Loader, known: Sequence[Issue] = ()) -> TablesReport:
    """Return the tables that ``load`` gives by name, and everything found in them beside what is ``known``."""
    raws, views, found_in_cells = _typed_tables(config, load)
    issues = [*known, *found_in_cells]
    issues += _missing_tables(config, views, issues)
    for name, view in views.items():
        views[name], found = map_values(view, config)
        issues += found
    as_of = config.as_of or latest_date(views)
    if as_of is None and not any(issue.level == "stop" for issue in issues):
        say = "at least one row must hold a date, or as_of must be given; there is none: check the date columns"
        issues.append(Issue("no_date", "accounts", say, "stop"))
    counts = {name: _raw_counts(raw) for name, raw in raws.items()}
    tables = None
    if as_of is not None and "accounts" in views:
        # Without readable accounts every row would be an orphan: that is one complaint, not two.
        orphans_tell = not any(issue.table == "accounts" and issue.level == "stop" for issue in issues)
        views, found = _as_they_stood(views, config, as_of, counts)
        views, found_across = _checked(views, config)
        issues += [i for i in (*found, *found_across) if orphans_tell or i.code != "orphan_account"]
        issues += too_much_handled(issues)
        if not any(issue.level == "stop" for issue in issues):
            tables = _tables(views, config, as_of, counts)
    sources = {name: raw.fingerprint() for name, raw in raws.items()}
    ordered = tuple(sorted(issues, key=lambda issue: LEVELS.index(issue.level)))
    if tables is not None:
        tables = replace(tables, issues=ordered, sources=sources)
    return TablesReport(tables, ordered, counts, as_of, config.as_of is not None, sources)


def _typed_tables(config: Config, load: Loader) -> tuple[dict[str, RawTable], dict[str, TableView], list[Issue]]:
    """Return every table there is, raw and typed, and what is wrong with files and cells."""
    raws: dict[str, RawTable] = {}
    views: dict[str, TableView] = {}
    issues: list[Issue] = []
    with engine() as (connection, scratch):
        for name in TABLE_NAMES:
            raw, found = load(connection, scratch, name, views)
            issues += found
            if raw is not None:
                raws[name] = raw
                views[name], found = type_table(connection, config, raw)
                issues += found
    return raws, views, issues


def _raw_counts(raw: RawTable) -> dict[str, int]:
    footer = sum(len(scan.footer) for scan in raw.scans)
    counts = {"rows": raw.rows_read, "left_out_by_where": raw.rows_read - raw.rows, "footer": footer}
    return {key: count for key, count in counts.items() if count or key == "rows"}


def _missing_tables(config: Config, views: Mapping[str, TableView], issues: Sequence[Issue]) -> list[Issue]:
    """Return what is needed and neither there nor already complained of."""
    wrong = {issue.table for issue in issues if issue.level == "stop"}
    where = "the database" if config.source.url else f"source.folder {config.source.folder!r}"
    found: list[Issue] = []
    if "accounts" not in views and "accounts" not in wrong:
        say = f"accounts: this table must be there; {where} has none; name it accounts.csv or under tables.accounts"
        found.append(Issue("missing_file", "accounts", say, "stop"))
    elif "accounts" not in wrong and views["accounts"].frame.empty:
        say = f"{views['accounts'].place()}: at least one row must be there; the table, after its 'where', holds none"
        found.append(Issue("no_rows", "accounts", f"{say}: export the accounts again, or mend the 'where'", "stop"))
    either = {"opportunities", "subscriptions"}
    if not either & (set(views) | wrong):
        say = (
            f"opportunities, subscriptions: one of these tables must be there; {where} has neither; name one in tables"
        )
        found.append(Issue("missing_file", "opportunities", say, "stop"))
    elif _derives(config) and "opportunities" not in set(views) | wrong:
        say = "opportunities: tables.subscriptions derives periods from this table; there is none"
        found.append(Issue("missing_file", "opportunities", say, "stop"))
    return found


def _derives(config: Config) -> bool:
    return "subscriptions" in config.tables and config.tables["subscriptions"].from_ is not None


def _as_they_stood(
    views: Mapping[str, TableView], config: Config, as_of: dt.date, counts: dict[str, dict[str, int]]
) -> tuple[dict[str, TableView], list[Issue]]:
    """Return the tables as they stood at the end of the day, ids spelled as the accounts spell them."""
    accounts = views["accounts"]
    known = set(accounts.frame["account_id"].dropna())
    stood: dict[str, TableView] = {}
    issues: list[Issue] = []
    for name, view in views.items():
        if name != "accounts":
            by_then = as_of_view(match_accounts(view, accounts, config), as_of)
            _count_later(counts[name], view, by_then)
            issues += unique_deals(by_then) if name == "opportunities" else []
            stood[name], found = known_accounts_only(by_then, known)
            issues += found
    seen = {account for view in stood.values() for account in (*view.frame["account_id"], *view.aside.accounts)}
    by_then = accounts_as_of(accounts, as_of, seen)
    _count_later(counts["accounts"], accounts, by_then)
    return {"accounts": by_then, **stood}, issues


def _count_later(counts: dict[str, int], view: TableView, by_then: TableView) -> None:
    if later := view.rows - by_then.rows:
        counts["after_as_of"] = later


def _checked(views: Mapping[str, TableView], config: Config) -> tuple[dict[str, TableView], list[Issue]]:
    """Return the tables with what can be handled handled, and everything found across columns and rows."""
    checked = dict(views)
    checked["accounts"], issues = unique_accounts(views["accounts"])
    currency = reporting_currency(views, config)
    for name in AMOUNTS:
        if name in checked:
            checked[name], found = in_reporting_currency(checked[name], config, currency)
            checked[name], negative = plausible_amounts(checked[name])
            issues += [*found, *negative]
    if "opportunities" in checked:
        deals = checked["opportunities"]
        issues += [*closing_dates(deals, config), *closed_before_created(deals)]
    if "subscriptions" in checked:
        issues += [*ended_before_started(checked["subscriptions"]), *overlapping_periods(checked["subscriptions"])]
    for name, view in checked.items():
        issues += attribute_levels(view, attributes_of(config, name))
    return checked, issues


def _tables(
    views: Mapping[str, TableView], config: Config, as_of: dt.date, counts: dict[str, dict[str, int]]
) -> Tables:
    """Return the checked tables without what only the checks needed."""
    frames = {name: _clean(view) for name, view in views.items()}
    for name, view in views.items():
        counts[name]["kept"] = view.rows
    if _derives(config):
        frames["subscriptions"] = derive_subscriptions(frames["opportunities"], as_of, config.outcomes.grace_days)
        counts["subscriptions"] = {"derived": len(frames["subscriptions"]), "kept": len(frames["subscriptions"])}
    return Tables(
        accounts=frames["accounts"],
        opportunities=frames.get("opportunities"),
        subscriptions=frames.get("subscriptions"),
        signals=frames.get("signals"),
        as_of=as_of,
        currency=reporting_currency(views, config),
        extra=views["accounts"].extra.reset_index(drop=True),
        account_columns=dict(views["accounts"].mapping.columns),
    )


def _clean(view: TableView) -> pd.DataFrame:
    """Return the table's own columns; of the accounts' optional ones only those the file has."""
    optional = (
        {c for c, spec in CONTRACT["accounts"].items() if not spec.required} if view.name == "accounts" else set()
    )
    absent = optional - set(view.mapping.columns)
    kept = [c for c in view.frame.columns if not c.startswith("__") and c not in absent]
    return view.frame[kept].reset_index(drop=True)
