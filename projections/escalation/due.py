"""Which cases have a step that fell due, as the board tells it, whether or not a timer has fired."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

_STEPS: Final = """(
    SELECT case_id, version, next_at FROM ledger.clocks WHERE next_at < %(before)s
    UNION ALL SELECT case_id, version, until FROM ledger.exclusions WHERE until < %(before)s
) step"""
_DUE: Final = f"""
SELECT case_id, version FROM {_STEPS}
WHERE case_id <> ALL(%(but)s) ORDER BY next_at LIMIT %(limit)s"""
_OVERDUE: Final = f"SELECT count(*) FROM {_STEPS}"
LATE: Final = timedelta(minutes=1)
"""After which a step counts as overdue: the sweep has been due for most of it."""


def overdue(connection: psycopg.Connection[Any], now: datetime) -> int:
    """Return how many steps should have been taken more than a minute ago; at rest there are none."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_OVERDUE, {"before": now - LATE}).fetchone()
    return 0 if row is None else int(row[0])


def steps_due(
    connection: psycopg.Connection[Any], before: datetime, limit: int, but: Sequence[UUID] = ()
) -> dict[UUID, int]:
    """Return the version of each case with a step that fell due before a moment, the longest due first.

    Args:
        connection: Where to read.
        before: The moment.
        limit: Most steps looked at; a case may have several.
        but: Cases that are left out.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        return dict(cursor.execute(_DUE, {"before": before, "but": list(but), "limit": limit}).fetchall())
