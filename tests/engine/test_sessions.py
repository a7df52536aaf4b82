"""Connections at hand: nobody waits for one that lies there, and none comes back broken."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from engine.errors import Unavailable
from engine.migrate import migrate
from engine.store.datastore import Session, Sessions
from engine.store.prepared import call

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
