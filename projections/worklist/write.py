"""Puts rows into the worklist."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from projections.copying import Table, copy, upsert
from projections.ledger import Cursor
from projections.worklist.fold import COLUMNS, Folded

WORKLIST: Final = Table("worklist", COLUMNS)


class Packed(NamedTuple):
    """Rows of cases that began in the batch, and of those that had a row before."""

    new: bytes
    changed: bytes


def pack(rows: Sequence[Folded]) -> Packed:
    """Tell new cases from older ones: they need no looking up."""
    return Packed(
        new=WORKLIST.pack(one.row for one in rows if one.is_new),
        changed=WORKLIST.pack(one.row for one in rows if not one.is_new),
    )


def write(cursor: Cursor, packed: Packed) -> None:
    """Put each case's row in the place of its former one."""
    copy(cursor, WORKLIST, packed.new)
    upsert(cursor, WORKLIST, ("case_id",), packed.changed)
