"""Puts open clocks in the place of former ones, and adds the rungs taken."""

from collections.abc import Sequence

from projections.copying import copy
from projections.escalation.fold import ClockRow, LapsedRow, Rows, RungRow
from projections.ledger import Cursor


def write(cursor: Cursor, rows: Sequence[Rows]) -> None:
    """Write what many cases give."""
    stood = [one.case for one in rows if one.stood]
    if stood:
        cursor.execute("DELETE FROM clocks WHERE case_id = ANY(%s)", (stood,))
        cursor.execute("DELETE FROM lapsed WHERE case_id = ANY(%s)", (stood,))
    if clocks := [row for one in rows for row in one.clocks]:
        copy(cursor, "clocks", ClockRow._fields, clocks)
    if lapsed := [row for one in rows for row in one.lapsed]:
        copy(cursor, "lapsed", LapsedRow._fields, lapsed)
    if rungs := [row for one in rows for row in one.rungs]:
        copy(cursor, "rungs", RungRow._fields, rungs)
