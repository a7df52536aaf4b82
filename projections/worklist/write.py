"""Puts rows into the worklist."""

from collections.abc import Sequence

from projections.copying import upsert
from projections.ledger import Cursor
from projections.worklist.fold import COLUMNS, Row


def write(cursor: Cursor, rows: Sequence[Row]) -> None:
    """Put each case's row in the place of its former one."""
    upsert(cursor, "worklist", COLUMNS, ("case_id",), rows)
