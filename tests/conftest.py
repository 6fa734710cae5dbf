"""What several packages of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.postgres import NO_POSTGRES, postgres_programs, private_postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the SQLAlchemy URL of a PostgreSQL started for this process; each test makes a schema of its own in it."""
    if postgres_programs() is None:
        pytest.skip(NO_POSTGRES)
    with private_postgres() as url:
        yield url
