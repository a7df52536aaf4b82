"""A migrated database with a store on it, for tests of the ledgers."""

from collections.abc import Iterator

import pytest

from engine.migrate import migrate
from engine.store import PostgresStore


@pytest.fixture
def url(empty_database: str) -> str:
    migrate(empty_database)
    return empty_database


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    with PostgresStore(url, pool_size=4) as opened:
        yield opened
