"""How many steps were taken because their timers were late; free of Temporal, since the API reads it."""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import tuple_row


class Swept(NamedTuple):
    """The steps taken because their timers were late, since the database was made.

    Attributes:
        last_at: When the last one was taken; None: none ever was.
    """

    steps: int
    last_at: datetime | None


def swept(connection: psycopg.Connection[Any]) -> Swept:
    """Return how many steps were taken because their timers were late."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT steps, last_at FROM relay.swept").fetchone()
    return Swept(0, None) if row is None else Swept(*row)


def count(connection: psycopg.Connection[Any], steps: int) -> None:
    """Add steps that were taken now."""
    connection.execute("UPDATE relay.swept SET steps = steps + %s, last_at = clock_timestamp()", (steps,))
