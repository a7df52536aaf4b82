"""Brings parked cases back after a mend: replays their events into the ledgers that had set them aside."""

from typing import NamedTuple
from uuid import UUID

from domain.case.state import Case
from engine.codec import Raw
from projections import schema
from projections.batch import Book, take
from projections.ledger import Cursor
from projections.ledgers import LEDGERS
from projections.parking import parked
from projections.schema import Connection
from projections.tail import Batch, digest, part_of

_FREE = "DELETE FROM parked WHERE ledger = %s AND stream = %s RETURNING version"
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
    with schema.connect(url) as connection:
        refused = [
            _replay(connection, row.ledger, row.stream, book)
            for row in parked(connection)
            if stream is None or row.stream == stream
        ]
    return Unparked(refused.count(0), sum(1 for one in refused if one))


def _replay(connection: Connection, name: str, stream: UUID, book: Book) -> int | None:
    """Replay one stream into one ledger; return the number of events refused again.

    What was listed may be gone by now, by another unpark or a rebuild: None then, and nothing is done.
    """
    ledger = next(one for one in LEDGERS if one.name == name)
    with connection.transaction(), connection.cursor() as cursor:
        schema.work_on(connection, schema.LIVE)
        first = cursor.execute(_FREE, (name, stream)).fetchone()
        if first is None:
            return None
        raws = _stored(cursor, stream)
        before = [raw for raw in raws if raw.version < first[0]]
        waiting = [raw for raw in raws if raw.version >= first[0]]
        begun = part_of(stream, before, None, book()) if before else None
        case: Case | None = begun.run.last.after if begun is not None and begun.run is not None else None
        part = part_of(stream, waiting, case, book())
        return take(cursor, ledger, Batch(waiting[-1].position, len(waiting), digest(waiting), [part]), {})


def _stored(cursor: Cursor, stream: UUID) -> list[Raw]:
    return [Raw(*row) for row in cursor.execute(_EVENTS, (stream,)).fetchall()]
