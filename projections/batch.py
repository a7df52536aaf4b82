"""One batch into all ledgers, in one transaction with the position: each event once, whatever is killed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final
from uuid import UUID

import psycopg

from domain.case.book import Rulebook
from engine.store import Store
from projections import schema
from projections.changes import Run
from projections.ledger import Cursor, Ledger, LedgersOutdated
from projections.ledgers import LEDGERS
from projections.parking import Refusal, park, standing_aside
from projections.schema import Connection
from projections.tail import MODULUS, Batch, Part, Tail, digest

Book = Callable[[], Rulebook]
SIZE: Final = 2_000
"""Events in a batch: enough to spread thin what its statements cost, few enough to stay fresh."""
_SET_ASIDE: Final = "An earlier event of the stream stands aside."
_UNWRITABLE: Final = (psycopg.DataError, psycopg.IntegrityError)
_TALLY: Final = "UPDATE tallies SET applied = applied + %s, hash = mod(hash + %s, %s) WHERE ledger = %s"


@dataclass(frozen=True, slots=True)
class Progress:
    """What one batch did.

    Attributes:
        position: Of its last event; where it was empty, that of the ledgers.
        events: Number of events read.
        parked: Number of (ledger, event) pairs that were set aside.
        seconds: Time that it took.
    """

    position: int
    events: int
    parked: int
    seconds: float


class Batcher:
    """Takes batches into the ledgers of one schema.

    Args:
        book: Asked once a batch for policies and calendars.
        size: Most events in a batch.
    """

    def __init__(
        self,
        store: Store,
        book: Book,
        *,
        size: int = SIZE,
        into: str = schema.LIVE,
        ledgers: Sequence[Ledger[Any]] = LEDGERS,
    ) -> None:
        self._store = store
        self._book = book
        self._size = size
        self._schema = into
        self._ledgers = ledgers
        self._tail = Tail(store)

    def step(self, connection: Connection, upto: int | None = None) -> Progress:
        """Take in the next batch, not beyond a position if one is given.

        Raises:
            LedgersOutdated: ledgers_outdated.
            Unavailable: unavailable, as any error of psycopg that says so: nothing was taken in.
        """
        began = perf_counter()
        with connection.transaction(), connection.cursor() as cursor:
            schema.lock(connection, self._schema)
            schema.enter(connection, self._schema)
            position = self._position(cursor)
            raws = self._store.read_raw(position, self._size)
            if upto is not None:
                raws = [raw for raw in raws if raw.position <= upto]
            if not raws:
                return Progress(position, 0, 0, perf_counter() - began)
            aside = standing_aside(cursor)
            everywhere = {stream for stream, ledgers in aside.items() if len(ledgers) == len(self._ledgers)}
            batch = self._tail.fold(raws, everywhere, self._book())
            refused = sum(
                take(cursor, ledger, batch, {one for one, names in aside.items() if ledger.name in names})
                for ledger in self._ledgers
            )
            cursor.execute("UPDATE progress SET position = %s", (batch.position,))
        self._tail.keep(batch)
        return Progress(batch.position, batch.events, refused, perf_counter() - began)

    @staticmethod
    def _position(cursor: Cursor) -> int:
        row = cursor.execute("SELECT position, shape FROM progress").fetchone()
        if row is None or row[1] != schema.shape():
            raise LedgersOutdated("The ledgers have the shape of another release; run `echowall rebuild`.")
        return int(row[0])


def take(cursor: Cursor, ledger: Ledger[Any], batch: Batch, aside: set[UUID]) -> int:
    """Take a batch into a ledger, set aside what it refuses, count both; return how many it refused.

    `aside` are the streams that the ledger has set aside before.
    """
    refusals: list[Refusal] = []
    ready: list[tuple[Part, Any]] = []
    for part in batch.parts:
        if part.stream in aside:
            refusals.append(Refusal(part.raws, _SET_ASIDE))
            continue
        folded, error, rows = fold_part(ledger, part)
        if folded < len(part.raws):
            refusals.append(Refusal(part.raws[folded:], error))
        if rows is not None:
            ready.append((part, rows))
    unwritable = _write(cursor, ledger, ready)
    # Of a part that can't be written, what the fold refused is counted with the rest.
    streams = {one.raws[0].stream for one in unwritable}
    refusals = [one for one in refusals if one.raws[0].stream not in streams] + unwritable
    park(cursor, ledger.name, refusals)
    count = sum(len(one.raws) for one in refusals)
    applied = batch.digest - sum(digest(one.raws) for one in refusals)
    cursor.execute(_TALLY, (batch.events - count, applied % MODULUS, MODULUS, ledger.name))
    return count


def fold_part(ledger: Ledger[Any], part: Part) -> tuple[int, str, Any]:
    """Fold as many events of a stream as the ledger takes.

    Returns:
        The number of events taken, why the next one was refused (empty: none was), and the rows if any.
    """
    if part.run is None:
        return 0, part.error or _SET_ASIDE, None
    run, error = part.run, part.error or ""
    if ledger.of_cases != run.is_case:
        return len(run.changes), error, None
    count, refused, rows = _longest(ledger, run)
    return count, refused or error, rows


def _longest(ledger: Ledger[Any], run: Run) -> tuple[int, str, Any]:
    """Fold the run, or its longest beginning that the ledger takes."""
    error = ""
    for count in range(len(run.changes), 0, -1):
        try:
            return count, error, ledger.fold(run if count == len(run.changes) else run.upto(count))
        except Exception as fault:  # whatever a fold raises, its case stands aside and the others go on
            error = f"{type(fault).__name__}: {fault}"
    return 0, error, None


def _write(cursor: Cursor, ledger: Ledger[Any], ready: Sequence[tuple[Part, Any]]) -> list[Refusal]:
    """Write rows at once; where the database refuses some, in halves; return the refused streams."""
    if not ready:
        return []
    try:
        with cursor.connection.transaction():
            ledger.write(cursor, [rows for _, rows in ready])
    except _UNWRITABLE as fault:
        if len(ready) == 1:
            return [Refusal(ready[0][0].raws, f"{type(fault).__name__}: {fault}")]
        half = len(ready) // 2
        return _write(cursor, ledger, ready[:half]) + _write(cursor, ledger, ready[half:])
    return []
