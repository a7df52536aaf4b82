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
    by_account: dict[tuple[str, str], list[Posting]] = {}
    for posting in postings:
        by_account.setdefault(posting[2:4], []).append(posting)
    return Packed(POSTINGS.pack(postings), [_move(by_account[where]) for where in sorted(by_account)])


def _move(postings: Sequence[Posting]) -> Move:
    """Add up the postings of one account; no event makes two of them."""
    position, _, unit, bucket, case, version, *_ = max(postings)
    return Move(unit, bucket, sum([posting[1] for posting in postings]), case, version, position)


def write(cursor: Cursor, packed: Packed) -> None:
    """Book the postings of many cases."""
    copy(cursor, POSTINGS, packed.postings)
    if packed.moves:
        cursor.execute(_MOVE, [list(column) for column in zip(*packed.moves, strict=True)])
