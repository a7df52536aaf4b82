"""The server itself crashes: batches that were not flushed yet are taken back whole, and made again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
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
def server() -> Iterator[LocalPostgres]:
    """A server of this test's own, which may be killed."""
    folder = Path(tempfile.mkdtemp(prefix="echowall-test-"))
    folder.chmod(0o711)  # the server may run as another user
    own = LocalPostgres(folder)
    try:
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_what_a_crash_takes_back_is_whole_batches_of_the_ledgers(server: LocalPostgres) -> None:
    url = server.start(120)
    migrate(url)
    head = store_log(url, walk(51, cases=20, steps=400))
    with PostgresStore(url) as store:
        Projector(url, store, book, batch=7).catch_up()
    with schema.connect(url) as ledgers, psycopg.connect(url) as others:
        shown = [one.execute("SHOW synchronous_commit").fetchone() for one in (ledgers, others)]
    assert shown == [("off",), ("on",)]
    server.kill()
    url = server.restart()
    with closing(PostgresStore(url)) as store, schema.connect(url) as connection:
        assert store.head() == head, "the log was flushed"
        stands = schema.state(connection)
        assert stands is None or stands.position <= head
        if stands is not None:
            assert check(connection).difference is None
        Projector(url, store, book, batch=7).catch_up()
        found = compare(url, store, book)
        assert found.equal, found.difference
        assert found.position == head
