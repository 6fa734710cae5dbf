"""What the ``tables`` section must say of each table, given what reading finds by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icp_ml.config.schema import TableName
from icp_ml.config.standard import CONTRACT, KINDS, OUTCOMES, TABLE_NAMES
from icp_ml.drafting.assigning import DraftTable
from icp_ml.drafting.attributes import short
from icp_ml.drafting.dates import guess_date_format
from icp_ml.drafting.profiles import count_together
from icp_ml.drafting.spelling import listed
from icp_ml.drafting.values import kind_values, outcome_values
from icp_ml.drafting.vocabulary import preset_aliases, preset_table_values, run_together
from icp_ml.errors import DataError
from icp_ml.tables.raw import find_files

Row = tuple[str, Any, str]

_WON_MARKS = ("iswon", "isclosedwon", "won")
_CLOSED_MARKS = ("isclosed", "isdealclosed", "closed")
_LOST_MARKS = ("isclosedlost",)
_ONE_ENDING = 0.99


@dataclass(frozen=True)
class Section:
    """One table of the ``tables`` section: rows of key, value and comment, and what stands above them."""

    name: TableName
    note: str
    rows: tuple[Row, ...]


def table_sections(
    tables: Mapping[TableName, DraftTable], folder: Path, preset: str | None
) -> tuple[list[Section], dict[str, dict[str, list[str]]]]:
    """Return the sections to write, and the deals' levels by outcome and by kind."""
    deals = tables.get("opportunities")
    words = {} if deals is None else {"outcome": _outcomes(deals), "kind": _kinds(deals)}
    sections = []
    for name in TABLE_NAMES:
        table = tables.get(name)
        if table is None:
            section = _absent(name, folder, preset, words.get("kind", {}), deals is not None)
        else:
            section = _present(table, folder, preset, words)
        if section is not None:
            sections.append(section)
    return sections, words


def _present(
    table: DraftTable, folder: Path, preset: str | None, words: Mapping[str, Mapping[str, list[str]]]
) -> Section:
    rows: list[Row] = []
    derived = table.name == "subscriptions" and preset is not None
    if derived or not _found_by_itself(table, folder):
        names = [file.path.name for file in table.files]
        rows.append(("file", names[0] if len(names) == 1 else names, table.reason))
    columns = {s: c for s, c in table.columns.items() if c != _resolved(table, s, preset)}
    if columns:
        rows.append(("columns", columns, ""))
    for column, mapped in words.items() if table.name == "opportunities" else ():
        rows += _value_rows(column, mapped, preset)
    if (dates := guess_date_format(table)) is not None:
        rows.append(("date_format", *dates))
    if table.name != "accounts" and preset != "hubspot" and _holds_lists(table):
        rows.append(("lists", {"account_id": ";"}, "one deal names several accounts: the first known one counts"))
    used = set(table.columns.values())
    rest = [c for c in table.file.names if c not in used] if table.name in ("subscriptions", "signals") else []
    note = f"{' and '.join(f.path.name for f in table.files)}: {table.reason}"
    return Section(table.name, note + (f"; not read: {listed(rest)}" if rest else ""), tuple(rows))


def _absent(
    name: TableName, folder: Path, preset: str | None, kinds: Mapping[str, list[str]], deals: bool
) -> Section | None:
    """Return what must be said of a table that the folder has not, None where nothing must."""
    if name == "subscriptions" and deals:
        if kinds.get("renewal"):
            say = "no table of contracts: a won deal opens term_months (default 12), a won renewal extends it"
            return Section(name, say, () if preset else (("from", "opportunities", ""),))
        if preset is not None:
            say = (
                "no table of contracts, and no deal is a renewal, so who stayed cannot be told; where one is, "
                "write from: opportunities"
            )
            return Section(name, say, (("file", [], "no such table"),))
    try:
        taken = find_files(folder, name)
    except DataError:
        taken = [folder]
    if not taken:
        return None
    required = [s for s, c in CONTRACT[name].items() if c.required]
    say = f"left out: the file of this name has not all of {', '.join(required)}"
    return Section(name, say, (("file", [], "no such table"),))


def _found_by_itself(table: DraftTable, folder: Path) -> bool:
    """Return whether reading finds just this file without being told."""
    try:
        return find_files(folder, table.name) == [file.path for file in table.files]
    except DataError:
        return False


def _resolved(table: DraftTable, standard: str, preset: str | None) -> str | None:
    """Return the column that reading takes for a standard one without being told."""
    names = (standard, *preset_aliases(preset, table.name).get(standard, []))
    return next((n for n in names if n in table.file.names), None)


def _value_rows(column: str, mapped: Mapping[str, list[str]], preset: str | None) -> list[Row]:
    """Return the mapping of a column's values, none where reading knows them all."""
    own = {word: word for word in (OUTCOMES if column == "outcome" else KINDS)}
    given = preset_table_values(preset, "opportunities").get(column, {})
    rest_of = next((k for k, v in given.items() if v == "*"), None)
    known = own | {str(v).strip().lower(): k for k, vs in given.items() if isinstance(vs, list) for v in vs}
    if all(known.get(v.strip().lower(), rest_of) == k for k, vs in mapped.items() for v in vs):
        return []
    rest = "open" if column == "outcome" else "new"
    values: dict[str, Any] = {k: v for k, v in mapped.items() if k != rest}
    # A value that has not come up yet should not stop a later run.
    values[rest] = "*"
    shown = listed([short(v) for v in mapped.get(rest, [])], 8) or "none so far"
    return [("values", {column: values}, f'"*" takes all the rest as {rest}: {shown}')]


def _outcomes(deals: DraftTable) -> dict[str, list[str]]:
    column = deals.column("outcome")
    return {} if column is None else outcome_values(column.levels, _marked(deals, column.name))


def _kinds(deals: DraftTable) -> dict[str, list[str]]:
    column = deals.column("kind")
    return {} if column is None else kind_values(column.levels)


def _marked(deals: DraftTable, outcome: str) -> dict[str, str]:
    """Return level: outcome, where columns such as ``IsWon`` and ``IsClosed`` tell of all its rows."""
    won, closed, lost = (_mark(deals, marks, outcome) for marks in (_WON_MARKS, _CLOSED_MARKS, _LOST_MARKS))
    if won is None or (closed is None and lost is None):
        return {}
    marks = [m for m in (won, closed, lost) if m is not None]
    counts: dict[str, dict[str, int]] = {}
    for file in deals.files:
        for cells in count_together(file.path, [outcome, *marks]).to_dict("records"):
            true = {m for m in marks if str(cells[m]).strip().lower() in ("true", "1", "yes", "t")}
            ending = "won" if won in true else "lost" if {closed, lost} & true else "open"
            ends = counts.setdefault(str(cells[outcome]), {})
            ends[ending] = ends.get(ending, 0) + int(cells["n"])
    return {
        level: max(ends, key=lambda e: ends[e])
        for level, ends in counts.items()
        if max(ends.values()) >= _ONE_ENDING * sum(ends.values())
    }


def _mark(deals: DraftTable, names: tuple[str, ...], outcome: str) -> str | None:
    """Return the file's column of truth values by one of the names, None where there is none."""
    columns = (c for c in deals.file.columns if run_together(c.name) in names and c.name != outcome)
    return next((c.name for c in columns if c.told and c.count("flag") == c.told), None)


def _holds_lists(table: DraftTable) -> bool:
    column = table.column("account_id")
    return column is not None and any(";" in level for level in column.levels)
