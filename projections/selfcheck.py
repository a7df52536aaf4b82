"""Asks each minute whether every stored event was applied or stands aside, and keeps the answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from projections import schema
from projections.schema import Connection

EVERY: Final = 60.0
"""Seconds from one check to the next."""
_STORED: Final = "SELECT count(*) FROM log.events WHERE notification_id > %s AND notification_id <= %s"
_COUNTED: Final = """
SELECT t.ledger, t.applied, (SELECT coalesce(sum(p.count), 0) FROM parked p WHERE p.ledger = t.ledger)
FROM tallies t ORDER BY t.ledger"""
_KEEP: Final = """
INSERT INTO checked (at, position, stored, difference) VALUES (clock_timestamp(), %s, %s, %s)
ON CONFLICT (one_row) DO UPDATE SET
    at = excluded.at, position = excluded.position,
    stored = excluded.stored, difference = excluded.difference"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the last check found.

    Attributes:
        position: Of the ledgers.
        stored: Number of events in the log up to it.
        difference: The first ledger that has another number; None when all agree.
    """

    at: datetime
    position: int
    stored: int
    difference: str | None


def check(connection: Connection) -> Checked:
    """Compare applied + parked with stored for each live ledger.

    Events are counted from where the last check agreed, so that it costs the same however long the log is.
    """
    with connection.transaction(), connection.cursor() as cursor:
        schema.work_on(connection, schema.LIVE)
        position = int(cursor.execute("SELECT position FROM progress").fetchall()[0][0])
        base = cursor.execute("SELECT position, stored FROM checked WHERE difference IS NULL").fetchone()
        start, before = base or (0, 0)
        stored = before + int(cursor.execute(_STORED, (start, position)).fetchall()[0][0])
        counted = cursor.execute(_COUNTED).fetchall()
        cursor.execute(_KEEP, (position, stored, _difference(counted, stored)))
    found = latest(connection)
    if found is None:
        raise LookupError("the check that was just kept is gone")
    return found


def latest(connection: psycopg.Connection[Any]) -> Checked | None:
    """Return what the last check found; None before the first."""
    with connection.cursor(row_factory=class_row(Checked)) as cursor:
        return cursor.execute("SELECT at, position, stored, difference FROM ledger.checked").fetchone()


def _difference(counted: list[tuple[Any, ...]], stored: int) -> str | None:
    for ledger, applied, parked in counted:
        if applied + parked != stored:
            return f"{ledger}: {applied} applied and {parked} parked, but {stored} stored"
    return None
