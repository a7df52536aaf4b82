"""A rebuild grows beside the live ledgers and takes their place while readers and the projector go on."""

import threading
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from engine.codec import encode
from engine.errors import Conflict
from engine.store import PostgresStore
from projections import progress, schema
from projections import rebuild as rebuilding
from projections.projector import Projector
from projections.rebuild import compare, rebuild
from projections.reconcile import reconcile
from tests.projections.histories import book, store_log, walk
from tests.projections.test_projector import running

pytestmark = pytest.mark.postgres
APPEND = "INSERT INTO log.events (originator_id, originator_version, topic, state) VALUES (%s, 1, %s, %s)"


def test_a_rebuild_switches_while_readers_read_and_the_projector_projects(
    url: str, store: PostgresStore
) -> None:
    log = walk(21, cases=20, steps=400)
    half = len(log) // 2
    store_log(url, log[:half])
    Projector(url, store, book).catch_up()
    done, seen, faults = threading.Event(), [], []

    def read() -> None:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                while not done.is_set():
                    seen.append(progress.position(connection))
        except psycopg.Error as error:
            faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with running(url, store, batch=5):
            last = store_log(url, log[half:])
            rebuilt = rebuild(url, store, book)
            with psycopg.connect(url, autocommit=True) as connection:
                assert progress.wait_for(connection, last, 30)
    finally:
        done.set()
        reader.join(20)
    assert faults == []
    assert seen == sorted(seen)
    assert rebuilt.events == len(log)
    found = compare(url, store, book)
    assert found.equal, found.difference
    assert reconcile(url, book()).findings == ()


def test_a_rebuild_ends_although_a_writer_never_does(url: str, store: PostgresStore) -> None:
    log = walk(21, cases=20, steps=400)
    store_log(url, log)
    Projector(url, store, book).catch_up()
    done, written = threading.Event(), threading.Event()
    first = next(one for one in log if one.name == "case.collected")

    def write() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not done.is_set():
                case = uuid4()
                row = replace(first, stream=case, event=first.event.model_copy(update={"case": case}))
                connection.execute(APPEND, (case, row.name, encode(row)))
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with running(url, store):
            assert written.wait(20)
            rebuild(url, store, book)
    finally:
        done.set()
        writer.join(20)
    Projector(url, store, book).catch_up()
    found = compare(url, store, book)
    assert found.equal, found.difference


def test_readers_of_the_log_do_not_wait_for_the_comparison(
    url: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor for the last step of a rebuild: while both stand still, nothing of theirs is in flight."""
    store_log(url, walk(22))
    Projector(url, store, book).catch_up()
    compared = rebuilding.difference
    behind = []

    def look(*given: object) -> str | None:
        behind.append((store.figures().behind, schema_is_free(url)))
        return compared(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rebuilding, "difference", look)
    assert compare(url, store, book).equal
    assert behind == [(0, True)]


def schema_is_free(url: str) -> bool:
    with schema.connect(url) as connection, connection.transaction():
        query = "SELECT pg_try_advisory_xact_lock(2, hashtext('ledger'))"
        return bool(connection.execute(query).fetchall()[0][0])


def test_indexes_are_made_without_holding_readers_back_and_may_be_stopped(
    url: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_log(url, walk(26))
    schema.install(url)
    finish = schema.finish_indexes

    def stop(connection: schema.Connection, name: str) -> None:
        with pytest.raises(psycopg.errors.ActiveSqlTransaction), connection.transaction():
            finish(connection, name)
        with connection.transaction():
            # What was made before the stop is there, and still on the list.
            query = "SELECT definition FROM ledger_next.postponed ORDER BY name LIMIT 1"
            connection.execute(connection.execute(query).fetchall()[0][0])
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "finish_indexes", stop)
    with pytest.raises(KeyboardInterrupt):
        rebuild(url, store, book)
    monkeypatch.setattr(schema, "finish_indexes", finish)
    told: list[int] = []
    rebuilt = rebuild(url, store, book, resume=True, on_progress=lambda batch: told.append(batch.events))
    assert rebuilt.events == 0
    assert sum(told) == store.count(), "a resumed rebuild begins where it was stopped"
    with schema.connect(url) as connection:
        query = (
            "SELECT count(*) FILTER (WHERE NOT indisvalid), count(*) FROM pg_index"
            " JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = to_regnamespace(%s)"
        )
        (rebuilt_,) = connection.execute(query, ("ledger",)).fetchall()
        with connection.transaction(force_rollback=True):
            schema.create(connection, "fresh")
            (fresh,) = connection.execute(query, ("fresh",)).fetchall()
    assert rebuilt_ == fresh


def test_a_rebuild_mends_what_was_changed_by_hand(url: str, store: PostgresStore) -> None:
    store_log(url, walk(22))
    Projector(url, store, book).catch_up()
    with schema.connect(url) as connection:
        connection.execute("UPDATE ledger.worklist SET stage = 'closed' WHERE stage <> 'closed'")
    found = compare(url, store, book)
    assert not found.equal
    assert (found.difference or "").startswith("worklist: only in ledger")
    rebuild(url, store, book)
    assert compare(url, store, book).equal


def test_a_rebuild_replaces_ledgers_of_another_shape(url: str, store: PostgresStore) -> None:
    store_log(url, walk(23))
    schema.install(url)
    with schema.connect(url) as connection:
        connection.execute("UPDATE ledger.progress SET shape = 'of yesterday'")
    rebuild(url, store, book)
    assert not schema.install(url)
    assert reconcile(url, book()).sound


def test_a_stopped_rebuild_is_taken_up_where_it_ended(url: str, store: PostgresStore) -> None:
    log = walk(24)
    store_log(url, log[:40])
    schema.install(url)

    class Stopped(Exception):
        pass

    def stop(_: object) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        rebuild(url, store, book, on_progress=stop)
    store_log(url, log[40:])
    assert rebuild(url, store, book, resume=True).events == len(log) - 40
    assert compare(url, store, book).equal


def test_two_rebuilds_at_once_are_refused(url: str, store: PostgresStore) -> None:
    with schema.connect(url) as connection:
        assert schema.alone(connection, schema.NEXT)
        with pytest.raises(Conflict):
            rebuild(url, store, book)
