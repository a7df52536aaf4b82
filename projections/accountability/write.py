"""Books postings, and moves the balances of the accounts that they touch."""

from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

from projections.accountability.fold import Posting
from projections.copying import Table, copy
from projections.ledger import Cursor

POSTINGS: Final = Table(
    "postings",
    {
        "position": "bigint",
        "amount": "smallint",
        "unit": "text",
        "bucket": "text",
        "case_id": "uuid",
        "version": "bigint",
        "at": "timestamp with time zone",
        "recorded_at": "timestamp with time zone",
    },
)
_MOVE = """
INSERT INTO balances (unit, bucket, cases, case_id, version, position)
SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::uuid[], %s::bigint[], %s::bigint[])
ON CONFLICT (unit, bucket) DO UPDATE SET
    cases = balances.cases + excluded.cases,
    case_id = CASE WHEN excluded.position > balances.position THEN excluded.case_id ELSE balances.case_id END,
    version = CASE WHEN excluded.position > balances.position THEN excluded.version ELSE balances.version END,
    position = greatest(balances.position, excluded.position)"""


class Move(NamedTuple):
    """By how much an account's balance moves, and the last posting that moves it."""

    unit: str
    bucket: str
    cases: int
    case_id: UUID
    version: int
    position: int


class Packed(NamedTuple):
    """All postings, and what they come to on each account."""

    postings: bytes
    moves: Sequence[Move]


def pack(rows: Sequence[Sequence[Posting]]) -> Packed:
    """Add up the postings of each account."""
    postings = list(chain.from_iterable(rows))
    sums: dict[tuple[str, str], int] = {}
    newest: dict[tuple[str, str], Posting] = {}
    for posting in postings:
        position, amount, unit, bucket = posting[:4]
        where = (unit, bucket)
        sums[where] = sums.get(where, 0) + amount
        last = newest.get(where)
        if last is None or position >= last[0]:
            newest[where] = posting
    moves = []
    for where in sorted(sums):
        position, _, unit, bucket, case, version, *_ = newest[where]
        moves.append(Move(unit, bucket, sums[where], case, version, position))
    return Packed(POSTINGS.pack(postings), moves)


def write(cursor: Cursor, packed: Packed) -> None:
    """Book the postings of many cases."""
    copy(cursor, POSTINGS, packed.postings)
    if packed.moves:
        cursor.execute(_MOVE, [list(column) for column in zip(*packed.moves, strict=True)])
