"""One table of a database as a person writes it: a SQLAlchemy URL with the table behind ``#``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from icp_ml.config.spelling import substitute
from icp_ml.errors import DataError

_QUERY = re.compile(r"(select|with)\b", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^:/@\s]*):([^@\s]+)@")


@dataclass(frozen=True)
class Address:
    """Where a table is.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``${NAME}`` replaced; never shown.
    name : str
        Table or view.
    schema : str or None
        Its schema, where one is given.
    query : str or None
        A ``SELECT`` in place of a table.
    written : str
        What was written, a password in it masked: for messages and records.
    """

    url: str = field(repr=False)
    name: str
    schema: str | None
    query: str | None
    written: str

    @property
    def label(self) -> str:
        """What names the table in messages."""
        return self.query or (f"{self.schema}.{self.name}" if self.schema else self.name)


def is_address(text: str) -> bool:
    """Return whether a text means a table of a database, not a file.

    >>> is_address("postgresql://ann@host/crm#accounts"), is_address("crm/accounts.csv")
    (True, False)
    """
    return "://" in text


def masked(text: str) -> str:
    """Return a text without the passwords of the URLs in it; ``${NAME}`` stays, being none.

    >>> masked("s3a://key:secret@crm/accounts is not there")
    's3a://key:***@crm/accounts is not there'
    """
    return _PASSWORD.sub(lambda found: found[0] if found[2].startswith("${") else f"{found[1]}:***@", text)


def parse_address(text: str, environ: Mapping[str, str]) -> Address:
    """Read an address.

    Parameters
    ----------
    text : str
        For instance ``postgresql://ann:${PGPASSWORD}@host/crm#sales.accounts``. What follows ``#`` is a table, its
        schema before a dot, or a query that starts with ``SELECT`` or ``WITH``.
    environ : mapping of str to str
        Where ``${NAME}`` is looked up.

    Raises
    ------
    DataError
        If no table is named, or the environment does not hold a name.

    >>> parse_address("sqlite:///crm.db#accounts", {}).label
    'accounts'
    >>> parse_address("postgresql://ann:secret@host/crm#sales.accounts", {}).written
    'postgresql://ann:***@host/crm#sales.accounts'
    """
    written = masked(text)
    url, _, asked = text.partition("#")
    asked = asked.strip()
    if not asked:
        raise DataError(f"{written}: a table must be named behind '#'; write {written.rstrip('#')}#schema.table")
    value, _, unset = substitute(url, environ)
    if unset:
        names = ", ".join(re.findall(r"\$\{\w+\}", " ".join(unset)))
        raise DataError(f"{written}: {names} must be set in the environment; it is not")
    if _QUERY.match(asked):
        return Address(value, "", None, asked, written)
    schema, _, name = asked.rpartition(".")
    return Address(value, name, schema or None, None, written)
