"""What is asked of the double-entry ledger: balances, statements, the way of a case, the trial balance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row, tuple_row

from projections import paging
from projections.accountability.fold import OUTSIDE
from projections.paging import Scope


class Balance(NamedTuple):
    """How many cases stand on an account, and the position of the last posting that moved it."""

    unit: str
    bucket: str
    cases: int
    position: int


class Line(NamedTuple):
    """One line of an account's statement.

    Attributes:
        amount: 1 for a case that came, -1 for one that went.
        counter_unit: Where it came from or went to, with its bucket.
    """

    position: int
    case_id: UUID
    version: int
    amount: int
    counter_unit: str
    counter_bucket: str
    at: datetime
    recorded_at: datetime


class Transfer(NamedTuple):
    """One step on the way of a case through the accounts."""

    position: int
    case_id: UUID
    version: int
    from_unit: str
    from_bucket: str
    to_unit: str
    to_bucket: str
    at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """What all postings come to.

    Attributes:
        total: Sum of all postings: 0.
        cases: Number of cases that have postings.
        astray: Cases that do not stand on exactly one account.
        unbalanced: Accounts whose balance isn't the sum of their postings.
        position: Of the newest posting.
    """

    total: int
    cases: int
    astray: int
    unbalanced: int
    position: int

    @property
    def sound(self) -> bool:
        """Whether nothing is lost and nothing is counted twice."""
        return self.total == 0 and self.astray == 0 and self.unbalanced == 0


# Each half goes along an index in the order of the log: a page of a long statement costs no more than a page.
_STATEMENT = """
SELECT line.position, line.case_id, line.version, line.amount,
    other.unit AS counter_unit, other.bucket AS counter_bucket, line.at, line.recorded_at
FROM (
    (SELECT t.*, -1 AS amount, t.takes AS counter FROM ledger.transfers t
    WHERE t.gives = {account} AND {condition} ORDER BY t.position LIMIT %s)
    UNION ALL
    (SELECT t.*, 1, t.gives FROM ledger.transfers t
    WHERE t.takes = {account} AND {condition} ORDER BY t.position LIMIT %s)
) line JOIN ledger.balances other ON other.account = line.counter
ORDER BY line.position LIMIT %s"""
_TRANSFERS = """
SELECT t.position, t.case_id, t.version, f.unit AS from_unit, f.bucket AS from_bucket,
    b.unit AS to_unit, b.bucket AS to_bucket, t.at, t.recorded_at
FROM ledger.transfers t
JOIN ledger.balances f ON f.account = t.gives
JOIN ledger.balances b ON b.account = t.takes
WHERE t.case_id = %s ORDER BY t.position"""
_TRIAL = """
WITH standing AS (
    SELECT case_id, unit, bucket, sum(amount) AS cases FROM ledger.postings
    WHERE (unit, bucket) <> (%(outside_unit)s, %(outside_bucket)s)
    GROUP BY case_id, unit, bucket
), by_case AS (
    SELECT count(*) FILTER (WHERE cases = 1) AS ones, count(*) FILTER (WHERE cases NOT IN (0, 1)) AS odd
    FROM standing GROUP BY case_id
), accounts AS (
    SELECT unit, bucket, sum(amount) AS cases FROM ledger.postings GROUP BY unit, bucket
)
SELECT
    (SELECT coalesce(sum(cases), 0) FROM accounts),
    known.cases,
    known.cases - (SELECT count(*) FROM by_case WHERE ones = 1 AND odd = 0),
    (SELECT count(*) FROM accounts a FULL JOIN ledger.balances b USING (unit, bucket)
        WHERE a.cases IS DISTINCT FROM b.cases),
    known.position
FROM (
    SELECT count(DISTINCT case_id) AS cases, coalesce(max(position), 0) AS position FROM ledger.transfers
) known"""


def balances(
    connection: psycopg.Connection[Any], *, unit: str | None = None, scope: Scope | None = None
) -> list[Balance]:
    """Return the balances that aren't zero, by unit and bucket, without the account outside.

    `unit` asks for it and all below it. `scope` counts only cases that may be seen, from the postings, which
    is dearer than the balances.
    """
    conditions = [
        paging.literal("(unit, bucket) <> (%s, %s)", OUTSIDE.unit, OUTSIDE.bucket),
        None if unit is None else paging.under("unit", unit),
        paging.visible(scope, "account.case_id"),
    ]
    condition, values = paging.where(conditions)
    source = (
        "SELECT unit, bucket, cases, position FROM ledger.balances account WHERE {} AND cases <> 0"
        if scope is None
        else "SELECT unit, bucket, sum(amount)::bigint AS cases, max(position) AS position"
        " FROM ledger.postings account WHERE {} GROUP BY unit, bucket HAVING sum(amount) <> 0"
    )
    query = sql.SQL(source).format(condition) + sql.SQL(' ORDER BY unit COLLATE "C", bucket')
    with connection.cursor(row_factory=class_row(Balance)) as cursor:
        return cursor.execute(query, values).fetchall()


def statement(
    connection: psycopg.Connection[Any],
    unit: str,
    bucket: str,
    *,
    scope: Scope | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[Line]:
    """Return what came to an account and went, in the order of the log; `after` is the position last seen."""
    account = sql.SQL("(SELECT account FROM ledger.balances WHERE unit = %s AND bucket = %s)")
    condition, values = paging.where(
        [
            paging.literal("t.position > %s", after),
            paging.visible(scope, "t.case_id"),
        ]
    )
    query = sql.SQL(_STATEMENT).format(account=account, condition=condition)
    with connection.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(query, [*(unit, bucket, *values, limit) * 2, limit]).fetchall()


def transfers(connection: psycopg.Connection[Any], case: UUID) -> list[Transfer]:
    """Return the way of a case through the accounts, from outside to where it stands; unknown: empty."""
    with connection.cursor(row_factory=class_row(Transfer)) as cursor:
        return cursor.execute(_TRANSFERS, (case,)).fetchall()


def trial_balance(connection: psycopg.Connection[Any]) -> TrialBalance:
    """Add up all postings, each case's and each account's, from one snapshot."""
    outside = {"outside_unit": OUTSIDE.unit, "outside_bucket": OUTSIDE.bucket}
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_TRIAL, outside).fetchall()[0]
    return TrialBalance(*map(int, row))
