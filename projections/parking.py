"""What a ledger can't take stands aside, counted, until it is mended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from engine.codec import Raw
from projections.ledger import Cursor


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A stream that one ledger has set aside.

    Attributes:
        position: Of the first event that it refused; with version and name.
        count: Number of events set aside so far.
    """

    ledger: str
    stream: UUID
    position: int
    version: int
    name: str
    error: str
    count: int


class Refusal(NamedTuple):
    """Events of one stream, from the first one refused."""

    raws: Sequence[Raw]
    error: str


_PARK = """
INSERT INTO parked (ledger, stream, position, version, name, error, count) VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (ledger, stream) DO UPDATE SET count = parked.count + excluded.count"""


def parked(connection: psycopg.Connection[Any]) -> list[ParkedRow]:
    """Return what stands aside, the oldest first; empty when all is well."""
    with connection.cursor(row_factory=class_row(ParkedRow)) as cursor:
        return cursor.execute(
            "SELECT ledger, stream, position, version, name, error, count FROM ledger.parked"
            " ORDER BY position, ledger"
        ).fetchall()


def park(cursor: Cursor, ledger: str, refusals: Iterable[Refusal]) -> None:
    """Set events aside; those of a stream that stands aside already are counted to it."""
    rows = [
        (ledger, raws[0].stream, raws[0].position, raws[0].version, raws[0].name, error, len(raws))
        for raws, error in refusals
    ]
    if rows:
        cursor.executemany(_PARK, rows)


def standing_aside(cursor: Cursor) -> dict[UUID, set[str]]:
    """Return the ledgers that have set a stream aside, by stream."""
    found: dict[UUID, set[str]] = {}
    for ledger, stream in cursor.execute("SELECT ledger, stream FROM parked").fetchall():
        found.setdefault(stream, set()).add(ledger)
    return found
