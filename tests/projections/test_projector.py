"""The projector: whatever the batches, the kills and the number of projectors, each event counts once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from engine.store import PostgresStore
from interfaces.local.processes import wait_until
from projections import progress, schema
from projections.accountability.view import trial_balance
from projections.batch import Progress
from projections.ledger import LedgersOutdated
from projections.projector import Projector
from projections.rebuild import compare
from projections.reconcile import reconcile
from tests.projections.histories import book, store_log, walk

pytestmark = pytest.mark.postgres


@contextmanager
def running(
    url: str,
    store: PostgresStore,
    batch: int = 50,
    on_batch: Callable[[Progress], None] | None = None,
    check_every: float = 60.0,
) -> Iterator[threading.Event]:
    """A projector at work in a thread; yields what stops it."""
    stop = threading.Event()
    projector = Projector(url, store, book, batch=batch, on_batch=on_batch, check_every=check_every)
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def arrived(url: str, position: int) -> None:
    with schema.connect(url) as connection:
        assert progress.wait_for(connection, position, 120)


def test_ledgers_fed_bit_by_bit_equal_a_fresh_build(url: str, store: PostgresStore) -> None:
    log = walk(1)
    for start in range(0, len(log), 17):
        store_log(url, log[start : start + 17])
        assert Projector(url, store, book, batch=5).catch_up() == len(log[start : start + 17])
    found = compare(url, store, book)
    assert found.equal, found.difference
    assert found.rows["worklist"] > 0
    assert found.rows["rungs"] > 0
    with schema.connect(url) as connection:
        assert trial_balance(connection).sound
        assert all(tally.complete for tally in progress.tallies(connection))


def test_a_reader_waits_for_what_it_wrote(url: str, store: PostgresStore) -> None:
    schema.install(url)
    with schema.connect(url) as connection:
        assert not progress.wait_for(connection, 1, 0.05)
        with running(url, store):
            assert progress.wait_for(connection, store_log(url, walk(2)), 20)
        assert progress.position(connection) == store.head()


def test_of_two_projectors_one_works_and_the_other_takes_over(url: str, store: PostgresStore) -> None:
    schema.install(url)
    log = walk(3, steps=300)
    first: list[Progress] = []
    second: list[Progress] = []
    assert len(log) > 110
    with ExitStack() as working, ExitStack() as waiting:
        working.enter_context(running(url, store, on_batch=first.append))
        arrived(url, store_log(url, log[:50]))
        waiting.enter_context(running(url, store, on_batch=second.append))
        arrived(url, store_log(url, log[50:100]))
        assert not second
        working.close()
        arrived(url, store_log(url, log[100:]))
    assert sum(one.events for one in first) + sum(one.events for one in second) == len(log)
    assert second
    found = compare(url, store, book)
    assert found.equal, found.difference


def test_a_projector_whose_connection_is_killed_in_a_batch_counts_nothing_twice(
    url: str, store: PostgresStore
) -> None:
    schema.install(url)
    log = walk(4, cases=20, steps=400)

    def kill() -> int:
        with psycopg.connect(url, autocommit=True) as connection:
            return len(
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database()"
                    " AND application_name = 'echowall-ledgers' AND state <> 'idle'"
                ).fetchall()
            )

    with running(url, store, batch=3):
        position = store_log(url, log)
        wait_until(lambda: kill() > 0, 30)
        wait_until(lambda: kill() > 0, 30)
        arrived(url, position)
    found = compare(url, store, book)
    assert found.equal, found.difference
    assert reconcile(url, book()).findings == ()


def test_a_stop_ends_an_idle_projector(url: str, store: PostgresStore) -> None:
    with running(url, store) as stop:
        wait_until(lambda: schema_is_there(url), 20)
        stop.set()


def schema_is_there(url: str) -> bool:
    with schema.connect(url) as connection:
        return schema.state(connection) is not None


def test_a_projector_goes_on_after_it_was_refused(url: str, store: PostgresStore) -> None:
    """What the server refuses is no reason to end: somebody may be at work on privileges or tables."""
    schema.install(url)
    rolled_back = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("REVOKE ALL ON ledger.worklist FROM echowall_projector")
        before = owner.execute(rolled_back).fetchall()[0][0]
        with running(url, store):
            position = store_log(url, walk(6))
            assert wait_until(lambda: owner.execute(rolled_back).fetchall()[0][0] > before + 1, 60)
            owner.execute("GRANT ALL ON ledger.worklist TO echowall_projector")
            arrived(url, position)


def test_ledgers_of_another_shape_are_not_touched(url: str, store: PostgresStore) -> None:
    schema.install(url)
    store_log(url, walk(5))
    with schema.connect(url) as connection:
        connection.execute("UPDATE ledger.progress SET shape = 'of yesterday'")
    with pytest.raises(LedgersOutdated):
        Projector(url, store, book).catch_up()
