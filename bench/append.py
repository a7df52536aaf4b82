"""One-event appends, each flushed: the store beside a raw INSERT and the library's own recorder."""

from contextlib import closing
from typing import Any

import psycopg
from eventsourcing.persistence import InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment
from psycopg.pq import ExecStatus, Format

from bench.harness import NAME, PAYLOAD, Result, Sizes, alternate, rate
from bench.place import Place, library_env
from engine import ids
from engine.migrate import migrate
from engine.store import Append, PostgresStore
from engine.store.write import Row, write

_STATE = PAYLOAD.encode()
_SCHEMA = """
    CREATE TABLE raw_events (
        originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text NOT NULL,
        state bytea NOT NULL, notification_id bigserial, PRIMARY KEY (originator_id, originator_version)
    );
    CREATE UNIQUE INDEX ON raw_events (notification_id)
"""
_INSERT = b"""
    INSERT INTO raw_events (originator_id, originator_version, topic, state)
    VALUES ($1::uuid, $2::bigint, $3::text, $4::bytea) RETURNING notification_id
"""
_ONE = (1).to_bytes(8, "big")


class Raw:
    """A prepared INSERT through libpq itself, as the store's own statements go; a connection a writer."""

    def __init__(self, url: str, writers: int) -> None:
        self._connections = [psycopg.connect(url, autocommit=True) for _ in range(writers)]
        for connection in self._connections:
            connection.pgconn.prepare(b"put", _INSERT)

    def put(self, writer: int) -> None:
        """Insert one event."""
        link = self._connections[writer].pgconn
        values = (ids.new().bytes, _ONE, NAME.encode(), _STATE)
        result = link.exec_prepared(b"put", values, [Format.BINARY] * 4, Format.BINARY)
        if result.status != ExecStatus.TUPLES_OK:
            raise psycopg.DatabaseError(result.error_message.decode())

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()


def run(where: Place, sizes: Sizes) -> Result:
    """Measure at 1, 4, 16 and 64 writers; the ratios are taken at 16."""
    migrate(where.url)
    with psycopg.connect(where.url) as connection:
        connection.execute(_SCHEMA)
    result = Result("append")
    for writers in (1, 4, 16, 64):
        with closing(Raw(where.url, writers)) as raw, PostgresStore(where.url, pool_size=writers) as store:

            def ours(writer: int, store: PostgresStore = store) -> None:
                row = Row(ids.new(), 1, NAME, _STATE)
                store.run(lambda session: write(session, [row], Append()))
                store.bell.ring()

            duel = alternate(
                lambda ours=ours, n=writers: rate(ours, n, sizes.seconds),  # type: ignore[misc]
                lambda raw=raw, n=writers: rate(raw.put, n, sizes.seconds),  # type: ignore[misc]
                sizes.runs,
            )
            result.take(f"raw_{writers}", f"store_{writers}", f"insert_{writers}", duel)
            if writers == 16:
                _library(result, where, sizes, ours)
    return result


def _library(result: Result, where: Place, sizes: Sizes, ours: Any) -> None:
    factory = InfrastructureFactory[Any].construct(Environment("bench", library_env(where.url, 16)))
    with closing(factory):
        recorder = factory.application_recorder()

        def theirs(writer: int) -> None:
            recorder.insert_events([StoredEvent(ids.new(), 1, NAME, _STATE)])

        duel = alternate(
            lambda: rate(ours, 16, sizes.seconds), lambda: rate(theirs, 16, sizes.seconds), sizes.runs
        )
    result.take("library_16", "store_16_beside_recorder", "recorder_16", duel)
