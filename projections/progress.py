"""How far the ledgers are, for readers of their own writes and for whoever checks that nothing is missing."""

import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row

_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.05
_TAKEN_IN = """
SELECT ledger, applied, (SELECT coalesce(sum(count), 0) FROM ledger.parked p WHERE p.ledger = t.ledger)
FROM ledger.tallies t ORDER BY ledger"""
_TALLIES = """
SELECT t.ledger, t.applied, coalesce(p.events, 0), e.stored, t.hash
FROM ledger.tallies t
LEFT JOIN (SELECT ledger, sum(count) AS events FROM ledger.parked GROUP BY ledger) p ON p.ledger = t.ledger
CROSS JOIN (
    SELECT count(*) AS stored FROM log.events WHERE notification_id <= (SELECT position FROM ledger.progress)
) e
ORDER BY t.ledger"""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the log's events in one ledger.

    Attributes:
        stored: Events in the log up to the ledgers' position.
        hash: Order-free hash of the applied ones; see projections.tail.digest.
    """

    ledger: str
    applied: int
    parked: int
    stored: int
    hash: int

    @property
    def complete(self) -> bool:
        """Whether every stored event was applied or stands aside."""
        return self.applied + self.parked == self.stored


def position(connection: psycopg.Connection[Any]) -> int:
    """Return the position of the last event that the ledgers have taken in or set aside."""
    row = connection.execute("SELECT position FROM ledger.progress").fetchone()
    return 0 if row is None else int(row[0])


def wait_for(connection: psycopg.Connection[Any], wanted: int, timeout: float) -> bool:
    """Wait until the ledgers hold a position, at most `timeout` seconds; return whether they do.

    For reading one's own write: the position comes with the answer to the command.
    """
    end = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while position(connection) < wanted:
        left = end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)
    return True


def taken_in(connection: psycopg.Connection[Any]) -> list[tuple[str, int, int]]:
    """Return how many events each ledger has applied, and how many stand aside; costs no look at the log."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return [(name, applied, int(aside)) for name, applied, aside in cursor.execute(_TAKEN_IN).fetchall()]


def tallies(connection: psycopg.Connection[Any]) -> list[Tally]:
    """Return one tally a ledger, by name; from one snapshot. Counts the log, which takes its time."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_TALLIES).fetchall()
    return [
        Tally(name, applied, int(aside), stored, int(hash_)) for name, applied, aside, stored, hash_ in rows
    ]
