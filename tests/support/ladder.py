"""What must hold of the ladder, asked of the log itself."""

from typing import Any, Final

import psycopg
from psycopg.rows import scalar_row

_REPEATED: Final = """
SELECT coalesce(sum(taken - 1), 0) FROM (
    SELECT count(*) AS taken FROM (
        SELECT originator_id, topic, convert_from(state, 'UTF8')::jsonb -> 'data' AS data FROM log.events
        WHERE topic IN ('case.reminded', 'case.supervised', 'case.raised', 'case.held_accountable')
    ) rung
    WHERE (data ->> 'by_ladder')::boolean
    GROUP BY originator_id, topic, data ->> 'clock'
) counted"""


def rungs_repeated(connection: psycopg.Connection[Any]) -> int:
    """Return how many rungs of the ladder the event log holds more than once: 0.

    Counted from the log and not from the ledger, which would refuse them.
    """
    with connection.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_REPEATED.encode()).fetchall()[0])
