"""Connections at hand: nobody waits for one that lies there, and none comes back broken."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from engine.errors import Unavailable
from engine.migrate import migrate
from engine.store import PostgresStore
from engine.store.datastore import Session, Sessions
from engine.store.prepared import call
from tests.engine.support import batch, event

pytestmark = pytest.mark.postgres


@pytest.fixture
def sessions(empty_database: str) -> Sessions:
    migrate(empty_database)
    return Sessions(empty_database, size=2, lock_timeout=5, connect_timeout=20.0)


def pid(session: Session) -> int:
    call(session, "count", ())
    return session.pgconn.backend_pid


def test_many_threads_share_two_connections_and_each_gets_one(sessions: Sessions) -> None:
    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda _: sessions.once(pid), range(3_000)))
    assert 1 <= len(set(seen)) <= 2
    sessions.close()


def test_a_connection_that_is_left_in_a_transaction_or_lost_is_not_kept(
    sessions: Sessions, empty_database: str
) -> None:
    def begin(session: Session) -> int:
        session.execute("BEGIN")
        return session.pgconn.backend_pid

    def lost(session: Session) -> int:
        with psycopg.connect(empty_database, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (session.pgconn.backend_pid,))
        return pid(session)

    sessions.once(begin)
    assert sessions.once(lambda session: session.info.transaction_status.name) == "IDLE"
    with pytest.raises(psycopg.OperationalError):
        sessions.once(lost)
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: sessions.run(pid), range(400)))) == 400
    sessions.close()
    with pytest.raises(Unavailable):
        sessions.run(pid)


def test_a_server_that_only_reads_is_unavailable_until_another_is_found(empty_database: str) -> None:
    """As a primary does that another has taken over from."""
    migrate(empty_database)

    def only_reads(setting: str) -> None:
        with psycopg.connect(empty_database, options="-c default_transaction_read_only=off") as connection:
            name = sql.Identifier(connection.info.dbname)
            connection.execute(
                sql.SQL("ALTER DATABASE {} " + setting + " default_transaction_read_only").format(name)
                + sql.SQL(" = on" if setting == "SET" else "")
            )

    only_reads("SET")
    with PostgresStore(empty_database, pool_size=2) as store:
        made = batch(event(uuid4(), 1))
        with pytest.raises(Unavailable):
            store.append(made)
        only_reads("RESET")
        store.append(made)
