"""Whole lives of cases, each step its own flushed transaction, until every ledger has caught up."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

import psycopg
from psycopg.pq import ExecStatus, Format

from bench.harness import NAME, PAYLOAD, Result, Sizes, alternate
from bench.life import STEPS, Issues, live, live_in_library
from bench.place import Place, engine_at, library_env
from bench.processes import together
from bench.runner import runner
from engine import ids
from engine.handle import Engine
from engine.store import PostgresStore
from projections import schema
from projections.projector import Projector

_STATE = PAYLOAD.encode()
_LONGEST = 600.0
_FEWER = 5
"""By how much fewer cases the library lives, since it takes so long; what is compared is a rate."""
_SCHEMA = """
    CREATE TABLE raw_events (
        originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text NOT NULL,
        state bytea NOT NULL, notification_id bigserial, PRIMARY KEY (originator_id, originator_version)
    );
    CREATE UNIQUE INDEX ON raw_events (notification_id);
    CREATE TABLE raw_worklist (case_id uuid PRIMARY KEY, version bigint NOT NULL, stage text NOT NULL)
"""
_PUT = b"""
    WITH put AS (
        INSERT INTO raw_events (originator_id, originator_version, topic, state)
        VALUES ($1::uuid, $2::bigint, $3::text, $4::bytea)
    )
    INSERT INTO raw_worklist VALUES ($1::uuid, $2::bigint, $3::text) ON CONFLICT (case_id) DO UPDATE
    SET version = excluded.version, stage = excluded.stage
"""


def run(where: Place, sizes: Sizes) -> Result:
    """Live the cases with so many clients, spread over as many processes as there are cores."""
    processes = min(sizes.clients, os.cpu_count() or 1)
    with psycopg.connect(where.url) as connection:
        connection.execute(_SCHEMA)
    result = Result("lifecycle", figures={"processes": float(processes), "steps": float(len(STEPS))})
    with engine_at(where) as engine:
        schema.install(where.url)
        work = (where, sizes.clients // processes, sizes.cases // processes)
        with _projector(where, engine) as caught_up:

            def ours() -> float:
                return together(_engine, processes, *work, afterwards=caught_up)

            raw = alternate(ours, lambda: together(_raw, processes, *work), sizes.runs)
            result.take("raw", "cases", "raw_cases", raw)
            fewer = (*work[:2], max(work[1], work[2] // _FEWER))
            with _runner(where) as projected:
                library = alternate(
                    ours,
                    lambda: together(_library, processes, *fewer, afterwards=projected),
                    sizes.runs,
                )
            result.take("library", "cases_beside_library", "library_cases", library)
    return result


@contextmanager
def _projector(where: Place, engine: Engine) -> Iterator[Callable[[], None]]:
    """The projector at work in this process, and a way to wait until it has taken in all there is."""
    stop, reached = Event(), Event()
    position = [0]

    def on_batch(at: int) -> None:
        position[0] = at
        reached.set()

    def caught_up() -> None:
        goal = engine.store.head()
        while position[0] < goal:
            reached.clear()
            if position[0] < goal and not reached.wait(_LONGEST):
                raise TimeoutError("the ledgers did not catch up")

    with PostgresStore(where.url, pool_size=4) as store:
        projector = Projector(
            where.url, store, engine.rules.current, on_batch=lambda progress: on_batch(progress.position)
        )
        thread = Thread(target=projector.run, args=(stop,))
        thread.start()
        try:
            yield caught_up
        finally:
            stop.set()
            thread.join()


@contextmanager
def _runner(where: Place) -> Iterator[Callable[[], None]]:
    """The library's runner at work in this process, and a way to wait until it has taken in all there is."""
    with runner(library_env(where.url, 5)) as running:

        def caught_up() -> None:
            running.wait(running.app.recorder.max_notification_id() or 0, timeout=_LONGEST)

        yield caught_up


def _in_threads(steps: list[Iterator[None]], cases: int) -> int:
    """Let each thread live its share of the cases; return how many were lived."""
    each = cases // len(steps)
    faults: list[BaseException] = []

    def run(one: Iterator[None]) -> None:
        try:
            for _ in range(each * len(STEPS)):
                next(one)
        except BaseException as fault:
            faults.append(fault)

    threads = [Thread(target=run, args=(one,)) for one in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return each * len(steps)


@contextmanager
def _engine(number: int, where: Place, threads: int, cases: int) -> Iterator[Callable[[], int]]:
    with closing(Engine.open(where.settings(threads))) as engine:
        yield _warm([live(engine) for _ in range(threads)], cases)


@contextmanager
def _library(number: int, where: Place, threads: int, cases: int) -> Iterator[Callable[[], int]]:
    # The runner has made the tables; two processes that make them at one moment hinder each other.
    with closing(Issues({**library_env(where.url, threads), "CREATE_TABLE": "no"})) as app:
        yield _warm([live_in_library(app) for _ in range(threads)], cases)


@contextmanager
def _raw(number: int, where: Place, threads: int, cases: int) -> Iterator[Callable[[], int]]:
    connections = [psycopg.connect(where.url, autocommit=True) for _ in range(threads)]
    try:
        yield _warm([_live_raw(connection) for connection in connections], cases)
    finally:
        for connection in connections:
            connection.close()


def _live_raw(connection: psycopg.Connection[object]) -> Iterator[None]:
    link = connection.pgconn
    link.prepare(b"put", _PUT)
    while True:
        case = ids.new().bytes
        for version in range(1, len(STEPS) + 1):
            values = (case, version.to_bytes(8, "big"), NAME.encode(), _STATE)
            result = link.exec_prepared(b"put", values, [Format.BINARY] * 4, Format.BINARY)
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.DatabaseError(result.error_message.decode())
            yield


def _warm(steps: list[Iterator[None]], cases: int) -> Callable[[], int]:
    """Live one case in each thread before the clock runs, so that nothing is connected or prepared by it."""
    _in_threads(steps, len(steps))
    return lambda: _in_threads(steps, cases)
