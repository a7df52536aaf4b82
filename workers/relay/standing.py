"""How far the relay is and what it set aside; free of Temporal, since the API reads it."""

from typing import Any, NamedTuple

import psycopg
from psycopg.rows import tuple_row


class Standing(NamedTuple):
    """How the relay stands.

    Attributes:
        position: Place in the log up to which plans were told; escalation waits for what comes after it.
        parked: Number of cases that can't be planned.
    """

    position: int
    parked: int


def standing(connection: psycopg.Connection[Any]) -> Standing:
    """Return how the relay stands; before its first event at 0."""
    query = "SELECT position, (SELECT count(*) FROM relay.parked) FROM relay.position"
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query).fetchone()
    return Standing(0, 0) if row is None else Standing(*row)
