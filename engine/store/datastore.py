"""From a connection string to a pool of narrow connections, with limits so that nothing waits for ever."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.rows import dict_row, tuple_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from engine.errors import NotMigrated, Unavailable, UnsafeServer
from engine.store.horizon import Horizon
from engine.store.link import arguments, settle

T = TypeVar("T")
_READS_ONLY: Final = psycopg.errors.ReadOnlySqlTransaction
"""What a server says to a writer that another has taken over from."""
LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError, _READS_ONLY)
"""What a connection raises that ended, or a server that went away or may not write any more."""
_PAUSES: Final = (0.0, 0.1, 0.5)
"""Seconds before each attempt; a restarted server is back within them or the caller is told."""
_HELD: Final = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
"""What the server says after a wait that was long enough: a repeat would only wait as long again."""


class Session(psycopg.Connection[Any]):
    """A connection with what it knows of the horizon, which must not outlive it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.horizon = Horizon()


class Sessions:
    """A pool of autocommitting connections in the writer's role.

    Args:
        url: Connection string of any form that libpq takes, sockets by `?host=` included.
        size: Most connections.
        lock_timeout: Seconds that a writer waits for another one's row; the server's default is for ever.
        connect_timeout: Seconds to wait for a connection.
    """

    def __init__(self, url: str, *, size: int, lock_timeout: int, connect_timeout: float = 3.0) -> None:
        application = conninfo_to_dict(url).get("application_name", "echowall")
        self._lock_timeout = lock_timeout
        self._at_hand: deque[Session] = deque()
        self._waiting: list[None] = []
        self.pool: ConnectionPool[Session] = ConnectionPool(
            url,
            connection_class=Session,
            kwargs={**arguments(url, str(application)), "row_factory": dict_row},
            configure=self._configure,
            min_size=1,
            max_size=size,
            timeout=connect_timeout,
            # The pause before it connects again doubles up to this; by default a server that was away for
            # minutes would be missed for minutes more.
            reconnect_timeout=connect_timeout,
            open=True,
        )

    def close(self) -> None:
        """Give back every connection."""
        self._return_all()
        self.pool.close()

    def once(self, work: Callable[[Session], T]) -> T:
        """Run work on a connection."""
        session = self._take()
        try:
            return work(session)
        except _READS_ONLY:
            session.close()  # the address may lead to another server by now
            raise
        finally:
            self._give(session)

    def _take(self) -> Session:
        """Return a connection at hand, or one of the pool, whose own way costs some fifty times as much."""
        try:
            return self._at_hand.pop()
        except IndexError:
            pass
        self._waiting.append(None)
        try:
            with suppress(IndexError):
                return self._at_hand.pop()
            return self.pool.getconn()
        finally:
            self._waiting.pop()

    def _give(self, session: Session) -> None:
        """Keep a sound connection at hand, unless somebody waits for one at the pool.

        Who waits says so before their last look at what is at hand, and this looks for them after it has put
        the connection there: so one of the two sees the other.
        """
        link = session.pgconn
        if link.status != ConnStatus.OK or link.transaction_status != TransactionStatus.IDLE:
            self.pool.putconn(session)
            return
        self._at_hand.append(session)
        if self._waiting:
            self._return_all()

    def _return_all(self) -> None:
        with suppress(IndexError):
            while True:
                self.pool.putconn(self._at_hand.pop())

    def run(self, work: Callable[[Session], T]) -> T:
        """Run work that may be repeated, again when the connection was lost.

        Raises:
            Unavailable: unavailable; at once where another writer has held what is needed for too long.
        """
        lost: Exception | None = None
        for pause in _PAUSES:
            if lost is not None:
                time.sleep(pause)
                self._return_all()
                self.pool.check()  # a restarted server leaves dead connections behind
            try:
                return self.once(work)
            except LOST as error:
                lost = error
                if isinstance(error, (PoolTimeout, PoolClosed, *_HELD)):
                    break  # the caller has waited long enough
        raise Unavailable(f"PostgreSQL did not answer: {lost}") from lost

    def _configure(self, session: Session) -> None:
        settle(session, "writer", lock_timeout=self._lock_timeout)


def check_safety(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server that could lose what it acknowledged.

    Raises:
        UnsafeServer: unsafe_server, naming each setting to correct.
    """
    names = ["fsync", "synchronous_commit", "full_page_writes"]
    query = "SELECT name FROM pg_settings WHERE setting = 'off' AND name = ANY(%s) ORDER BY name"
    with connection.cursor(row_factory=tuple_row) as cursor:
        off = [name for (name,) in cursor.execute(query, (names,)).fetchall()]
    if off:
        raise UnsafeServer(
            f"The server runs with {', '.join(off)} off and could lose events; set each of them on."
        )


def check_migrated(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database that has no log yet, or one without the append functions.

    Raises:
        NotMigrated: not_migrated.
    """
    query = "SELECT count(*) FROM pg_proc WHERE pronamespace = to_regnamespace('log') AND proname = 'append'"
    with connection.cursor(row_factory=tuple_row) as cursor:
        if cursor.execute(query).fetchone() == (0,):
            raise NotMigrated("The database has no event log of this release; run `echowall migrate`.")
