"""Puts open clocks and exclusions in the place of former ones, and adds the rungs taken."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from projections.copying import Table, copy
from projections.escalation.fold import Rows
from projections.ledger import Cursor

CLOCKS: Final = Table(
    "clocks",
    {
        "case_id": "uuid",
        "clock": "text",
        "version": "bigint",
        "position": "bigint",
        "obligation": "text",
        "owner": "text",
        "started_at": "timestamp with time zone",
        "due_at": "timestamp with time zone",
        "provisional": "boolean",
        "paused": "boolean",
        "promised": "boolean",
        "rungs": "text[]",
        "lapsed": "bigint",
        "next_action": "text",
        "next_at": "timestamp with time zone",
        "next_provisional": "boolean",
    },
)
LAPSED: Final = Table(
    "lapsed",
    {"case_id": "uuid", "clock": "text", "version": "bigint", "position": "bigint", "rungs": "bigint"},
)
EXCLUSIONS: Final = Table(
    "exclusions",
    {"case_id": "uuid", "version": "bigint", "position": "bigint", "until": "timestamp with time zone"},
)
RUNGS: Final = Table(
    "rungs",
    {
        "position": "bigint",
        "case_id": "uuid",
        "version": "bigint",
        "clock": "text",
        "rung": "text",
        "unit": "text",
        "to_unit": "text",
        "at": "timestamp with time zone",
        "recorded_at": "timestamp with time zone",
        "by_ladder": "boolean",
        "told": "text[]",
    },
)
_CLEAR: Final = """
WITH stopped AS (DELETE FROM clocks WHERE case_id = ANY(%(stood)s)),
    included AS (DELETE FROM exclusions WHERE case_id = ANY(%(stood)s))
DELETE FROM lapsed WHERE case_id = ANY(%(stood)s)"""


class Packed(NamedTuple):
    """What many cases give; `stood` are those that may have rows from before."""

    stood: Sequence[UUID]
    clocks: bytes
    lapsed: bytes
    exclusions: bytes
    rungs: bytes


def pack(rows: Sequence[Rows]) -> Packed:
    """Put the rows of each table together."""
    return Packed(
        stood=[one.case for one in rows if one.stood],
        clocks=CLOCKS.pack(row for one in rows for row in one.clocks),
        lapsed=LAPSED.pack(row for one in rows for row in one.lapsed),
        exclusions=EXCLUSIONS.pack(row for one in rows for row in one.exclusions),
        rungs=RUNGS.pack(row for one in rows for row in one.rungs),
    )


def write(cursor: Cursor, packed: Packed) -> None:
    """Write what many cases give."""
    if packed.stood:
        cursor.execute(_CLEAR, {"stood": list(packed.stood)})
    copy(cursor, CLOCKS, packed.clocks)
    copy(cursor, LAPSED, packed.lapsed)
    copy(cursor, EXCLUSIONS, packed.exclusions)
    copy(cursor, RUNGS, packed.rungs)
