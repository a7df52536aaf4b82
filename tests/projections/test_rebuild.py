"""A rebuild grows beside the live ledgers and takes their place while readers and the projector go on."""

import threading

import psycopg
import pytest

from engine.errors import Conflict
from engine.store import PostgresStore
from projections import progress, schema
from projections.projector import Projector
from projections.rebuild import compare, rebuild
from projections.reconcile import reconcile
from tests.projections.histories import book, store_log, walk
from tests.projections.test_projector import running

pytestmark = pytest.mark.postgres


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
    assert reconcile(url).findings == ()


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
    assert reconcile(url).sound


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
