"""Adds entries, and marks what was done about them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from projections.copying import Table, copy
from projections.entries.fold import Acts, Rows, Stamp
from projections.ledger import Cursor

ENTRIES: Final = Table(
    "entries",
    {
        "case_id": "uuid",
        "entry": "integer",
        "version": "bigint",
        "position": "bigint",
        "unit": "text",
        "clock": "text",
        "set_by": "text",
        "set_at": "timestamp with time zone",
        "set_version": "bigint",
        "set_position": "bigint",
    },
)
_MARK = """
UPDATE entries SET
    version = %s, position = %s,
    answered_at = coalesce(%s, answered_at),
    answered_version = coalesce(%s, answered_version),
    answered_position = coalesce(%s, answered_position),
    appealed_at = coalesce(%s, appealed_at),
    appealed_version = coalesce(%s, appealed_version),
    appealed_position = coalesce(%s, appealed_position),
    withdrawn_at = coalesce(%s, withdrawn_at),
    withdrawn_version = coalesce(%s, withdrawn_version),
    withdrawn_position = coalesce(%s, withdrawn_position)
WHERE case_id = %s AND entry = %s"""
_NOTHING = (None, None, None)


class Packed(NamedTuple):
    """New entries, and the values that mark what was done about entries."""

    entries: bytes
    acts: Sequence[tuple[object, ...]]


def pack(rows: Sequence[Rows]) -> Packed:
    """Put together what many cases give."""
    return Packed(
        entries=ENTRIES.pack(entry for one in rows for entry in one.entries),
        acts=[_values(act) for one in rows for act in one.acts],
    )


def write(cursor: Cursor, packed: Packed) -> None:
    """Write what many cases give."""
    copy(cursor, ENTRIES, packed.entries)
    if packed.acts:
        cursor.executemany(_MARK, packed.acts)


def _values(act: Acts) -> tuple[object, ...]:
    stamps: tuple[Stamp | None, ...] = (act.answered, act.appealed, act.withdrawn)
    newest = max((one for one in stamps if one is not None), key=lambda one: one.position)
    columns = [value for one in stamps for value in (_NOTHING if one is None else one)]
    return (newest.version, newest.position, *columns, act.case_id, act.entry)
