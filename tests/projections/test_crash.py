"""The server itself crashes: batches that were not flushed yet are taken back whole, and made again."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engine.migrate import migrate
from engine.store import PostgresStore
from interfaces.local.postgres import LocalPostgres
from projections import schema
from projections.projector import Projector
from projections.rebuild import compare
from projections.selfcheck import check
from tests.projections.histories import book, store_log, walk

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def server(data_folder: Path) -> Iterator[LocalPostgres]:
    """A server of this test's own, which may be killed, and which flushes only what a session waits for."""
    own = LocalPostgres(data_folder)
    with psycopg.connect(own.start(120), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
        connection.execute("SELECT pg_reload_conf()")
    yield own
    own.stop()


def test_what_a_crash_takes_back_is_whole_batches_of_the_ledgers(server: LocalPostgres) -> None:
    url = server.url()
    migrate(url)
    head = store_log(url, walk(51, cases=20, steps=400))
    with PostgresStore(url) as store:
        Projector(url, store, book, batch=7).catch_up()
    with schema.connect(url) as ledgers:
        stood = schema.state(ledgers)
        assert stood is not None
        assert stood.position == head
    server.kill()
    url = server.restart()
    with PostgresStore(url) as store, schema.connect(url) as connection:
        assert store.head() == head, "the log was flushed"
        stands = schema.state(connection)
        assert stands is None or stands.position < head, "some of it was not flushed"
        if stands is not None:
            assert check(connection).difference is None
        Projector(url, store, book, batch=7).catch_up()
        found = compare(url, store, book)
        assert found.equal, found.difference
        assert found.position == head
