"""Brings parked cases back after a mend: replays their events into the ledgers that had set them aside."""

from typing import NamedTuple
from uuid import UUID

from domain.case.state import Case
from engine.codec import Raw
from projections import schema
from projections.batch import Book, take
from projections.ledger import Cursor
from projections.ledgers import LEDGERS
from projections.parking import ParkedRow, parked
from projections.schema import Connection
from projections.tail import Batch, digest, part_of

_EVENTS = """
SELECT notification_id, originator_id, originator_version, topic, state FROM log.events
WHERE originator_id = %s AND notification_id <= (SELECT position FROM progress)
ORDER BY originator_version"""


class Unparked(NamedTuple):
    """How many (ledger, stream) pairs came back, and how many stand aside still."""

    freed: int
    kept: int


def unpark(url: str, book: Book, stream: UUID | None = None) -> Unparked:
    """Replay what stands aside, of one stream or of all; safe beside a projector at work.

    What is refused again stands aside again, from the first event that is.

    Raises:
        Unavailable: unavailable.
    """
    freed = kept = 0
    with schema.connect(url) as connection:
        for row in parked(connection):
            if stream is None or row.stream == stream:
                refused = _replay(connection, row, book)
                freed, kept = freed + (not refused), kept + bool(refused)
    return Unparked(freed, kept)


def _replay(connection: Connection, row: ParkedRow, book: Book) -> int:
    """Replay one stream into one ledger; return the number of events refused again."""
    ledger = next(one for one in LEDGERS if one.name == row.ledger)
    with connection.transaction(), connection.cursor() as cursor:
        schema.lock(connection, schema.LIVE)
        schema.enter(connection, schema.LIVE)
        cursor.execute("DELETE FROM parked WHERE ledger = %s AND stream = %s", (row.ledger, row.stream))
        raws = _stored(cursor, row.stream)
        before = [raw for raw in raws if raw.version < row.version]
        waiting = [raw for raw in raws if raw.version >= row.version]
        begun = part_of(row.stream, before, None, book()) if before else None
        case: Case | None = begun.run.last.after if begun is not None and begun.run is not None else None
        part = part_of(row.stream, waiting, case, book())
        return take(cursor, ledger, Batch(waiting[-1].position, len(waiting), digest(waiting), [part]), {})


def _stored(cursor: Cursor, stream: UUID) -> list[Raw]:
    return [Raw(*row) for row in cursor.execute(_EVENTS, (stream,)).fetchall()]
