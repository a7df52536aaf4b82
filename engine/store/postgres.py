"""The store on PostgreSQL: the library's recorder for writing, plain statements for reading."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from psycopg.rows import tuple_row
from psycopg_pool import PoolTimeout

from engine.codec import Raw, decode, decode_raw, encode
from engine.envelope import Recorded
from engine.errors import Conflict, Unavailable
from engine.store.datastore import check_migrated, check_safety, datastore
from engine.store.recorder import LogRecorder
from engine.store.seam import Answered, Append
from engine.store.waker import Waker

T = TypeVar("T")
_PAUSES: Final = (0.0, 0.1, 0.5)
"""Seconds before each attempt; a restarted server is back within them or the caller is told."""
_LOST: Final = (OperationalError, InterfaceError)

_COLUMNS = "originator_id, originator_version, topic, state, notification_id"
_LOAD = f"SELECT {_COLUMNS} FROM log.events WHERE originator_id = %b ORDER BY originator_version"
_LOAD_MANY = f"""
SELECT {_COLUMNS} FROM log.events
WHERE originator_id = ANY(%b::uuid[]) AND (%b::bigint IS NULL OR notification_id <= %b::bigint)
ORDER BY originator_id, originator_version"""
_READ = """
SELECT notification_id, originator_id, originator_version, topic, state FROM log.events
WHERE notification_id > %b ORDER BY notification_id LIMIT %b"""
_CASES = """
SELECT originator_id FROM log.events WHERE originator_version = 1 AND topic = 'case.collected'
ORDER BY notification_id"""
_HEAD = "SELECT coalesce(max(notification_id), 0) FROM log.events"
_COUNT = "SELECT count(*) FROM log.events"
_VERSION = "SELECT coalesce(max(originator_version), 0) FROM log.events WHERE originator_id = %b"
_ANSWERS = """
SELECT c.command_id, c.fingerprint, c.stream, c.version, c.events, coalesce(e.notification_id, 0)
FROM log.commands c
LEFT JOIN log.events e ON e.originator_id = c.last_stream AND e.originator_version = c.last_version
WHERE c.command_id = ANY(%b::uuid[])"""
_STORED = """
SELECT e.notification_id, e.state
FROM unnest(%b::uuid[], %b::bigint[]) WITH ORDINALITY AS wanted (stream, version, place)
JOIN log.events e ON e.originator_id = wanted.stream AND e.originator_version = wanted.version
ORDER BY wanted.place"""


class PostgresStore:
    """An event store in PostgreSQL; see engine.store.seam.Store for what each method promises.

    Args:
        url: Connection string of a migrated database.
        pool_size: Most connections kept for commands and reads; each waiting follower has one more.
        lock_timeout: Seconds that a writer waits for the one before it.
    """

    def __init__(self, url: str, *, pool_size: int = 8, lock_timeout: int = 5) -> None:
        self._url = url
        self._datastore = datastore(url, pool_size=pool_size, lock_timeout=lock_timeout)
        self._wakers: list[Waker] = []
        self._local = threading.local()
        try:
            self.run(check_safety)
            self.run(check_migrated)
            self._recorder = LogRecorder(self._datastore)
        except BaseException:
            self._datastore.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back every connection; followers must have ended before."""
        while self._wakers:
            self._wakers.pop().close()
        self._datastore.close()

    def run(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Run work that may be repeated on a connection, again when the connection was lost.

        Raises:
            Unavailable: unavailable.
        """
        return self._attempt(lambda: self._once(work))

    def append(self, batch: Append) -> Sequence[int]:
        """See the seam. The same bytes found at the same versions mean that an acknowledgement was lost."""
        stored = [StoredEvent(one.stream, one.version, one.name, encode(one)) for one in batch.events]
        try:
            return self._attempt(lambda: self._recorder.write(stored, batch))
        except IntegrityError as error:
            positions = self._recorded_before(stored, batch)
            if positions is None:
                raise Conflict(
                    "The case has moved on, or the command id is known; read again and decide."
                ) from error
            return positions

    def load(self, stream: UUID) -> Sequence[Recorded]:
        """See the seam."""
        return [decode(*row) for row in self._rows(_LOAD, (stream,))]

    def load_many(
        self, streams: Iterable[UUID], up_to_position: int | None = None
    ) -> dict[UUID, list[Recorded]]:
        """See the seam."""
        found: dict[UUID, list[Recorded]] = {}
        wanted = list(streams)
        for row in self._rows(_LOAD_MANY, (wanted, up_to_position, up_to_position)) if wanted else []:
            found.setdefault(row[0], []).append(decode(*row))
        return found

    def cases(self) -> Sequence[UUID]:
        """See the seam."""
        return [row[0] for row in self._rows(_CASES, ())]

    def version(self, stream: UUID) -> int:
        """See the seam."""
        return self._number(_VERSION, (stream,))

    def read(self, after: int, limit: int) -> Sequence[Recorded]:
        """See the seam."""
        return [decode_raw(raw) for raw in self.read_raw(after, limit)]

    def read_raw(self, after: int, limit: int) -> Sequence[Raw]:
        """See the seam."""
        return [Raw(*row) for row in self._rows(_READ, (after, limit))]

    def head(self) -> int:
        """See the seam."""
        return self._number(_HEAD, ())

    def count(self) -> int:
        """See the seam."""
        return self._number(_COUNT, ())

    def answer(self, command: UUID) -> Answered | None:
        """See the seam."""
        return self.answers((command,)).get(command)

    def answers(self, commands: Iterable[UUID]) -> dict[UUID, Answered]:
        """See the seam."""
        wanted = list(commands)
        rows = self._rows(_ANSWERS, (wanted,)) if wanted else []
        return {row[0]: Answered(row[0], row[1], row[2], row[3], tuple(row[4]), row[5]) for row in rows}

    def wait(self, after: int, timeout: float) -> bool:
        """See the seam. A server out of reach counts as silence, so that followers outlive its restarts."""
        waker: Waker | None = getattr(self._local, "waker", None)
        if waker is None:
            waker = self._local.waker = Waker(self._url)
            self._wakers.append(waker)

        def reached() -> bool:
            try:
                rows = self._once(lambda connection: _fetch(connection, _HEAD, ()))
            except PersistenceError:
                return False
            return int(rows[0][0]) > after

        return waker.wait(reached, timeout)

    def _recorded_before(self, stored: Sequence[StoredEvent], batch: Append) -> Sequence[int] | None:
        """Return the positions of a batch that is recorded already, byte for byte; None when it is not."""
        known = self.answers(row.id for row in batch.commands)
        if any(row.id not in known or known[row.id].fingerprint != row.fingerprint for row in batch.commands):
            return None
        keys = ([one.originator_id for one in stored], [one.originator_version for one in stored])
        found = self._rows(_STORED, keys)
        same = [row[1] for row in found] == [one.state for one in stored]
        return [row[0] for row in found] if same and (stored or batch.commands) else None

    def _rows(self, statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self.run(lambda connection: _fetch(connection, statement, params))

    def _number(self, statement: str, params: Sequence[Any]) -> int:
        return int(self._rows(statement, params)[0][0])

    def _once(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        with self._datastore.get_connection() as connection:
            return work(connection)

    def _attempt(self, work: Callable[[], T]) -> T:
        lost: Exception | None = None
        for pause in _PAUSES:
            if lost is not None:
                time.sleep(pause)
                self._datastore.pool.check()  # a restarted server leaves dead connections behind
            try:
                return work()
            except _LOST as error:
                lost = error
                if isinstance(error.__cause__, PoolTimeout):
                    break  # the caller has waited long enough for a connection
        raise Unavailable(f"PostgreSQL did not answer: {lost}") from lost


def _fetch(
    connection: psycopg.Connection[Any], statement: str, params: Sequence[Any]
) -> list[tuple[Any, ...]]:
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        return cursor.execute(statement.encode(), params, prepare=True).fetchall()
