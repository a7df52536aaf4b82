"""Which cases have a step that fell due, as the board tells it, whether or not a timer has fired."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

_DUE: Final = """
SELECT case_id, version FROM ledger.clocks
WHERE next_at < %s AND case_id <> ALL(%s) ORDER BY next_at LIMIT %s"""

_OVERDUE: Final = "SELECT count(*) FROM ledger.clocks WHERE next_at < %s"
LATE: Final = timedelta(minutes=1)
"""After which a step counts as overdue: the sweep has been due for most of it."""


def overdue(connection: psycopg.Connection[Any], now: datetime) -> int:
    """Return how many steps should have been taken more than a minute ago; at rest there are none."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_OVERDUE, (now - LATE,)).fetchone()
    return 0 if row is None else int(row[0])


def steps_due(
    connection: psycopg.Connection[Any], before: datetime, limit: int, but: Sequence[UUID] = ()
) -> dict[UUID, int]:
    """Return the version of each case with a step that fell due before a moment, the longest due first.

    Args:
        connection: Where to read.
        before: The moment.
        limit: Most clocks looked at; a case may have several.
        but: Cases that are left out.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        return dict(cursor.execute(_DUE, (before, list(but), limit)).fetchall())
