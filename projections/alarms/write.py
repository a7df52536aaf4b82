"""Adds alarms; none is ever taken back."""

from collections.abc import Sequence
from itertools import chain
from typing import Final

from projections.alarms.fold import AlarmRow
from projections.copying import Table, copy
from projections.ledger import Cursor

ALARMS: Final = Table(
    "alarms",
    {
        "case_id": "uuid",
        "version": "bigint",
        "position": "bigint",
        "kind": "text",
        "clock": "text",
        "unit": "text",
        "at": "timestamp with time zone",
        "recorded_at": "timestamp with time zone",
        "was_due": "timestamp with time zone",
        "now_due": "timestamp with time zone",
    },
)


def pack(rows: Sequence[Sequence[AlarmRow]]) -> bytes:
    """Put together what many cases give."""
    return ALARMS.pack(chain.from_iterable(rows))


def write(cursor: Cursor, packed: bytes) -> None:
    """Write what many cases give."""
    copy(cursor, ALARMS, packed)
