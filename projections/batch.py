"""One batch into all ledgers, in one transaction with the position: each event once, whatever is killed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final
from uuid import UUID

import psycopg

from domain.case.book import Rulebook
from engine.collector import resting
from engine.store import Store
from projections import schema
from projections.ledger import Cursor, Ledger, LedgersOutdated
from projections.ledgers import LEDGERS
from projections.parking import Refusal, park, standing_aside
from projections.schema import Connection
from projections.sheaf import Aside, Sheaf, applied, fold_batch, fold_part, sheaf
from projections.tail import MODULUS, Batch, Part, Tail

Book = Callable[[], Rulebook]
SIZE: Final = 2_000
"""Events in a batch: enough to spread thin what its statements cost, few enough to stay fresh."""
UNWRITABLE: Final = (psycopg.DataError, psycopg.IntegrityError, OverflowError, UnicodeError)
"""Rows that the database or its client will never take, however often they are tried."""
_TALLY: Final = """
UPDATE tallies t SET applied = t.applied + n.applied, hash = mod(t.hash + n.hash, %s)
FROM unnest(%s::text[], %s::bigint[], %s::numeric[]) AS n (ledger, applied, hash) WHERE t.ledger = n.ledger"""
_ADVANCE: Final = f"WITH moved AS (UPDATE progress SET position = %s) {_TALLY}"
Put = Callable[[Cursor, Batch, int, Aside], int]
"""Puts a batch that follows a position into the ledgers; returns how many (ledger, event) pairs it parked."""


class Stale(Exception):
    """A batch was made ready for ledgers that stand otherwise now."""


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
        ledgers: Sequence[Ledger[Any, Any]] = LEDGERS,
    ) -> None:
        self._store = store
        self._book = book
        self._size = size
        self._schema = into
        self._ledgers = ledgers
        self._tail = Tail(store)

    def step(self, connection: Connection, upto: int | None = None) -> Progress:
        """Take in the next batch, not beyond a position if one is given; that one must be final.

        Raises:
            LedgersOutdated: ledgers_outdated.
            Unavailable: unavailable, as any error of psycopg that says so: nothing was taken in.
        """
        try:
            return self._step(connection, upto, self._at_once)
        except UNWRITABLE:  # hardly ever: all of it is done again, with a savepoint for each ledger
            return self._step(connection, upto, self._telling_good_from_bad)

    def _step(self, connection: Connection, upto: int | None, put: Put) -> Progress:
        began = perf_counter()
        with self._transaction(connection) as (cursor, position), resting():
            raws = self._store.read_raw(position, self._size, upto)
            if not raws:
                return Progress(position, 0, 0, perf_counter() - began)
            aside = standing_aside(cursor)
            batch = self._tail.fold(raws, everywhere(aside, self._ledgers), self._book())
            refused = put(cursor, batch, position, aside)
        self._tail.keep(batch)
        return Progress(batch.position, batch.events, refused, perf_counter() - began)

    def _at_once(self, cursor: Cursor, batch: Batch, position: int, aside: Aside) -> int:
        return self._write(cursor, [sheaf(self._ledgers, batch, position, aside)])

    def _telling_good_from_bad(self, cursor: Cursor, batch: Batch, position: int, aside: Aside) -> int:
        refused = sum(take(cursor, ledger, batch, aside) for ledger in self._ledgers)
        cursor.execute("UPDATE progress SET position = %s", (batch.position,))
        return refused

    def put(self, connection: Connection, shards: Sequence[Sheaf], aside: Aside) -> Progress:
        """Take in a batch that was made ready by others, in one shard or several.

        `aside` is what stood aside when it was made ready.

        Raises:
            Stale: The ledgers have moved on, or something else stands aside now.
            LedgersOutdated: ledgers_outdated.
            psycopg.Error, OverflowError, UnicodeError: Nothing was taken in; `step` tells good from bad rows.
        """
        began = perf_counter()
        with self._transaction(connection) as (cursor, position):
            if any(one.after != position for one in shards) or standing_aside(cursor) != aside:
                raise Stale
            refused = self._write(cursor, shards)
        events = sum(shard.events for shard in shards)
        return Progress(shards[0].position, events, refused, perf_counter() - began)

    def _write(self, cursor: Cursor, shards: Sequence[Sheaf]) -> int:
        """Write what was made ready, and move position, counts and hashes in one statement."""
        refused, tallies = 0, []
        for ledger in self._ledgers:
            sheets = [one for shard in shards for one in shard.sheets if one.ledger == ledger.name]
            for sheet in sheets:
                if sheet.packed is not None:
                    ledger.write(cursor, sheet.packed)
                park(cursor, ledger.name, sheet.refusals)
                refused += sum(len(one.raws) for one in sheet.refusals)
            number, hash_ = sum(one.applied for one in sheets), sum(one.digest for one in sheets)
            tallies.append((ledger.name, number, hash_))
        names, applied, hashes = map(list, zip(*tallies, strict=True))
        cursor.execute(_ADVANCE, (shards[0].position, MODULUS, names, applied, hashes))
        return refused

    def aside(self, connection: Connection) -> dict[UUID, set[str]]:
        """Return what stands aside now."""
        with self._transaction(connection) as (cursor, _):
            return standing_aside(cursor)

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[tuple[Cursor, int]]:
        """Change the ledgers alone, in one transaction; give their position."""
        with connection.transaction(), connection.cursor() as cursor:
            schema.work_on(connection, self._schema)
            row = cursor.execute("SELECT position, shape FROM progress").fetchone()
            if row is None or row[1] != schema.shape():
                raise LedgersOutdated(
                    "The ledgers have the shape of another release; run `echowall rebuild`."
                )
            yield cursor, int(row[0])


def everywhere(aside: Aside, ledgers: Sequence[Ledger[Any, Any]]) -> set[UUID]:
    """Return the streams that every ledger has set aside."""
    return {stream for stream, names in aside.items() if len(names) == len(ledgers)}


def take(cursor: Cursor, ledger: Ledger[Any, Any], batch: Batch, aside: Aside) -> int:
    """Take a batch into a ledger, set aside what it refuses, count both; return how many it refused."""
    folded = fold_batch(ledger, batch, aside)
    unwritable = _write(cursor, ledger, folded.ready)
    # Of a part that can't be written, what the fold refused is counted with the rest.
    streams = {one.raws[0].stream for one in unwritable}
    refusals = [one for one in folded.refusals if one.raws[0].stream not in streams] + unwritable
    park(cursor, ledger.name, refusals)
    number, hash_ = applied(batch, refusals)
    cursor.execute(_TALLY, (MODULUS, [ledger.name], [number], [hash_]))
    return batch.events - number


def _write(cursor: Cursor, ledger: Ledger[Any, Any], ready: Sequence[tuple[Part, Any]]) -> list[Refusal]:
    """Write rows at once; where the database refuses some, in halves; return the refused streams."""
    if not ready:
        return []
    try:
        with cursor.connection.transaction():
            ledger.write(cursor, ledger.pack([rows for _, rows in ready]))
    except UNWRITABLE as fault:
        if len(ready) == 1:
            return [_write_beginning(cursor, ledger, ready[0][0], fault)]
        half = len(ready) // 2
        return _write(cursor, ledger, ready[:half]) + _write(cursor, ledger, ready[half:])
    return []


def _write_beginning(cursor: Cursor, ledger: Ledger[Any, Any], part: Part, fault: Exception) -> Refusal:
    """Write the longest beginning of a stream that fold and database take; return the rest of it.

    So the first event refused is the same however the log is cut into batches.
    """
    error = _said(fault)
    for taken in range(len(part.raws) - 1, 0, -1):
        shorter = Part(part.stream, part.raws[:taken], part.run and part.run.upto(taken), None)
        folded, _, rows = fold_part(ledger, shorter)
        if folded < taken:
            continue
        refused = None if rows is None else _refused(cursor, ledger, rows)
        if refused is None:
            return Refusal(part.raws[taken:], error)
        error = refused
    return Refusal(part.raws, error)


def _refused(cursor: Cursor, ledger: Ledger[Any, Any], rows: Any) -> str | None:
    """Write the rows of one stream; return why the database doesn't take them, None when it has."""
    try:
        with cursor.connection.transaction():
            ledger.write(cursor, ledger.pack([rows]))
    except UNWRITABLE as fault:
        return _said(fault)
    return None


def _said(fault: Exception) -> str:
    """Name a fault without the place in the batch at which it showed."""
    text = fault.diag.message_primary if isinstance(fault, psycopg.Error) else None
    return f"{type(fault).__name__}: {text or fault}"
