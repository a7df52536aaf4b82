"""Adds alarms; none is ever taken back."""

from collections.abc import Sequence

from projections.alarms.fold import AlarmRow
from projections.copying import copy
from projections.ledger import Cursor


def pack(rows: Sequence[Sequence[AlarmRow]]) -> Sequence[AlarmRow]:
    """Put together what many cases give."""
    return [alarm for one in rows for alarm in one]


def write(cursor: Cursor, packed: Sequence[AlarmRow]) -> None:
    """Write what many cases give."""
    copy(cursor, "alarms", AlarmRow._fields, packed)
