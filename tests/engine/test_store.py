"""The store on a real server: whole batches, conflicts told, order for readers, no change afterwards."""

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from domain.case.stage import Kind
from engine.errors import Conflict, NotMigrated, Unavailable, UnsafeServer
from engine.migrate import migrate
from engine.store import Append, PersonRow, PostgresStore, ValueRow, VaultRows, postgres, waker
from engine.store import write as writing
from engine.store.datastore import check_safety
from engine.store.link import arguments, connect
from tests.engine.support import BEGIN, batch, event
from tests.support.wire import wired

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def migrated(database: str) -> str:
    migrate(database)
    return database


@pytest.fixture
def store(migrated: str) -> Iterator[PostgresStore]:
    with PostgresStore(migrated, pool_size=4) as store:
        yield store


def test_what_is_appended_is_loaded_in_order(store: PostgresStore) -> None:
    stream = uuid4()
    command = uuid4()
    events = [event(stream, version, command) for version in (1, 2, 3)]
    positions = store.append(batch(*events))
    assert list(positions) == sorted(set(positions))
    loaded = store.load(stream)
    assert [one.version for one in loaded] == [1, 2, 3]
    assert [one.position for one in loaded] == list(positions)
    assert loaded[0].event == events[0].event
    assert loaded[0].actor == events[0].actor
    assert loaded[0].recorded_at == BEGIN
    assert store.versions([uuid4(), stream, uuid4()]) == [0, 3, 0]
    assert store.head() == positions[-1]


def test_a_batch_larger_than_a_sockets_buffer_is_recorded(store: PostgresStore) -> None:
    """The library's pipeline waits for ever on a statement of some 200 KB."""
    stream, command = uuid4(), uuid4()
    events = [event(stream, version, command) for version in range(1, 3_001)]
    assert len(store.append(batch(*events))) == len(events)
    assert store.versions([stream]) == [len(events)]


def test_several_streams_are_loaded_with_one_query_and_up_to_a_position(store: PostgresStore) -> None:
    one, two = uuid4(), uuid4()
    first = store.append(batch(event(one, 1)))
    store.append(batch(event(two, 1), event(one, 2)))
    assert {stream: len(events) for stream, events in store.load_many([one, two, uuid4()]).items()} == {
        one: 2,
        two: 1,
    }
    assert {stream: len(events) for stream, events in store.load_many([one, two], first[-1]).items()} == {
        one: 1
    }
    assert store.load_many([]) == {}


def test_an_answer_leads_to_the_position_of_the_last_event_on_any_stream(store: PostgresStore) -> None:
    one, two, command = uuid4(), uuid4(), uuid4()
    made = batch(event(one, 1, command), event(two, 1, command))
    row = made.commands[0]._replace(stream=one, version=1, events=("case.screened",))
    positions = store.append(Append(made.events, [row]))
    answered = store.answer(command)
    assert answered is not None
    assert (answered.stream, answered.version, answered.events) == (one, 1, ("case.screened",))
    assert answered.position == positions[-1]
    assert store.answer(uuid4()) is None
    assert store.answers([]) == {}


def test_a_command_that_recorded_nothing_is_remembered(store: PostgresStore) -> None:
    stream = uuid4()
    position = store.append(batch(event(stream, 1)))[-1]
    row = batch(event(stream, 1)).commands[0]._replace(events=())
    assert list(store.append(Append(commands=[row]))) == []
    answered = store.answer(row.id)
    assert answered is not None
    assert (answered.events, answered.position) == ((), position)


@pytest.mark.parametrize("spoil", ["event", "command", "person", "value"])
def test_a_batch_is_recorded_whole_or_not_at_all(store: PostgresStore, spoil: str) -> None:
    person, stream, known = uuid4(), uuid4(), uuid4()
    persons = [PersonRow(person, b"key")]
    values = [ValueRow(uuid4().bytes, person, "f", b"salt", b"sealed")]
    earlier = batch(event(known, 1))
    store.append(Append(earlier.events, earlier.commands, VaultRows([PersonRow(known, b"k")], [], [])))
    before = store.count()
    made = batch(event(stream, 1))
    events, commands = list(made.events), list(made.commands)
    match spoil:
        case "event":
            events.append(event(known, 1, kind=Kind.NEED))
        case "command":
            commands.append(earlier.commands[0]._replace(fingerprint=b"other"))
        case "person":
            persons.append(PersonRow(known, b"another key"))
        case _:
            values.append(ValueRow(uuid4().bytes, uuid4(), "f", b"salt", b"sealed"))
    with pytest.raises(Conflict):
        store.append(Append(events, commands, VaultRows(persons, [(stream, person)], values)))
    assert store.count() == before
    assert store.load(stream) == []
    assert store.answer(made.commands[0].id) is None
    count = "SELECT count(*) AS n FROM vault.persons WHERE person = %s"
    assert store.run(lambda connection: connection.execute(count, (person,)).fetchall()) == [{"n": 0}]
    store.append(made)  # the connections are still of use


@pytest.mark.parametrize("of_a_command", [True, False])
@pytest.mark.parametrize("more", [0, 1])
def test_a_version_follows_the_one_before_it(store: PostgresStore, more: int, of_a_command: bool) -> None:
    stream, command = uuid4(), uuid4()
    made = batch(*(event(stream, version, command) for version in range(7, 8 + more)))
    with pytest.raises(Conflict):
        store.append(made if of_a_command else Append(made.events))
    assert store.load(stream) == []
    store.append(Append(events=[event(stream, 1)]))
    assert len(store.append(Append(events=[event(stream, 2)]))) == 1


def test_of_concurrent_writers_to_one_version_one_wins_and_the_others_are_told(store: PostgresStore) -> None:
    stream = uuid4()

    def write(_: int) -> bool:
        try:
            store.append(batch(event(stream, 1)))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1
    assert len(store.load(stream)) == 1


def test_readers_see_what_writers_record_once_and_in_one_order(store: PostgresStore) -> None:
    start = store.head()
    writers, each = 6, 25
    wanted = writers * each
    seen: list[list[int]] = [[], []]

    def read(mine: list[int]) -> None:
        after = start
        while len(mine) < wanted and store.wait(after, 20):
            page = store.read(after, 7)
            mine += [one.position or 0 for one in page]
            after = mine[-1]

    readers = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for reader in readers:
        reader.start()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(lambda _: store.append(batch(event(uuid4(), 1))), range(wanted)))
    for reader in readers:
        reader.join(30)
    stored = [raw.position for raw in store.read_raw(start, 10_000)]
    assert len(stored) == wanted
    assert seen == [stored, stored]


def test_a_lost_acknowledgement_is_not_taken_for_a_conflict(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = writing.write
    calls = []

    def commit_and_lose(*arguments: Any) -> Sequence[int]:
        calls.append(write(*arguments))
        if len(calls) == 1:
            raise psycopg.OperationalError("the connection was lost after the commit")
        return calls[-1]

    monkeypatch.setattr(postgres, "write", commit_and_lose)
    stream = uuid4()
    positions = store.append(batch(event(stream, 1)))
    assert [one.position for one in store.load(stream)] == list(positions)
    calls.clear()
    row = batch(event(stream, 1)).commands[0]._replace(events=())
    assert list(store.append(Append(commands=[row]))) == []


def test_the_same_command_with_other_events_is_a_conflict(store: PostgresStore) -> None:
    stream, command = uuid4(), uuid4()
    made = batch(event(stream, 1, command))
    positions = store.append(made)
    assert store.append(made) == positions
    with pytest.raises(Conflict):
        store.append(batch(event(stream, 1, command, kind=Kind.NEED)))
    with pytest.raises(Conflict):
        store.append(batch(event(stream, 1, command), fingerprint=b"other"))


def test_commands_go_on_after_every_connection_was_cut(migrated: str, store: PostgresStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.head(), range(16)))
    _cut_connections(migrated)
    store.append(batch(event(uuid4(), 1)))


def test_a_follower_wakes_at_once_and_survives_the_loss_of_its_connection(
    migrated: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polling is put off for an hour, so that a wake-up alone can end the wait; it is cut in the middle."""
    monkeypatch.setattr(waker, "POLL", 3600.0)
    head = store.head()
    with ThreadPoolExecutor(1) as pool:
        for cut in (False, True, True):
            waiting = pool.submit(store.wait, head, 60.0)
            first = _until_listening(migrated)
            if cut:
                _cut_connections(migrated)
                assert _until_listening(migrated) != first
            assert not waiting.done()
            head = store.append(batch(event(uuid4(), 1)))[-1]
            assert waiting.result(30) is True


def test_a_writer_that_is_held_up_for_too_long_is_told_so_once(migrated: str) -> None:
    """Three more tries would only wait three times as long."""
    stream = uuid4()
    with PostgresStore(migrated, pool_size=1, lock_timeout=2) as store, psycopg.connect(migrated) as other:
        other.execute("SELECT log.append_event(%s, 1, 'case.screened', '{}')", (stream,))
        began = time.monotonic()
        with pytest.raises(Unavailable):
            store.append(batch(event(stream, 1)))
        assert time.monotonic() - began < 4
        other.rollback()
        store.append(batch(event(stream, 1)))


def test_a_server_that_is_silently_gone_is_noticed(migrated: str) -> None:
    """A cut that nobody tells of can't be made on one machine; so the socket is asked what it would do."""
    with wired(migrated) as (url, _):
        with closing(connect(url, "echowall-test", "reader", psycopg.Connection)) as connection:
            with socket.socket(fileno=os.dup(connection.fileno())) as seen:
                assert seen.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
                assert seen.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
            limit = connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
            assert limit == ("1min",)
        assert "keepalives_idle" not in arguments(f"{url} keepalives_idle=3", "x")


def test_an_unreachable_server_is_told_as_unavailable(migrated: str) -> None:
    with pytest.raises(Unavailable):
        PostgresStore(migrated.replace("host=", "host=%2Fnowhere"), pool_size=1)


@pytest.mark.parametrize("replica", [False, True])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET recorded_at = now()",
        "DELETE FROM {}",
        "TRUNCATE {}",
    ],
)
@pytest.mark.parametrize("table", ["log.events", "log.commands"])
def test_recorded_rows_are_never_changed(
    migrated: str, store: PostgresStore, table: str, statement: str, replica: bool
) -> None:
    store.append(batch(event(uuid4(), 1)))
    change = statement.format(table)
    if table == "log.events":
        change = change.replace("recorded_at = now()", "topic = 'x'")
    with psycopg.connect(migrated) as connection:
        if replica:
            connection.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append_only"):
            connection.execute(change.encode())


def test_a_server_that_could_lose_events_is_refused(migrated: str) -> None:
    with psycopg.connect(migrated, autocommit=True) as connection:
        check_safety(connection)
        connection.execute("SET synchronous_commit = off")
        with pytest.raises(UnsafeServer, match="synchronous_commit"):
            check_safety(connection)
    separator = "&" if "?" in migrated else "?"
    with pytest.raises(UnsafeServer):
        PostgresStore(f"{migrated}{separator}options=-c%20synchronous_commit%3Doff")


def test_a_database_without_tables_says_what_to_run(empty_database: str) -> None:
    with pytest.raises(NotMigrated, match="echowall migrate"):
        PostgresStore(empty_database)


def test_the_log_can_lie_on_cheap_storage_while_work_goes_on(empty_database: str) -> None:
    migrate(empty_database)
    name, stream = f"cheap_{uuid4().hex}", uuid4()
    with PostgresStore(empty_database) as store, psycopg.connect(empty_database, autocommit=True) as owner:
        first = store.append(batch(event(stream, 1)))[-1]
        owner.execute("SET allow_in_place_tablespaces = on")
        owner.execute(f"CREATE TABLESPACE {name} LOCATION ''".encode())
        try:
            owner.execute(f"ALTER TABLE log.events SET TABLESPACE {name}".encode())
            last = store.append(batch(event(stream, 2)))[-1]
            assert [one.position for one in store.load(stream)] == [first, last]
            assert [one.position for one in store.read_raw(0, 10, last)] == [first, last]
            with pytest.raises(Conflict):
                store.append(batch(event(stream, 2)))
        finally:
            owner.execute("ALTER TABLE log.events SET TABLESPACE pg_default")
            owner.execute(f"DROP TABLESPACE {name}".encode())


def test_times_are_kept_to_the_microsecond(store: PostgresStore) -> None:
    stream = uuid4()
    moment = BEGIN + timedelta(microseconds=123_456)
    one = event(stream, 1)
    made = batch(type(one)(stream, 1, one.event, one.actor, one.command, moment))
    store.append(made)
    assert store.load(stream)[0].recorded_at == moment


def _cut_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND application_name LIKE 'echowall%'"
        )


def _until_listening(url: str) -> int:
    """Wait until a follower waits for a wake-up; return its session."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'echowall-follower' AND state = 'idle' AND query LIKE '%log.probe%'"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        while (row := connection.execute(query).fetchone()) is None:
            threading.Event().wait(0.01)
    return int(row[0])
