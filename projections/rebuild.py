"""Builds the ledgers anew beside the live ones, to switch to the new or to compare the two."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from time import perf_counter

from psycopg import sql

from engine.errors import Conflict
from engine.store import Store
from projections import schema
from projections.batch import Book, Progress
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
        with closing(_begin(connection, url, store, book, resume=resume)) as feeder:
            events = _grow(connection, feeder, None, on_progress)
            schema.finish_indexes(connection, NEXT)
            position = None
            while position is None:
                events += _grow(connection, feeder, None, on_progress)
                with _beside(connection, feeder, on_progress) as (reached, more):
                    events += more
                    position = _switch(connection) if reached else None
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
        feeder = _begin(connection, url, store, book, resume=False)
        try:
            while True:
                _grow(connection, feeder, _position(connection, LIVE), on_progress)
                with _beside(connection, feeder, on_progress) as (reached, _):
                    if reached:
                        position = _position(connection, LIVE)
                        return Comparison(position, difference(connection, LIVE, NEXT), _rows(connection))
        finally:
            feeder.close()
            schema.drop(connection, NEXT)


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


def _begin(connection: Connection, url: str, store: Store, book: Book, *, resume: bool) -> Feeder:
    found = schema.state(connection, NEXT)
    if found is None or not found.current or not resume:
        with connection.transaction():
            schema.drop(connection, NEXT)
            schema.create(connection, NEXT)
            schema.postpone_indexes(connection, NEXT)
    return Feeder(url, store, book, into=NEXT)


def _grow(connection: Connection, feeder: Feeder, upto: int | None, on_progress: Report | None) -> int:
    """Take in events to the end of the log or to a position; return their number."""
    events = 0
    while (progress := feeder.step(connection, upto)).events:
        events += progress.events
        if on_progress is not None:
            on_progress(progress)
    return events


@contextmanager
def _beside(connection: Connection, feeder: Feeder, on_progress: Report | None) -> Iterator[tuple[bool, int]]:
    """Hold the live ledgers still and bring the new ones up to them, in one transaction.

    It writes, and readers of the log wait for whoever writes; so what isn't final to this process yet when it
    begins can't become so within, and is to be tried again.

    Yields:
        Whether the new ledgers are where the live ones are, or beyond, and how many events they took.
    """
    with connection.transaction():
        schema.lock(connection, LIVE)
        wanted = _position(connection, LIVE)
        events = _grow(connection, feeder, wanted, on_progress)
        yield _position(connection, NEXT) >= wanted, events


def _switch(connection: Connection) -> int:
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
