"""Which file is which table, and which of its columns is which standard one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from icp_ml.config.schema import TableName
from icp_ml.config.standard import CONTRACT, TABLE_NAMES, Column
from icp_ml.drafting.profiles import MOSTLY, File, spelled_key
from icp_ml.drafting.profiles import Column as FileColumn
from icp_ml.drafting.values import tells_kinds
from icp_ml.drafting.vocabulary import FILE_WORDS, known_names, run_together, standards, words

# Of the ids in another table, the share that must be accounts before a column is taken for the account's id unnamed.
_LINKED = 0.8


@dataclass(frozen=True)
class DraftTable:
    """One standard table as found.

    Parameters
    ----------
    name : str
        Standard table name.
    files : tuple of File
        The file, or several of the same columns.
    columns : dict
        Standard column: name in the file.
    reason : str
        Why these files are this table.
    """

    name: TableName
    files: tuple[File, ...]
    columns: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def file(self) -> File:
        """The first of the files, which stands for all."""
        return self.files[0]

    @property
    def missing(self) -> list[str]:
        """Required columns that no file column can be."""
        return [s for s, c in CONTRACT[self.name].items() if c.required and s not in self.columns]

    def column(self, standard: str) -> FileColumn | None:
        """Return the file's column for a standard one, None where it has none."""
        return self.file.column(self.columns[standard]) if standard in self.columns else None


def assign_files(files: Sequence[File], preset: str | None) -> dict[TableName, DraftTable]:
    """Return the tables that the files can be, each file serving once, the clearest fits first.

    Only where nothing else is left does one file serve as accounts and as another table.
    """
    found: dict[TableName, DraftTable] = {}
    fits = [(_score(table, named), table) for file in files for table, named in _fits(file, preset)]
    taken: list[File] = []
    for _, table in sorted(fits, key=lambda fit: (-fit[0], fit[1].file.path.name)):
        if table.name not in found and table.file not in taken and not table.missing:
            together = _stacked(table, [f for f in files if f not in taken])
            found[table.name] = replace(table, files=together)
            taken += together
    for name in ("accounts", "opportunities", "subscriptions"):
        if name == "accounts" or not {"opportunities", "subscriptions"} & set(found):
            shared = [t for _, t in fits if t.name == name and t.file in taken and not t.missing]
            if name not in found and shared:
                found[name] = replace(shared[0], reason="the same file also holds these columns")
    return {name: found[name] for name in TABLE_NAMES if name in found}


def _stacked(table: DraftTable, free: Sequence[File]) -> tuple[File, ...]:
    """Return the table's file and those that go on where it ends: same kind, same columns, other keys."""
    together = [table.file]
    key = {"accounts": "account_id", "opportunities": "opportunity_id"}.get(table.name)
    seen = set(table.file.column(table.columns[key]).keys) if key else set()
    for file in free:
        alike = file.names == table.file.names and file.path.suffix.lower() == table.file.path.suffix.lower()
        if file is table.file or not alike or _named_like(file, table.name) != _named_like(table.file, table.name):
            continue
        keys = file.column(table.columns[key]).keys if key else frozenset()
        if not seen & keys:
            together.append(file)
            seen |= keys
    return tuple(together)


def _fits(file: File, preset: str | None) -> Iterable[tuple[DraftTable, int]]:
    """Yield what the file looks like as each table, and how its name speaks for that."""
    for name in TABLE_NAMES:
        columns = match_columns(file, name, preset)
        named = _named_like(file, name)
        if name == "accounts" and not _one_row_an_account(file, columns, named):
            continue
        reason = "by its name" if named else "by its columns"
        yield DraftTable(name, (file,), columns, reason), named


def _one_row_an_account(file: File, columns: dict[str, str], named: int) -> bool:
    """Return whether the file may hold accounts: each once, or several times as known from a day on."""
    key = columns.get("account_id")
    return key is not None and (file.column(key).unique or "observed_at" in columns or named > 1)


def _score(table: DraftTable, named: int) -> float:
    needed = [s for s, c in CONTRACT[table.name].items() if c.required]
    return named * 4 + 2 * (len(needed) - len(table.missing)) + 0.2 * len(table.columns)


def _named_like(file: File, table: str) -> int:
    """Return 2 where the file has the table's name, 1 where its name speaks of it, else 0."""
    stem = words(file.path.stem)
    known = FILE_WORDS[table].split()
    return 2 if stem == table else 1 if set(stem.split()) & set(known) else 0


def match_columns(file: File, table: str, preset: str | None) -> dict[str, str]:
    """Return standard column: file column, by the names it may have and what its cells hold."""
    found: dict[str, str] = {}
    for standard in standards(table):
        free = [c for c in file.columns if c.name not in found.values()]
        named = next((c for c in free if c.name == standard), None)
        for known in [] if named else known_names(table, standard, preset):
            named = next((c for c in free if run_together(c.name) == known and _holds(c, table, standard)), None)
            if named:
                break
        if named is None and CONTRACT[table][standard].required:
            named = _nearest(free, table, standard, preset)
        if named is not None:
            found[standard] = named.name
    if table == "accounts" and "observed_at" in found and found["observed_at"] != "observed_at":
        key = found.get("account_id")
        if key is None or file.column(key).unique:
            # One row an account needs no day; such a date may mean anything.
            del found["observed_at"]
    return found


def _nearest(free: Sequence[FileColumn], table: str, standard: str, preset: str | None) -> FileColumn | None:
    """Return the fitting column whose name is nearest to one that the standard column may have."""
    fitting = {run_together(c.name): c for c in free if _holds(c, table, standard)}
    for known in known_names(table, standard, preset):
        close = difflib.get_close_matches(known, fitting, n=1, cutoff=0.85) if len(known) > 5 else []
        if close:
            return fitting[close[0]]
    return None


def _holds(column: FileColumn, table: str, standard: str) -> bool:
    """Return whether a column's cells can be what the standard column holds."""
    spec: Column = CONTRACT[table][standard]
    if standard == "opportunity_id":
        return column.unique
    if spec.kind == "id":
        return column.filled >= MOSTLY * column.rows > 0 and not column.is_date
    if spec.kind == "date":
        readable = column.iso_dates + max(column.formats.values(), default=0)
        return column.mostly(readable) or (standard == "ended_at" and column.told == 0)
    if spec.kind == "number":
        return column.is_number
    if standard == "kind":
        return tells_kinds(column.levels)
    if standard in ("outcome", "signal"):
        return column.told > 0 and not column.is_date and (standard == "outcome" or not column.is_number)
    return standard != "name" or not column.is_number


def link_accounts(tables: dict[TableName, DraftTable]) -> dict[TableName, DraftTable]:
    """Return the tables with the account's id in each chosen so that the ids meet.

    A column named for it stays unless hardly any of its cells is an account and another column's are.
    """
    accounts = tables["accounts"]
    linked = dict(tables)
    for name, table in tables.items():
        if name == "accounts" or table.file is accounts.file:
            continue
        pairs = [
            (_met(column, key), -rank, key.name, column.name)
            for rank, key in enumerate(_keys(accounts))
            for column in table.file.columns
        ]
        best = max(pairs, default=(0.0, 0, "", ""))
        now = _met(table.column("account_id"), accounts.column("account_id"))
        if now < 0.5 and best[0] >= _LINKED:
            linked[name] = replace(table, columns={**table.columns, "account_id": best[3]})
            accounts = replace(accounts, columns={**accounts.columns, "account_id": best[2]})
    return {**linked, "accounts": accounts}


def _keys(accounts: DraftTable) -> list[FileColumn]:
    """Return the columns that may tell accounts apart, the one matched by name first."""
    own = accounts.columns.get("account_id")
    unique = [c for c in accounts.file.columns if c.unique and not c.is_date]
    return sorted(unique, key=lambda c: c.name != own)


def _met(column: FileColumn | None, key: FileColumn | None) -> float:
    """Return the share of a column's cells that are keys, lists taken apart."""
    if column is None or key is None or not column.filled:
        return 0.0
    keys = key.keys
    known = [keys.intersection(_cell_keys(level)) != frozenset() for level in column.levels]
    return float(column.values.loc[known, "n"].sum() / column.filled)


def _cell_keys(level: str) -> frozenset[str]:
    """Return the ids that one cell may hold."""
    return frozenset(spelled_key(part) for part in (level, *level.split(";")))
