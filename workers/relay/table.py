"""What the relay remembers, so that it sends changed plans only and goes on where it stopped."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from engine.store.link import connect
from workers.temporal.messages import PlanChanged, PlannedStep

SENDING: Final = 0x656377_72656C61
"""Lock of whoever sends plans; any number that no other program takes an advisory lock on."""
SWEEPING: Final = SENDING + 1
"""Lock of whoever takes steps that timers are late with."""

_ROWS = """
SELECT case_id, generation, wake_at, action, clock, unit FROM relay.plans WHERE case_id = ANY(%b::uuid[])"""
_KEEP = """
INSERT INTO relay.plans (case_id, generation, wake_at, action, clock, unit)
SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::timestamptz[], %b::text[], %b::text[], %b::text[])
ON CONFLICT (case_id) DO UPDATE SET generation = excluded.generation, wake_at = excluded.wake_at,
    action = excluded.action, clock = excluded.clock, unit = excluded.unit, sent_at = clock_timestamp()"""
_DROP = "DELETE FROM relay.plans WHERE case_id = ANY(%b::uuid[])"
_PARK = """
INSERT INTO relay.parked (case_id, position, code, message)
SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::text[])
ON CONFLICT (case_id) DO UPDATE SET position = excluded.position, code = excluded.code,
    message = excluded.message, parked_at = clock_timestamp()"""
_UNPARK = "DELETE FROM relay.parked WHERE case_id = ANY(%b::uuid[])"
_ADVANCE = "UPDATE relay.position SET position = %b WHERE position < %b"


@dataclass(frozen=True, slots=True)
class Parked:
    """A case that can't be planned, and why."""

    case: UUID
    position: int
    code: str
    message: str


class RelayTable:
    """The relay's tables on a connection of its own, made anew when it is lost. For one thread.

    Every method raises psycopg.OperationalError when the database can't be reached.

    Args:
        url: Connection string of the database.
        lock: What `alone` holds.
    """

    def __init__(self, url: str, lock: int = SENDING) -> None:
        self._url = url
        self._lock = lock
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back, and with it the lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keep others of its kind out, as other relays; yields False when one of them is at it for seconds.

        A lock of the session, not of a transaction: while Temporal is down no transaction stays open.
        """
        connection = self.connected()
        try:
            connection.execute("SELECT pg_advisory_lock(%b)", (self._lock,))
        except psycopg.errors.LockNotAvailable:
            yield False
            return
        try:
            yield True
        finally:
            if not connection.closed and not connection.broken:
                connection.execute("SELECT pg_advisory_unlock(%b)", (self._lock,))

    def position(self) -> int:
        """Return the position up to which the log was followed."""
        row = self.connected().execute("SELECT position FROM relay.position").fetchone()
        return int(row[0]) if row else 0

    def plans(self, cases: Iterable[UUID]) -> dict[UUID, PlanChanged]:
        """Return what was last acknowledged for these cases; absent where no timer should run."""
        rows = self.connected().execute(_ROWS, (list(cases),)).fetchall()
        return {
            case: PlanChanged(
                case=case,
                generation=generation,
                step=PlannedStep(wake_at=wake_at, action=action, clock=clock, unit=unit),
            )
            for case, generation, wake_at, action, clock, unit in rows
        }

    def cases(self) -> set[UUID]:
        """Return every case for which a timer should run."""
        return {row[0] for row in self.connected().execute("SELECT case_id FROM relay.plans")}

    def parked(self) -> list[Parked]:
        """Return the cases that can't be planned, oldest first."""
        statement = "SELECT case_id, position, code, message FROM relay.parked ORDER BY position"
        return [Parked(*row) for row in self.connected().execute(statement)]

    def keep(
        self,
        sent: Sequence[PlanChanged],
        parked: Sequence[Parked] = (),
        planned: Iterable[UUID] = (),
        position: int = 0,
    ) -> None:
        """Remember what was acknowledged, in one transaction.

        Args:
            sent: Plans acknowledged; those without a step are forgotten.
            parked: Cases that can't be planned.
            planned: Cases that could be planned, sent or not; they are no longer parked.
            position: The log was followed up to here; a smaller one than before changes nothing.
        """
        with self.connected().transaction():
            kept = [(one.case, one.generation, one.step) for one in sent if one.step is not None]
            if kept:
                self._many(_KEEP, [(c, g, s.wake_at, s.action, s.clock, s.unit) for c, g, s in kept])
            self._run(_DROP, [one.case for one in sent if one.step is None])
            self._run(_UNPARK, list(planned))
            if parked:
                self._many(_PARK, [(one.case, one.position, one.code, one.message) for one in parked])
            if position:
                self.connected().execute(_ADVANCE, (position, position))

    def _run(self, statement: str, cases: list[UUID]) -> None:
        if cases:
            self.connected().execute(statement.encode(), (cases,))

    def _many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self.connected().execute(statement.encode(), [list(column) for column in zip(*rows, strict=True)])

    def connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Return the connection, a new one when the last was lost."""
        if self._connection is None or self._connection.closed or self._connection.broken:
            self.close()
            self._connection = connect(
                self._url,
                "echowall-relay",
                "projector",
                psycopg.Connection[tuple[Any, ...]],
                lock_timeout=2,
                row_factory=tuple_row,
            )
        return self._connection
