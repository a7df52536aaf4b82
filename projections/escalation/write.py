"""Puts open clocks in the place of former ones, and adds the rungs taken."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from projections.copying import copy, copy_binary
from projections.escalation.fold import ClockRow, LapsedRow, Rows, RungRow
from projections.ledger import Cursor


class Packed(NamedTuple):
    """What many cases give; `stood` are those that may have rows of clocks from before."""

    stood: Sequence[UUID]
    clocks: Sequence[tuple[object, ...]]
    lapsed: Sequence[tuple[object, ...]]
    rungs: Sequence[tuple[object, ...]]


def pack(rows: Sequence[Rows]) -> Packed:
    """Put the rows of each table together."""
    return Packed(
        stood=[one.case for one in rows if one.stood],
        clocks=[tuple(row) for one in rows for row in one.clocks],
        lapsed=[tuple(row) for one in rows for row in one.lapsed],
        rungs=[tuple(row) for one in rows for row in one.rungs],
    )


def write(cursor: Cursor, packed: Packed) -> None:
    """Write what many cases give."""
    if packed.stood:
        stood = list(packed.stood)
        cursor.execute("DELETE FROM clocks WHERE case_id = ANY(%s)", (stood,))
        cursor.execute("DELETE FROM lapsed WHERE case_id = ANY(%s)", (stood,))
    copy_binary(cursor, "clocks", ClockRow._fields, packed.clocks)
    copy_binary(cursor, "lapsed", LapsedRow._fields, packed.lapsed)
    copy(cursor, "rungs", RungRow._fields, packed.rungs)
