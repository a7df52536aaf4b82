"""Books postings, and moves the balances of the accounts that they touch."""

from collections.abc import Sequence
from itertools import chain

from projections.accountability.fold import Posting
from projections.copying import copy
from projections.ledger import Cursor

_MOVE = """
INSERT INTO balances (unit, bucket, cases, case_id, version, position)
SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::uuid[], %s::bigint[], %s::bigint[])
ON CONFLICT (unit, bucket) DO UPDATE SET
    cases = balances.cases + excluded.cases,
    case_id = CASE WHEN excluded.position > balances.position THEN excluded.case_id ELSE balances.case_id END,
    version = CASE WHEN excluded.position > balances.position THEN excluded.version ELSE balances.version END,
    position = greatest(balances.position, excluded.position)"""


def write(cursor: Cursor, rows: Sequence[Sequence[Posting]]) -> None:
    """Book the postings of many cases."""
    postings = list(chain.from_iterable(rows))
    if not postings:
        return
    copy(cursor, "postings", Posting._fields, postings)
    moved: dict[tuple[str, str], tuple[int, Posting]] = {}
    for posting in postings:
        where = (posting.unit, posting.bucket)
        amount, newest = moved.get(where, (0, posting))
        moved[where] = (amount + posting.amount, max(newest, posting))
    accounts = sorted(moved)
    sums = [moved[one] for one in accounts]
    columns = (
        [unit for unit, _ in accounts],
        [bucket for _, bucket in accounts],
        [amount for amount, _ in sums],
        [newest.case_id for _, newest in sums],
        [newest.version for _, newest in sums],
        [newest.position for _, newest in sums],
    )
    cursor.execute(_MOVE, columns)
