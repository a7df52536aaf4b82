"""Each minute the projector asks whether anything is missing."""

import pytest

from engine.store import PostgresStore
from interfaces.local.processes import wait_until
from projections import schema, selfcheck
from projections.projector import Projector
from projections.rebuild import rebuild
from tests.projections.histories import book, store_log, walk
from tests.projections.test_projector import running

pytestmark = pytest.mark.postgres


def test_applied_and_parked_are_compared_with_stored(url: str, store: PostgresStore) -> None:
    log = walk(41)
    store_log(url, log[:50])
    projector = Projector(url, store, book)
    projector.catch_up()
    with schema.connect(url) as connection:
        assert selfcheck.latest(connection) is None
        first = selfcheck.check(connection)
        assert (first.stored, first.difference) == (50, None)
        store_log(url, log[50:])
        projector.catch_up()
        second = selfcheck.check(connection)
        assert (second.stored, second.difference) == (len(log), None)
        assert selfcheck.latest(connection) == second


def test_a_lost_event_is_named_until_it_is_mended(url: str, store: PostgresStore) -> None:
    log = walk(42)
    store_log(url, log)
    Projector(url, store, book).catch_up()
    with schema.connect(url) as connection:
        connection.execute("UPDATE ledger.tallies SET applied = applied - 1 WHERE ledger = 'units'")
        for _ in range(2):
            found = selfcheck.check(connection).difference or ""
            assert found.startswith(f"units: {len(log) - 1} applied and 0 parked")
        rebuild(url, store, book)
        assert selfcheck.check(connection).difference is None


def test_the_projector_checks_by_itself(url: str, store: PostgresStore) -> None:
    schema.install(url)
    with running(url, store, check_every=0.05), schema.connect(url) as connection:
        last = store_log(url, walk(43))

        def checked() -> bool:
            found = selfcheck.latest(connection)
            return found is not None and found.position == last

        wait_until(checked, 20)
