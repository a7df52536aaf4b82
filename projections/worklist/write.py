"""Puts rows into the worklist."""

from collections.abc import Sequence
from typing import NamedTuple

from projections.copying import copy_binary, upsert
from projections.ledger import Cursor
from projections.worklist.fold import COLUMNS, Folded, Row


class Packed(NamedTuple):
    """Rows of cases that began in the batch, and of those that had a row before."""

    new: Sequence[Row]
    changed: Sequence[Row]


def pack(rows: Sequence[Folded]) -> Packed:
    """Tell new cases from older ones: they need no looking up."""
    return Packed([one.row for one in rows if one.is_new], [one.row for one in rows if not one.is_new])


def write(cursor: Cursor, packed: Packed) -> None:
    """Put each case's row in the place of its former one."""
    copy_binary(cursor, "worklist", COLUMNS, packed.new)
    upsert(cursor, "worklist", COLUMNS, ("case_id",), packed.changed)
