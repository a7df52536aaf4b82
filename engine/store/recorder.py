"""The store under the interface of the eventsourcing library, for its applications and its own test cases.

It differs from the library's recorder in PostgreSQL in what it does without: no table lock and no NOTIFY in
the transaction. Positions of two transactions may therefore interleave; within one they rise in the order
given.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Subscription,
)

from engine.errors import Unavailable
from engine.store.arrays import texts
from engine.store.datastore import Session
from engine.store.postgres import PATIENCE, PostgresStore
from engine.store.prepared import call
from engine.store.seam import Append
from engine.store.write import Row, write

_LAST: Final = 2**63 - 1
_PAGE: Final = 500


class LogAggregateRecorder(AggregateRecorder):
    """Streams without positions. Not for the library's snapshots: a version must follow the one before it."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Record events in one transaction.

        Raises:
            IntegrityError: A version is taken. OperationalError: the server is away.
        """
        self._insert(stored_events, **kwargs)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the events of a stream."""
        params = (_uuid(originator_id), -1 if gt is None else gt, _LAST if lte is None else lte, limit)
        name = "select_events_desc" if desc else "select_events"
        with _translated():
            rows = self.store.run(lambda session: call(session, name, params))
        return [StoredEvent(*row) for row in rows]

    def _insert(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        if kwargs:
            raise ProgrammingError(f"This recorder records events and nothing else, not {', '.join(kwargs)}.")
        rows = [
            Row(_uuid(one.originator_id), one.originator_version, one.topic, one.state)
            for one in stored_events
        ]
        if not rows:
            return []
        with _translated():
            positions = self.store.run(lambda session: write(session, rows, Append()))
        self.store.bell.ring()
        return positions


class LogRecorder(LogAggregateRecorder, ApplicationRecorder):
    """The log, followed behind the horizon."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Record events in one transaction; return their positions. Raises: as LogAggregateRecorder does."""
        return self._insert(stored_events, **kwargs)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return what is final of the log from a position on, held back while one below may still appear."""
        after = (start or 0) - (1 if inclusive_of_start and start else 0)

        def work(session: Session) -> list[tuple[Any, ...]]:
            # Both on one connection: a horizon must not outlive the server that it was read from.
            if session.horizon.final - after < limit:
                session.horizon.reach(session, after, PATIENCE)
            upto = session.horizon.final if stop is None else min(stop, session.horizon.final)
            return _select(session, after, upto, limit, topics)

        with _translated():
            return _notifications(self.store.run(work))

    def select_final(
        self, after: int, upto: int, limit: int, topics: Sequence[str] = ()
    ) -> Sequence[Notification]:
        """Return what stands beyond a position up to one that is final: so it is for every connection."""
        with _translated():
            return _notifications(
                self.store.run(lambda session: _select(session, after, upto, limit, topics))
            )

    def max_notification_id(self) -> int | None:
        """Return the newest position that is final; None when nothing is recorded."""
        with _translated():
            return self.store.horizon() or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "LogSubscription":
        """Follow the log from a position on."""
        return LogSubscription(self, gt, topics)


class LogSubscription(Subscription[LogRecorder]):
    """Waits for the log to grow; survives the loss of its connections, and of a wake-up."""

    def __init__(self, recorder: LogRecorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder, gt, topics)
        self._page: Iterator[Notification] = iter(())
        self._read = gt or 0
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the iteration, from any thread; a waiting one notices within a second."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        """Return the next notification, waiting for it."""
        while not self._stopped.is_set():
            for notification in self._page:
                self._last_notification_id = self._read = notification.id
                return notification
            self._turn()
        raise StopIteration

    def _turn(self) -> None:
        recorder = self._recorder
        if not recorder.store.wait(self._read, 1.0):
            return
        upto = recorder.store.horizon()
        page = recorder.select_final(self._read, upto, _PAGE, self._topics)
        self._page = iter(page)
        if not page:
            self._read = max(self._read, upto)  # others' topics all the way


def _select(
    session: Session, after: int, upto: int, limit: int, topics: Sequence[str]
) -> list[tuple[Any, ...]]:
    wanted = texts(topics)
    return call(session, "select_notifications", (after, upto, wanted, wanted, limit))


def _notifications(rows: Sequence[tuple[Any, ...]]) -> Sequence[Notification]:
    return [
        Notification(id=id_, originator_id=stream, originator_version=version, topic=topic, state=state)
        for id_, stream, version, topic, state in rows
    ]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.IntegrityError as error:
        raise IntegrityError(error) from error
    except Unavailable as error:
        raise OperationalError(error) from error


def _uuid(given: UUID | str) -> UUID:
    return given if isinstance(given, UUID) else UUID(given)
