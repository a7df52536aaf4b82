"""Readers never pass what may still appear, and whoever holds them back is named."""

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from domain.case.stage import Kind
from engine.errors import Conflict
from engine.migrate import migrate
from engine.store import PostgresStore, waker
from engine.store.bell import CHANNEL, Bell
from engine.store.datastore import Session
from engine.store.postgres import PATIENCE, read_final
from engine.store.prepared import call
from tests.engine.support import batch, event

pytestmark = pytest.mark.postgres

APPEND = "SELECT log.append_event(gen_random_uuid(), 1, 'case.screened', '{}')"


@pytest.fixture(scope="module")
def migrated(database: str) -> str:
    migrate(database)
    return database


@pytest.fixture
def store(migrated: str) -> Iterator[PostgresStore]:
    with PostgresStore(migrated, pool_size=4) as store:
        yield store


@contextmanager
def open_transaction(url: str, statement: str, *, undo: bool = False) -> Iterator[int]:
    """A transaction that has done something and stays open; yields what the statement gave."""
    with (
        psycopg.connect(url, autocommit=True, application_name="dawdler") as connection,
        connection.transaction(force_rollback=undo),
    ):
        row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        yield int(row[0])


def test_an_event_is_held_back_while_one_below_it_may_appear(migrated: str, store: PostgresStore) -> None:
    start = store.horizon()
    with open_transaction(migrated, APPEND) as early:
        late = store.append(batch(event(uuid4(), 1)))[-1]
        assert early < late == store.head()
        assert seen(store, start, impatient=True) == []
        assert not store.wait(start, 0.05)
        figures = store.figures()
        assert figures.final < early
        assert (figures.drawn, figures.behind) == (late, late - figures.final)
        assert figures.pid is not None
        assert figures.seconds is not None
        assert figures.seconds > 0
    assert seen(store, start) == [early, late]
    assert store.wait(start, 5)
    assert store.horizon() == late


def test_who_holds_readers_back_is_named_by_its_id_and_not_by_when_it_began(
    migrated: str, store: PostgresStore
) -> None:
    take_id = "SELECT pg_current_xact_id()"
    with (
        psycopg.connect(migrated, application_name="began-first") as first,
        psycopg.connect(migrated, application_name="wrote-first") as second,
    ):
        first.execute("SELECT 1")
        second.execute(take_id)
        first.execute(take_id)
        assert store.figures().application == "wrote-first"
        second.rollback()
        assert store.figures().application == "began-first"


def test_a_position_that_was_rolled_back_holds_nobody(migrated: str, store: PostgresStore) -> None:
    start = store.horizon()
    with open_transaction(migrated, APPEND, undo=True):
        late = store.append(batch(event(uuid4(), 1)))[-1]
    assert seen(store, start) == [late]


def test_a_reader_waits_on_when_all_that_became_final_was_rolled_back(
    migrated: str, store: PostgresStore
) -> None:
    """A conflict burns a position; what stands above it is waited for while a stranger writes."""
    stream = uuid4()
    start = store.append(batch(event(stream, 1)))[-1]
    with PostgresStore(migrated, pool_size=1) as reader, ThreadPoolExecutor(1) as pool:
        with pytest.raises(Conflict):
            store.append(batch(event(stream, 1, kind=Kind.NEED)))
        assert reader.horizon() == start
        with open_transaction(migrated, "SELECT pg_current_xact_id()::text::bigint"):
            late = store.append(batch(event(uuid4(), 1)))[-1]
            reading = pool.submit(reader.read, start, 100)
            _until_looking(migrated)
            assert not reading.done()
        assert [one.position for one in reading.result(20)] == [late]


def test_a_follower_looks_again_soon_when_all_that_became_final_was_rolled_back(
    migrated: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waker, "POLL", 3600.0)
    stream = uuid4()
    start = store.append(batch(event(stream, 1)))[-1]
    follower = waker.Waker(migrated)
    assert not follower.wait(start, 0.05)
    with pytest.raises(Conflict):
        store.append(batch(event(stream, 1, kind=Kind.NEED)))
    assert not follower.wait(start, 0.05)
    with open_transaction(migrated, "SELECT pg_current_xact_id()::text::bigint"):
        store.append(batch(event(uuid4(), 1)))
        store.bell.close()  # it rings now or never
        assert not follower.wait(start, 0.1)
    assert follower.wait(start, 10)
    follower.close()


def test_rows_put_in_by_hand_are_not_passed_either(migrated: str, store: PostgresStore) -> None:
    """The column's default draws after the transaction's id, whoever inserts."""
    start = store.horizon()
    insert = (
        "INSERT INTO log.events (originator_id, originator_version, topic, state) "
        "VALUES (gen_random_uuid(), 1, 'x', '') RETURNING notification_id"
    )
    with open_transaction(migrated, insert) as early:
        late = store.append(batch(event(uuid4(), 1)))[-1]
        assert seen(store, start, impatient=True) == []
    assert seen(store, start) == [early, late]


def test_a_writer_of_other_tables_delays_readers_and_never_makes_them_skip(
    migrated: str, store: PostgresStore
) -> None:
    start = store.horizon()
    with open_transaction(migrated, "SELECT pg_current_xact_id()::text::bigint"):
        late = store.append(batch(event(uuid4(), 1)))[-1]
        assert seen(store, start, impatient=True) == []
    assert seen(store, start) == [late]


def test_a_reader_that_goes_by_positions_alone_would_skip(migrated: str, store: PostgresStore) -> None:
    """What the horizon is for: this is the reader that we don't have."""
    after = store.horizon()
    query = "SELECT notification_id FROM log.events WHERE notification_id > %s ORDER BY 1"
    read: list[int] = []
    with psycopg.connect(migrated, autocommit=True) as naive:
        with open_transaction(migrated, APPEND) as early:
            store.append(batch(event(uuid4(), 1)))
            read += [row[0] for row in naive.execute(query, (after,)).fetchall()]
        read += [row[0] for row in naive.execute(query, (read[-1],)).fetchall()]
    assert early not in read
    assert early in seen(store, after)


def test_an_idle_reader_uses_up_no_transaction_ids(store: PostgresStore) -> None:
    store.append(batch(event(uuid4(), 1)))

    def idle(session: Session) -> tuple[object, ...]:
        assert session.horizon.catch_up(session, PATIENCE)
        return call(session, "probe", (session.horizon.final,))[0]

    assert store.run(idle) == (store.head(), None)


def test_a_horizon_does_not_outlive_its_connection(migrated: str, store: PostgresStore) -> None:
    store.append(batch(event(uuid4(), 1)))
    store.horizon()
    first = store.run(answering)
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'echowall'"
        )
    second = store.run(answering)
    assert first.horizon is not second.horizon
    assert second.horizon.final == 0


def test_from_commit_to_reader_it_takes_less_than_twenty_milliseconds_at_rest(store: PostgresStore) -> None:
    # Other tests may keep both cores busy: a round is at rest as soon as one of them comes to a pause.
    rounds = (statistics.median(latencies(store, 40)) for _ in range(20))
    assert any(took < 0.02 for took in rounds)


def latencies(store: PostgresStore, count: int) -> list[float]:
    """Seconds from the end of an append until a follower, woken, has read what was appended."""
    appended: list[float] = []
    read: list[float] = []
    waiting = threading.Semaphore(0)

    def follow() -> None:
        after = store.horizon()
        for _ in range(count):
            waiting.release()
            while not store.wait(after, 10):
                pass
            after = store.read(after, 10)[-1].position or 0
            read.append(time.perf_counter())

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        for _ in range(count):
            waiting.acquire()
            time.sleep(0.02)  # at rest: the follower waits, and the last wake-up is over
            made = batch(event(uuid4(), 1))
            store.append(made)
            appended.append(time.perf_counter())
        following.result(30)
    return [max(0.0, late - early) for early, late in zip(appended, read, strict=True)]


def test_many_commits_share_a_wake_up(migrated: str, store: PostgresStore) -> None:
    with psycopg.connect(migrated, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}".encode())
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: store.append(batch(event(uuid4(), 1))), range(200)))
        store.close()
        woken = sum(1 for _ in listener.notifies(timeout=0.1))
    assert 1 <= woken < 150


def test_the_more_is_committed_the_longer_a_wake_up_waits_for_the_next(migrated: str) -> None:
    """At a fixed gap of 5 ms they took some eight hundredths of a busy machine of two cores."""
    bell = Bell(migrated)
    with psycopg.connect(migrated, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}".encode())
        begun = time.perf_counter()
        while time.perf_counter() - begun < 0.5:
            bell.ring()
            time.sleep(0.0005)
        bell.close()
        lasted = time.perf_counter() - begun
        woken = sum(1 for _ in listener.notifies(timeout=0.1))
    assert 1 <= woken < 5 + lasted / 0.02


def test_a_follower_is_woken_by_its_own_look_when_nobody_rings(migrated: str, store: PostgresStore) -> None:
    """A writer that died between its commit and the wake-up costs a second, never an event."""
    start = store.horizon()
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute(APPEND)
    assert store.wait(start, 10)


def _until_looking(url: str) -> None:
    """Wait until a reader has looked at the horizon several times, in vain."""
    query = (
        "SELECT query_start FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'echowall' AND query LIKE '%pg_snapshot_xmin%'"
    )
    seen: set[tuple[object, ...]] = set()
    with psycopg.connect(url, autocommit=True) as connection:
        while len(seen) < 5:
            seen |= set(connection.execute(query).fetchall())


def answering(session: Session) -> Session:
    session.execute("SELECT 1")
    return session


def seen(store: PostgresStore, after: int, *, impatient: bool = False) -> list[int]:
    """Read on; impatiently where nothing can come, so that no other test on this server waits for us."""
    patience = 0.05 if impatient else PATIENCE
    return [row[0] for row in store.run(lambda session: read_final(session, after, 100, patience))]
