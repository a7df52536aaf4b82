"""The store on PostgreSQL: one function call to write, plain statements behind the horizon to read."""

import threading
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import psycopg

from engine.codec import Raw, decode, decode_raw, encode
from engine.envelope import Recorded
from engine.errors import Conflict
from engine.store.arrays import bigints, uuids
from engine.store.bell import Bell
from engine.store.datastore import Session, Sessions, check_migrated, check_safety
from engine.store.horizon import Figures, figures
from engine.store.prepared import call
from engine.store.seam import Answered, Append, CommandRow, Loaded, PersonRow
from engine.store.waker import Waker
from engine.store.write import Row, write

T = TypeVar("T")
PATIENCE: Final = 5.0
"""Longest time in seconds for which a reader with nothing to read waits for writers in flight."""
_LAST: Final = 2**63 - 1


class PostgresStore:
    """An event store in PostgreSQL; see engine.store.seam.Store for what each method promises.

    Args:
        url: Connection string of a migrated database.
        pool_size: Most connections kept for commands and reads; each waiting follower has one more, and one
            more sends wake-ups.
        lock_timeout: Seconds that a writer waits for another one that writes the same version.

    Raises:
        UnsafeServer, NotMigrated, Unavailable: What is wrong with the server.
    """

    def __init__(self, url: str, *, pool_size: int = 8, lock_timeout: int = 5) -> None:
        self._url = url
        self.sessions = Sessions(url, size=pool_size, lock_timeout=lock_timeout)
        self.bell = Bell(url)
        self._wakers: list[Waker] = []
        self._local = threading.local()
        try:
            self.run(check_safety)
            self.run(check_migrated)
        except BaseException:
            self.sessions.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back every connection; followers must have ended before."""
        self.bell.close()
        while self._wakers:
            self._wakers.pop().close()
        self.sessions.close()

    def run(self, work: Callable[[Session], T]) -> T:
        """Run work that may be repeated on a connection, again when the connection was lost.

        Raises:
            Unavailable: unavailable.
        """
        return self.sessions.run(work)

    def append(self, batch: Append) -> Sequence[int]:
        """See the seam. The same bytes found at the same versions mean that an acknowledgement was lost."""
        rows = [Row(one.stream, one.version, one.name, encode(one)) for one in batch.events]
        try:
            positions = self.run(lambda session: write(session, rows, batch))
        except psycopg.IntegrityError as error:
            before = self._recorded_before(rows, batch)
            if before is None:
                raise Conflict(
                    "The case has moved on, or the command id is known; read again and decide."
                ) from error
            positions = before
        self.bell.ring()
        return positions

    def load(self, stream: UUID) -> Sequence[Recorded]:
        """See the seam."""
        return [decode(*row) for row in self._rows("load", (stream,))]

    def load_owned(self, stream: UUID) -> Loaded:
        """See the seam."""
        rows = self._rows("load_owned", (stream, stream))
        owner = PersonRow(rows[0][0], rows[0][3]) if rows and rows[0][1] == 0 else None
        return Loaded([decode(*row) for row in (rows if owner is None else rows[1:])], owner)

    def load_many(
        self, streams: Iterable[UUID], up_to_position: int | None = None
    ) -> dict[UUID, list[Recorded]]:
        """See the seam."""
        found: dict[UUID, list[Recorded]] = {}
        wanted = list(streams)
        params = (uuids(wanted), up_to_position, up_to_position)
        for row in self._rows("load_many", params) if wanted else []:
            found.setdefault(row[0], []).append(decode(*row))
        return found

    def cases(self) -> Sequence[UUID]:
        """See the seam."""
        return [row[0] for row in self._rows("cases", ())]

    def versions(self, streams: Sequence[UUID]) -> Sequence[int]:
        """See the seam."""
        return [row[0] for row in self._rows("versions", (uuids(list(streams)),))]

    def read(self, after: int, limit: int) -> Sequence[Recorded]:
        """See the seam."""
        return [decode_raw(raw) for raw in self.read_raw(after, limit)]

    def read_raw(self, after: int, limit: int, upto: int | None = None) -> Sequence[Raw]:
        """See the seam."""
        if upto is not None:
            return [Raw(*row) for row in self._rows("read", (after, upto, limit))]
        return self.run(lambda session: [Raw(*row) for row in read_final(session, after, limit)])

    def head(self) -> int:
        """See the seam."""
        return self._number("newest", (_LAST,))

    def horizon(self) -> int:
        """See the seam."""

        def work(session: Session) -> int:
            session.horizon.catch_up(session, PATIENCE)
            return int(call(session, "newest", (session.horizon.final,))[0][0])

        return self.run(work)

    def figures(self) -> Figures:
        """Return how far readers may read, and which transaction holds them back, if any does.

        Raises:
            Unavailable: unavailable.
        """
        return self.run(lambda session: figures(session, session.horizon))

    def count(self) -> int:
        """See the seam."""
        return self._number("count", ())

    def answer(self, command: UUID) -> Answered | None:
        """See the seam."""
        return self.answers((command,)).get(command)

    def answers(self, commands: Iterable[UUID]) -> dict[UUID, Answered]:
        """See the seam."""
        wanted = list(commands)
        rows = self._rows("answers", (uuids(wanted),)) if wanted else []
        return {row[0]: Answered(row[0], row[1], row[2], row[3], tuple(row[4]), row[5]) for row in rows}

    def wait(self, after: int, timeout: float) -> bool:
        """See the seam. A server out of reach counts as silence, so that followers outlive its restarts."""
        waker: Waker | None = getattr(self._local, "waker", None)
        if waker is None:
            waker = self._local.waker = Waker(self._url)
            self._wakers.append(waker)
        return waker.wait(after, timeout)

    def _recorded_before(self, rows: Sequence[Row], batch: Append) -> Sequence[int] | None:
        """Return the positions of a batch that is recorded already, byte for byte; None when it is not."""
        known = self.answers(row.id for row in batch.commands)
        if any(row.id not in known or not _same(known[row.id], row) for row in batch.commands):
            return None
        found = self._rows(
            "stored", (uuids([row.stream for row in rows]), bigints([row.version for row in rows]))
        )
        same = [row[1] for row in found] == [row.state for row in rows]
        return [row[0] for row in found] if same and (rows or batch.commands) else None

    def _rows(self, name: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self.run(lambda session: call(session, name, params))

    def _number(self, name: str, params: Sequence[Any]) -> int:
        return int(self._rows(name, params)[0][0])


def _same(answered: Answered, row: CommandRow) -> bool:
    return answered[1:5] == (row.fingerprint, row.stream, row.version, row.events)


def read_final(session: Session, after: int, limit: int, patience: float = PATIENCE) -> list[tuple[Any, ...]]:
    """Return rows of the log that are final, in the order of their positions; empty when there are none.

    A look at the horizon is spared while a whole page lies below it.
    """
    for low, high in session.horizon.stretches(session, after, patience, enough=limit):
        if rows := call(session, "read", (low, high, limit)):
            return rows
    return []
