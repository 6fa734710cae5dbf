"""Tables of a SQL database, through SQLAlchemy, as frames of text cells."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from icp_ml.config.schema import Source, Table
from icp_ml.errors import DataError, nearest
from icp_ml.tables.workbooks import cell_text


def query_frame(source: Source, base: Path, name: str, table: Table) -> pd.DataFrame | None:
    """Return a table's rows as text, or None where the config asks for no such table and the database has none.

    Parameters
    ----------
    source : Source
        Its ``url`` and ``schema``; a relative SQLite path starts from ``base``.
    base : Path
        The config's folder.
    name : str
        Standard table name, the database table's name unless the config says otherwise.
    table : Table
        Its ``table`` or ``query``.

    Raises
    ------
    DataError
        If the database cannot be reached or has no such table, or the query fails. The URL is never shown.
    """
    engine = _engine(source, base)
    try:
        with engine.connect() as connection:
            if table.query:
                statement = table.query
            else:
                known = [
                    *inspect(connection).get_table_names(source.schema_),
                    *inspect(connection).get_view_names(source.schema_),
                ]
                wanted = table.table or name
                if wanted not in known:
                    if table.table is None:
                        return None
                    raise DataError(_no_table(name, wanted, known))
                statement = f"SELECT * FROM {_qualified(engine, source.schema_, wanted)}"
            answer = connection.execute(text(statement.replace(":", "\\:")))
            columns = list(answer.keys())
            rows = [[cell_text(cell) for cell in row] for row in answer]
    except SQLAlchemyError as err:
        cause = str(getattr(err, "orig", None) or err).splitlines()[0]
        raise DataError(
            f"the database answers: {_without_password(cause, engine)}; check source.url and the query"
        ) from err
    finally:
        engine.dispose()
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _engine(source: Source, base: Path) -> Engine:
    try:
        url = make_url(source.url or "")
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            path = base / url.database
            if not path.is_file():
                raise DataError(f"source.url: there is no SQLite database {url.database!r} in {base}")
            url = url.set(database=str(path))
        return create_engine(url)
    except (ArgumentError, NoSuchModuleError) as err:
        raise DataError(
            "source.url: not a database URL that SQLAlchemy knows; write dialect://user:${PASSWORD}@host/database"
        ) from err
    except ModuleNotFoundError as err:
        raise DataError(
            f"source.url: the database's driver {err.name!r} is not installed; install it "
            "(for PostgreSQL: pip install 'icp-ml[postgres]')"
        ) from err


def _qualified(engine: Engine, schema: str | None, table: str) -> str:
    quote = engine.dialect.identifier_preparer.quote_identifier
    return f"{quote(schema)}.{quote(table)}" if schema else quote(table)


def _no_table(name: str, wanted: str, known: list[str]) -> str:
    shown = ", ".join(sorted(known)[:12]) or "none"
    return f"tables.{name}.table: the database has no table {wanted!r}{nearest(wanted, known)}; found: {shown}"


def _without_password(message: str, engine: Engine) -> str:
    password = engine.url.password
    return message.replace(str(password), "***") if password else message
