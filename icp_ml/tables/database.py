"""A SQL database, through SQLAlchemy: opening it, finding its tables, and its complaints as errors of the user's input.

Nothing here shows a password: neither the URL nor the database's own words with the password in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from icp_ml.errors import DataError, nearest

# Where any query may stand inside another, with an order of its own; others may refuse that order, or forget it.
NESTING = ("postgresql", "sqlite")


@dataclass(frozen=True)
class Database:
    """An open database.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        One connection for everything that is read together: where the database can, it shows one moment.
    key : str
        What names the database in messages, for instance ``source.url``.
    """

    connection: sa.Connection
    key: str = "source.url"

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the kind of database, for instance ``postgresql``."""
        return self.connection.dialect.name

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Ask something of the database: what it refuses is an error of the user's input, and it can be asked again.

        Raises
        ------
        DataError
            With the first line of what the database says.
        """
        try:
            yield
        except (SQLAlchemyError, self.connection.dialect.loaded_dbapi.Error) as err:
            with suppress(SQLAlchemyError):
                self.connection.rollback()
            raise _refusal(self.key, err, self.connection.engine.url) from err


@contextmanager
def open_database(url: str, base: Path, key: str = "source.url", *, writing: bool = False) -> Iterator[Database]:
    """Open a database; ask it within :meth:`Database.asked`.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; a relative SQLite path starts from ``base``.
    base : Path
        The config's folder, or the current one.
    key : str
        What names the database in messages.
    writing : bool, default False
        Whether something is to be written. Where not, all that is read is of one moment, if the database can do that.

    Raises
    ------
    DataError
        If the database cannot be reached. The URL is never shown.
    """
    engine = _engine(url, base, key)
    try:
        try:
            connection = engine.connect()
        except SQLAlchemyError as err:
            raise _refusal(key, err, engine.url) from err
        with connection:
            if connection.dialect.name == "postgresql" and not writing:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield Database(connection, key)
    finally:
        engine.dispose()


def find_table(database: Database, wanted: str, schema: str | None) -> sa.TableClause | None:
    """Return a table or view of the database, or None where it has none of that name."""
    return sa.table(wanted, schema=schema) if wanted in table_names(database, schema) else None


def table_names(database: Database, schema: str | None) -> list[str]:
    """Return the names of a schema's tables and views; none where there is no such schema."""
    inspector = sa.inspect(database.connection)
    names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    if database.dialect == "postgresql":
        names += [*inspector.get_materialized_view_names(schema), *inspector.get_foreign_table_names(schema)]  # type: ignore[attr-defined]  # PostgreSQL has them
    return names


def columns_of(database: Database, rows: sa.FromClause | sa.TextClause) -> tuple[list[str], list[object]]:
    """Return the names of a table's columns and what the driver calls their types."""
    with database.connection.execute(sa.select(sa.text("*")).select_from(rows).limit(0)) as answer:
        described = answer.cursor.description if answer.cursor is not None else []
        return list(map(str, answer.keys())), [column[1] for column in described]


def asked_rows(database: Database, query: str) -> tuple[sa.FromClause, list[str], list[object]] | None:
    """Return a user's query as something to select from, with the names and types of its columns.

    None where the database does not take it inside another query: what is wrong with it, if anything, then shows when
    it is run as it stands.
    """
    if database.dialect not in NESTING:
        return None
    # The line break keeps a trailing comment of the user's from swallowing the bracket.
    inner = verbatim(query.rstrip().rstrip(";")) + "\n"
    try:
        with database.asked():
            columns, kinds = columns_of(database, sa.text(f"({inner}) AS asked"))
    except DataError:
        return None
    return sa.text(inner).columns(*map(sa.column, columns)).subquery("asked"), columns, kinds


def verbatim(query: str) -> str:
    """Keep SQLAlchemy from reading a colon as the start of a parameter."""
    return query.replace(":", "\\:")


def no_table(where: str, wanted: str, known: list[str]) -> str:
    """Return the words for a table that is not there."""
    shown = ", ".join(sorted(known)[:12]) or "none"
    return f"{where}: the database has no table {wanted!r}{nearest(wanted, known)}; found: {shown}"


def _engine(url: str, base: Path, key: str) -> sa.Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
            path = base / parsed.database
            if not path.is_file():
                raise DataError(f"{key}: there is no SQLite database {parsed.database!r} in {base}")
            parsed = parsed.set(database=str(path))
        if parsed.drivername == "postgresql":
            # The driver that the extra installs, not SQLAlchemy's default.
            parsed = parsed.set(drivername="postgresql+psycopg")
        if "@" in (parsed.host or ""):
            raise DataError(f"{key}: in a URL, @ : / # and % of a password are written as %40 %3A %2F %23 and %25")
        return sa.create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ValueError) as err:
        raise DataError(
            f"{key}: not a database URL that SQLAlchemy knows; write dialect://user:${{PASSWORD}}@host/database"
        ) from err
    except ModuleNotFoundError as err:
        raise DataError(
            f"{key}: the database's driver {err.name!r} is not installed; install it "
            "(for PostgreSQL: pip install 'icp-ml[postgres]')"
        ) from err


def _refusal(key: str, err: Exception, url: URL) -> DataError:
    cause = str(getattr(err, "orig", None) or err).strip() or type(err).__name__
    return DataError(f"{key}: the database answers: {_without_password(cause.splitlines()[0], url)}")


def _without_password(message: str, url: URL) -> str:
    password = url.password
    if not password:
        return message
    for spelled in (str(password), quote(str(password), safe=""), quote_plus(str(password))):
        message = message.replace(spelled, "***")
    return message
