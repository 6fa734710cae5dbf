"""Which column of the user's file is which standard column or attribute. Contract, section 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from icp_ml.config.schema import Attribute, Config
from icp_ml.config.standard import CONTRACT


@dataclass(frozen=True)
class Missing:
    """A column that must be there and is not."""

    standard: str
    wanted: str


@dataclass(frozen=True)
class Mapping:
    """The columns of one table.

    Parameters
    ----------
    columns : dict
        Standard column: name in the file. Columns the file has not are absent.
    attributes : dict
        Attribute: name in the file.
    missing : tuple of Missing
        What the config or the contract asks for and the file has not.
    extra : tuple of str
        File columns nobody asked for.
    """

    columns: dict[str, str]
    attributes: dict[str, str]
    missing: tuple[Missing, ...]
    extra: tuple[str, ...]

    def spelled(self, standard: str) -> str:
        """Return the file's name of a standard column or attribute, or the name itself where the file has none."""
        return self.columns.get(standard) or self.attributes.get(standard) or standard


def attributes_of(config: Config, table: str) -> dict[str, Attribute]:
    """Return the attributes read from a table."""
    return {n: a for n, a in config.attributes.items() if a.from_ == table}


def attribute_column(config: Config, attribute: str) -> str:
    """Return the file's name of an attribute."""
    spec = config.attributes[attribute]
    table = config.table(spec.from_)
    return spec.column or table.columns.get(attribute, attribute)


def candidates(config: Config, table: str, standard: str) -> tuple[str, ...]:
    """Return the names a standard column may have in a file, the most binding first."""
    spec = config.table(table)
    if standard in spec.columns:
        return (spec.columns[standard],)
    return (standard, *spec.aliases.get(standard, ()))


def map_columns(config: Config, table: str, available: Sequence[str]) -> Mapping:
    """Find every standard column and attribute of a table among the columns its file has."""
    found: dict[str, str] = {}
    attributes: dict[str, str] = {}
    missing: list[Missing] = []
    explicit = config.table(table).columns
    for standard, column in CONTRACT[table].items():
        names = candidates(config, table, standard)
        name = next((n for n in names if n in available), None)
        if name is not None:
            found[standard] = name
        elif column.required or standard in explicit:
            missing.append(Missing(standard, names[0]))
    for attribute, spec in attributes_of(config, table).items():
        name = attribute_column(config, attribute)
        if attribute in found:
            continue
        if name in available:
            # A deal's own column may serve as an attribute too: it is read once.
            (found if attribute in CONTRACT[table] else attributes)[attribute] = name
        elif spec.use != "ignore":
            missing.append(Missing(attribute, name))
    used = {*found.values(), *attributes.values()}
    return Mapping(found, attributes, tuple(missing), tuple(c for c in available if c not in used))
