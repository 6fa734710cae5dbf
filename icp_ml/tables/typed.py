"""A table's raw cells, typed; what is missing and what cannot be read in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from icp_ml.config.schema import Attribute, Config, Table
from icp_ml.config.standard import CONTRACT, Column
from icp_ml.errors import nearest
from icp_ml.tables.mapping import Mapping, attributes_of, map_columns
from icp_ml.tables.parsing import (
    ambiguous_sql,
    date_sql,
    decimal_comma_sql,
    decimal_point_sql,
    filled_sql,
    literal,
    number_sql,
    text_sql,
    timestamp_sql,
    typed_sql,
    unreadable_sql,
)
from icp_ml.tables.raw import RawTable
from icp_ml.tables.sources import ROW, Connection, EngineError, fetch, internal
from icp_ml.tables.tables import Issue
from icp_ml.tables.view import CLOSED, FILE, INSTANT, Level, TableView

# An empty cell is an answer here, or another check asks for it.
MAY_BE_EMPTY = ("closed_at", "ended_at", "observed_at", "arr", "value", "outcome")


def type_table(connection: Connection, config: Config, raw: RawTable) -> tuple[TableView, list[Issue]]:
    """Return a table's typed cells and what is missing or unreadable in them."""
    mapping = map_columns(config, raw.name, raw.columns)
    issues = [_missing_column(raw, mapping, m.standard, m.wanted) for m in mapping.missing]
    reader = _Reader(connection, config, raw, mapping)
    frame, extra = reader.frames()
    view = TableView(raw.name, frame, mapping, raw.labels, extra, raw.aside)
    return view, [*issues, *reader.issues(view)]


def _missing_column(raw: RawTable, mapping: Mapping, standard: str, wanted: str) -> Issue:
    what = "an attribute" if standard not in CONTRACT[raw.name] else "a column of the contract"
    key = f"tables.{raw.name}.columns"
    return Issue(
        "missing_column",
        raw.name,
        f"{', '.join(raw.labels)}: {what}, {standard!r}, must be there as column {wanted!r}; it is not"
        f"{nearest(wanted, raw.columns)}; found: {', '.join(raw.columns[:20])}"
        f"{', ...' if len(raw.columns) > 20 else ''}; "
        f"name the right one under {key}",
        "stop",
        wanted,
        of=raw.rows,
    )


def date_hint(name: str, table: Table) -> str:
    """Return what to do about dates that cannot be read."""
    if table.date_format:
        return f"they must follow tables.{name}.date_format {table.date_format!r}; mend the cells or the format"
    return f"write ISO dates (2026-06-30), or set tables.{name}.date_format"


class _Reader:
    """Builds and runs the queries that type one table."""

    def __init__(self, connection: Connection, config: Config, raw: RawTable, mapping: Mapping) -> None:
        self.connection, self.raw, self.mapping = connection, raw, mapping
        self.table: Table = config.table(raw.name)
        self.faults = self._format_faults()
        self.contract = CONTRACT[raw.name]
        declared = attributes_of(config, raw.name)
        self.attributes = {n: a for n, a in declared.items() if n not in self.contract}
        self.decimals = {s: self._decimal(s) for s, c in self.contract.items() if c.kind == "number"}

    def _format_faults(self) -> list[Issue]:
        """Return what is wrong with the date format; a wrong one is not used."""
        given = self.table.date_format
        if given is None:
            return []
        try:
            self.connection.execute(f"SELECT try_strptime('', {literal(given)})").fetchall()
        except EngineError:
            self.table = self.table.model_copy(update={"date_format": None})
            key = f"tables.{self.raw.name}.date_format"
            say = f"{key}: {given!r} must be a strptime format; write for instance '%d.%m.%Y' or '%m/%d/%Y %I:%M %p'"
            return [Issue("wrong_date_format", self.raw.name, say, "stop")]
        return []

    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the typed frame and the extra columns."""
        selected = [f'{ROW} AS "c0"', f'{FILE} AS "c1"']
        standards = [s for s in self.contract if s in self.mapping.columns]
        attributes = [a for a in self.attributes if a in self.mapping.attributes]
        expressions = [self._contract_sql(s) for s in standards]
        expressions += [self._attribute_sql(a) for a in attributes]
        extra = [text_sql(*self._cell(c)) for c in self.mapping.extra]
        aside = self._aside(standards)
        expressions += [*extra, *aside.values()]
        selected += [f'{sql} AS "c{i}"' for i, sql in enumerate(expressions, 2)]
        found = fetch(self.connection, f"SELECT {', '.join(selected)} FROM ({self.raw.sql}) ORDER BY {FILE}, {ROW}")
        names, first_extra = [ROW, FILE, *standards, *attributes], 2 + len(standards) + len(attributes)
        first_aside = first_extra + len(extra)
        frame = self._complete(found.iloc[:, :first_extra].set_axis(names, axis=1))
        for name, values in found.iloc[:, first_aside:].set_axis(list(aside), axis=1).items():
            frame[name] = values.astype("datetime64[us]" if name == INSTANT else "str")
        rest = found.iloc[:, first_extra:first_aside].set_axis(list(self.mapping.extra), axis=1)
        return frame, rest.astype("str")

    def _aside(self, standards: list[str]) -> dict[str, str]:
        """Return SQL of what only the checks need: the instant of an observation, a closing date as written."""
        aside = {}
        if "observed_at" in standards:
            aside[INSTANT] = timestamp_sql(*self._spelled("observed_at"), self.table.date_format)
        if "closed_at" in standards:
            aside[CLOSED] = text_sql(*self._spelled("closed_at"))
        return aside

    def _complete(self, typed: pd.DataFrame) -> pd.DataFrame:
        """Return every contract column and attribute in its dtype, absent ones filled with missing values."""
        columns: dict[str, pd.Series] = {ROW: typed[ROW].astype("int64"), FILE: typed[FILE].astype("int64")}
        for standard, spec in self.contract.items():
            columns[standard] = _as_kind(typed.get(standard), spec.kind, typed.index)
        for name, attribute in self.attributes.items():
            columns[name] = _as_type(typed.get(name), attribute, typed.index)
        return pd.DataFrame(columns)

    def issues(self, view: TableView) -> list[Issue]:
        """Return unreadable and missing cells of every column."""
        found = [*self.faults]
        for standard in self.mapping.columns:
            # An open deal's closing date is not read at all: the checks look at the others', knowing outcomes.
            if standard != "closed_at" and not (self.faults and self.contract[standard].kind == "date"):
                found += self._contract_issues(view, standard, self.contract[standard])
        for name in self.mapping.attributes:
            if name in self.attributes and self.attributes[name].use != "ignore":
                found += self._attribute_issues(view, name, self.attributes[name])
        return found

    def _contract_issues(self, view: TableView, standard: str, column: Column) -> Iterator[Issue]:
        cell, kind = self._spelled(standard)
        if column.kind in ("date", "number"):
            stops = column.required or column.kind == "date"
            do = date_hint(self.raw.name, self.table) if column.kind == "date" else "mend the cells"
            bad = unreadable_sql(cell, self._contract_sql(standard), kind)
            yield from self._cell_issue(
                view, standard, bad, f"unparsable_{column.kind}", f"every filled cell must be a {column.kind}",
                do if stops else f"they count as missing; {do}, or leave them empty", "stop" if stops else "handled",
            )  # fmt: skip
        orphan = standard == "account_id" and view.name != "accounts"
        if column.required and standard not in MAY_BE_EMPTY and not orphan:
            empty = f"NOT {filled_sql(cell, kind)}" if column.kind == "date" else f"{text_sql(cell, kind)} IS NULL"
            yield from self._cell_issue(
                view, standard, empty, "missing_value", "no cell may be empty", "fill them in", "stop"
            )

    def _attribute_issues(self, view: TableView, name: str, attribute: Attribute) -> Iterator[Issue]:
        if attribute.type not in ("number", "boolean"):
            return
        cell, kind = self._spelled(name)
        word = "a number" if attribute.type == "number" else "true/false, yes/no, 1/0 or t/f"
        yield from self._cell_issue(
            view, name, unreadable_sql(cell, self._attribute_sql(name), kind), f"unparsable_{attribute.type}",
            f"every filled cell must be {word}",
            f"they count as missing; mend them, or declare attributes.{name}.type: category", "handled",
        )  # fmt: skip
        if attribute.type == "number" and kind == "VARCHAR" and attribute.decimal is None and self._mixed_marks(cell):
            yield from self._cell_issue(
                view, name, ambiguous_sql(cell), "ambiguous_number", "one decimal mark must hold for the whole column",
                f"others have a decimal comma: if these hold thousands, set attributes.{name}.decimal: ','", "warning",
            )  # fmt: skip

    def _mixed_marks(self, cell: str) -> bool:
        """Return whether a column shows a decimal comma and also cells such as 1.234 that are read otherwise."""
        both = f"bool_or({decimal_comma_sql(cell)}), bool_or({ambiguous_sql(cell)})"
        return all(self.connection.execute(f"SELECT {both} FROM ({self.raw.sql})").fetchall()[0])

    def _cell_issue(
        self, view: TableView, standard: str, bad: str, code: str, must: str, do: str, level: Level
    ) -> list[Issue]:
        """Return an issue about the cells for which SQL holds, with their raw text."""
        cell, kind = self._spelled(standard)
        sql = f"SELECT {ROW}, {FILE}, {text_sql(cell, kind)} AS raw FROM ({self.raw.sql}) WHERE {bad}"
        rows = fetch(self.connection, sql)
        if rows.empty:
            return []
        keys = pd.MultiIndex.from_frame(view.frame[[FILE, ROW]])
        chosen = keys.isin(pd.MultiIndex.from_frame(rows[[FILE, ROW]]))
        raws = pd.Series(rows["raw"].to_numpy(), index=pd.MultiIndex.from_frame(rows[[FILE, ROW]]))
        values = pd.Series(raws.reindex(keys).to_numpy(), index=view.frame.index)
        return view.issue(code, level, chosen, must, do, standard, values)

    def _decimal(self, standard: str) -> str | None:
        """Return an amount column's decimal mark: as the config says, else a comma if every telling cell has one."""
        if standard not in self.mapping.columns or self.table.decimal is not None:
            return self.table.decimal
        cell, kind = self._spelled(standard)
        if kind != "VARCHAR":
            return None
        sql = f"SELECT bool_or({decimal_comma_sql(cell)}), bool_or({decimal_point_sql(cell)}) FROM ({self.raw.sql})"
        comma, point = self.connection.execute(sql).fetchall()[0]
        return "," if comma and not point else None

    def _contract_sql(self, standard: str) -> str:
        cell, kind = self._spelled(standard)
        column = self.contract[standard].kind
        if column == "date":
            return date_sql(cell, kind, self.table.date_format)
        if column == "number":
            return number_sql(cell, kind, self.decimals[standard])
        return text_sql(cell, kind)

    def _attribute_sql(self, name: str) -> str:
        cell, kind = self._spelled(name)
        return typed_sql(cell, self.attributes[name], kind)

    def _spelled(self, standard: str) -> tuple[str, str]:
        return self._cell(self.mapping.spelled(standard))

    def _cell(self, column: str) -> tuple[str, str]:
        position = self.raw.columns.index(column)
        return internal(position), self.raw.types[position]


def _as_kind(values: pd.Series | None, kind: str, index: pd.Index) -> pd.Series:
    """Return a contract column in its dtype."""
    if kind == "date":
        return _filled(values, "datetime64[ns]", index)
    return _filled(values, "float64" if kind == "number" else "str", index)


def _as_type(values: pd.Series | None, attribute: Attribute, index: pd.Index) -> pd.Series:
    """Return an attribute's column in its dtype; tags as tuples, None only where the column is absent."""
    if attribute.type == "tags":
        cells = [None] * len(index) if values is None else [tuple(tags) for tags in values]
        return pd.Series(cells, index=index, dtype=object)
    return _filled(values, {"number": "float64", "boolean": "boolean", "category": "str"}[attribute.type], index)


def _filled(values: pd.Series | None, dtype: Any, index: pd.Index) -> pd.Series:
    if values is None or values.isna().all():
        # An engine's all-NULL column may come in any dtype.
        return pd.Series([None] * len(index), index=index, dtype=dtype)
    return values.astype(dtype)
