"""Builds the ledgers anew beside the live ones, to switch to the new or to compare the two."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from time import perf_counter

from psycopg import sql

from engine.errors import Conflict
from engine.store import Store
from projections import schema
from projections.batch import SIZE, Book, Progress
from projections.feeder import Feeder
from projections.ledgers import LEDGERS
from projections.schema import LIVE, NEXT, Connection

_OLD = "ledger_old"
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did."""

    position: int
    events: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the live ledgers stand against a fresh build from the same events.

    Attributes:
        difference: The first row that only one of them has, with its table; None when there is none.
        rows: Number of rows in each live table.
    """

    position: int
    difference: str | None
    rows: dict[str, int]

    @property
    def equal(self) -> bool:
        """Whether every row of every ledger is the same."""
        return self.difference is None


def rebuild(
    url: str, store: Store, book: Book, *, resume: bool = False, on_progress: Report | None = None
) -> Rebuilt:
    """Build from the first event and switch to it in one transaction, while readers and projector go on.

    `resume` takes up a build that was stopped, where there is one; only for one that this very release began.

    Raises:
        Conflict: conflict, when another rebuild is under way.
        Unavailable: unavailable.
    """
    began = perf_counter()
    with schema.connect(url) as connection, _sole(connection):
        _begin(connection, resume=resume, on_progress=on_progress)
        with closing(Feeder(url, store, book, into=NEXT)) as feeder:
            events = _approach(connection, feeder, store.horizon, on_progress)
            schema.finish_indexes(connection, NEXT)
            events += _approach(connection, feeder, store.horizon, on_progress)
            with schema.still(connection, LIVE):
                events += _grow(connection, feeder, _position(connection, LIVE), on_progress)
                position = _switch(connection)
        schema.drop(connection, _OLD)
    return Rebuilt(position, events, perf_counter() - began)


def compare(url: str, store: Store, book: Book, *, on_progress: Report | None = None) -> Comparison:
    """Build from the first event to where the live ledgers are, compare every row, and throw the build away.

    Raises:
        Conflict: conflict, when a rebuild is under way.
        LedgersOutdated: ledgers_outdated.
        Unavailable: unavailable.
    """
    schema.install(url)
    with schema.connect(url) as connection, _sole(connection):
        _begin(connection, resume=False, on_progress=on_progress)
        try:
            with closing(Feeder(url, store, book, into=NEXT)) as feeder:
                _approach(connection, feeder, lambda: _position(connection, LIVE), on_progress)
                return _compared(connection, feeder, on_progress)
        finally:
            schema.drop(connection, NEXT)


def _compared(connection: Connection, feeder: Feeder, on_progress: Report | None) -> Comparison:
    """Hold the live ledgers only until the new ones are where they are, then compare in one snapshot."""
    with ExitStack() as held:
        held.enter_context(schema.still(connection, LIVE))
        _grow(connection, feeder, _position(connection, LIVE), on_progress)
        with schema.snapshot(connection):
            position = _position(connection, LIVE)
            held.close()
            return Comparison(position, difference(connection, LIVE, NEXT), _rows(connection))


def difference(connection: Connection, one: str, other: str) -> str | None:
    """Return the first row that only one of two schemas has, with its table; None when all are equal."""
    for table in tables():
        for has, lacks in ((one, other), (other, one)):
            query = sql.SQL("SELECT t::text FROM (TABLE {} EXCEPT ALL TABLE {}) t ORDER BY 1 LIMIT 1")
            row = connection.execute(
                query.format(sql.Identifier(has, table), sql.Identifier(lacks, table))
            ).fetchone()
            if row is not None:
                return f"{table}: only in {has}: {row[0]}"
    return None


def tables() -> tuple[str, ...]:
    """Return every table that a rebuild must give equal: all ledgers', the tallies, and what stands aside."""
    return (*(table for ledger in LEDGERS for table in ledger.tables), "tallies", "parked")


@contextmanager
def _sole(connection: Connection) -> Iterator[None]:
    if not schema.alone(connection, NEXT):
        raise Conflict("Another rebuild is under way; wait for it to end.")
    try:
        yield
    finally:
        schema.release(connection, NEXT)


def _begin(connection: Connection, *, resume: bool, on_progress: Report | None) -> None:
    """Make empty ledgers, or tell what a stopped build has taken in that is taken up."""
    found = schema.state(connection, NEXT)
    if found is None or not found.current or not resume:
        with connection.transaction():
            schema.drop(connection, NEXT)
            schema.create(connection, NEXT)
            schema.postpone_indexes(connection, NEXT)
    elif on_progress is not None:
        on_progress(Progress(found.position, schema.taken_in(connection, NEXT), 0, 0.0))


def _approach(
    connection: Connection, feeder: Feeder, goal: Callable[[], int], on_progress: Report | None
) -> int:
    """Take in events until less than a batch is left to a goal that moves on; return their number.

    Where each pass leaves as much to do as the one before, the goal can't be reached while it moves; it must
    be held then, as whoever calls does next.
    """
    events, before = 0, None
    while True:
        taken = _grow(connection, feeder, goal(), on_progress)
        events += taken
        if taken < SIZE or (before is not None and taken >= before):
            return events
        before = taken


def _grow(connection: Connection, feeder: Feeder, upto: int, on_progress: Report | None) -> int:
    """Take in events to a position that is final; return their number."""
    events = 0
    while (progress := feeder.step(connection, upto)).events:
        events += progress.events
        if on_progress is not None:
            on_progress(progress)
    return events


def _switch(connection: Connection) -> int:
    """Put the new ledgers in the place of the live ones, in one transaction; return their position."""
    with connection.transaction():
        schema.drop(connection, _OLD)
        if schema.state(connection, LIVE) is not None:
            _rename(connection, LIVE, _OLD)
        _rename(connection, NEXT, LIVE)
    return _position(connection, LIVE)


def _rename(connection: Connection, before: str, after: str) -> None:
    connection.execute(
        sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(before), sql.Identifier(after))
    )


def _position(connection: Connection, name: str) -> int:
    found = schema.state(connection, name)
    return 0 if found is None else found.position


def _rows(connection: Connection) -> dict[str, int]:
    counts = {}
    for table in tables():
        row = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(LIVE, table))
        ).fetchone()
        counts[table] = 0 if row is None else int(row[0])
    return counts
