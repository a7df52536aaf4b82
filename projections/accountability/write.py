"""Books transfers, and moves the balances of the accounts that they touch."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

from projections.accountability.fold import Numbered, Transfer
from projections.copying import Table, copy
from projections.ledger import Cursor

TRANSFERS: Final = Table(
    "transfers",
    {
        "position": "bigint",
        "gives": "bigint",
        "takes": "bigint",
        "case_id": "uuid",
        "version": "bigint",
        "at": "timestamp with time zone",
        "recorded_at": "timestamp with time zone",
    },
)
_MOVE = """
INSERT INTO balances (account, unit, bucket, cases, case_id, version, position)
SELECT * FROM unnest(
    %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::uuid[], %s::bigint[], %s::bigint[]
)
ON CONFLICT (unit, bucket) DO UPDATE SET
    cases = balances.cases + excluded.cases,
    case_id = CASE WHEN excluded.position > balances.position THEN excluded.case_id ELSE balances.case_id END,
    version = CASE WHEN excluded.position > balances.position THEN excluded.version ELSE balances.version END,
    position = greatest(balances.position, excluded.position)"""


class Move(NamedTuple):
    """By how much an account's balance moves, and the last transfer that moves it."""

    number: int
    unit: str
    bucket: str
    cases: int
    case_id: UUID
    version: int
    position: int


class Packed(NamedTuple):
    """All transfers, and what they come to on each account."""

    transfers: bytes
    moves: Sequence[Move]


def pack(rows: Sequence[Sequence[Transfer]]) -> Packed:
    """Add up the transfers of each account."""
    transfers = sorted(chain.from_iterable(rows))  # by position, of which no two have the same
    last: dict[Numbered, Transfer] = {}
    cases: Counter[Numbered] = Counter()
    for transfer in transfers:
        _, gives, takes, *_ = transfer
        last[gives] = last[takes] = transfer
        cases[gives] -= 1
        cases[takes] += 1
    numbered = [(position, gives.number, takes.number, *rest) for position, gives, takes, *rest in transfers]
    # In one order everywhere, lest two writers wait for each other.
    moves = [_move(account, cases[account], last[account]) for account in sorted(last)]
    return Packed(TRANSFERS.pack(numbered), moves)


def _move(account: Numbered, cases: int, last: Transfer) -> Move:
    position, _, _, case, version, *_ = last
    return Move(*account, cases, case, version, position)


def write(cursor: Cursor, packed: Packed) -> None:
    """Book the transfers of many cases."""
    copy(cursor, TRANSFERS, packed.transfers)
    if packed.moves:
        cursor.execute(_MOVE, [list(column) for column in zip(*packed.moves, strict=True)])
