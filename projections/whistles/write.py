"""Adds calls, and puts how they stand and what was judged in its place."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from projections.copying import Table, copy
from projections.ledger import Cursor
from projections.whistles.fold import Judged, Rows, Standing

WHISTLES: Final = Table(
    "whistles",
    {
        "case_id": "uuid",
        "number": "bigint",
        "department": "text",
        "version": "bigint",
        "position": "bigint",
        "round": "bigint",
        "caller": "text",
        "called_at": "timestamp with time zone",
        "called_version": "bigint",
        "called_position": "bigint",
        "help": "text",
        "rungs": "text[]",
        "stage": "text",
    },
)
_STAND: Final = """
UPDATE whistles SET version = %s, position = %s, due_at = %s, answer = %s,
    answered_at = coalesce(%s, answered_at), met_at = %s, void_at = %s, rungs = %s, stage = %s
WHERE case_id = %s AND number = %s AND department = %s"""
_JUDGE: Final = """
UPDATE whistles SET outcomes = coalesce(%s, outcomes), solved = coalesce(%s, solved),
    satisfaction = coalesce(%s, satisfaction)
WHERE case_id = %s AND round = %s"""


class Packed(NamedTuple):
    """What many cases give."""

    calls: bytes
    standings: Sequence[Standing]
    judged: Sequence[Judged]


def pack(rows: Sequence[Rows]) -> Packed:
    """Put together what many cases give."""
    return Packed(
        calls=WHISTLES.pack(call for one in rows for call in one.calls),
        standings=[standing for one in rows for standing in one.standings],
        judged=[judged for one in rows for judged in one.judged],
    )


def write(cursor: Cursor, packed: Packed) -> None:
    """Write what many cases give."""
    copy(cursor, WHISTLES, packed.calls)
    if packed.standings:
        cursor.executemany(_STAND, packed.standings)
    if packed.judged:
        cursor.executemany(_JUDGE, packed.judged)
