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


_STATEMENT = """
SELECT p.position, p.case_id, p.version, p.amount,
    c.unit AS counter_unit, c.bucket AS counter_bucket, p.at, p.recorded_at
FROM ledger.postings p
JOIN ledger.postings c ON c.position = p.position AND c.amount = -p.amount
WHERE {} ORDER BY p.position LIMIT %s"""
_TRANSFERS = """
SELECT p.position, p.case_id, p.version, f.unit AS from_unit, f.bucket AS from_bucket,
    p.unit AS to_unit, p.bucket AS to_bucket, p.at, p.recorded_at
FROM ledger.postings p
JOIN ledger.postings f ON f.position = p.position AND f.amount = -1
WHERE p.amount = 1 AND p.case_id = %s ORDER BY p.position"""
# Everything is added up from single postings: nothing here relies on their having been written in pairs.
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
    (SELECT coalesce(sum(amount), 0) FROM ledger.postings),
    (SELECT count(DISTINCT case_id) FROM ledger.postings),
    (SELECT count(DISTINCT case_id) FROM ledger.postings)
        - (SELECT count(*) FROM by_case WHERE ones = 1 AND odd = 0),
    (SELECT count(*) FROM accounts a FULL JOIN ledger.balances b USING (unit, bucket)
        WHERE a.cases IS DISTINCT FROM b.cases),
    (SELECT coalesce(max(position), 0) FROM ledger.postings)"""


def balances(
    connection: psycopg.Connection[Any], *, unit: str | None = None, scope: Scope | None = None
) -> list[Balance]:
    """Return the balances that aren't zero, by unit and bucket, without the account outside.

    `unit` asks for it and all below it. `scope` counts only cases that may be seen, from the postings, which
    is dearer than the balances.
    """
    conditions = [
        paging.literal("(unit, bucket) <> (%s, %s)", *OUTSIDE),
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
    conditions = [
        paging.equals("p.unit", unit),
        paging.equals("p.bucket", bucket),
        paging.literal("p.position > %s", after),
        paging.visible(scope, "p.case_id"),
    ]
    condition, values = paging.where(conditions)
    with connection.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(sql.SQL(_STATEMENT).format(condition), [*values, limit]).fetchall()


def transfers(connection: psycopg.Connection[Any], case: UUID) -> list[Transfer]:
    """Return the way of a case through the accounts, from outside to where it stands; unknown: empty."""
    with connection.cursor(row_factory=class_row(Transfer)) as cursor:
        return cursor.execute(_TRANSFERS, (case,)).fetchall()


def trial_balance(connection: psycopg.Connection[Any]) -> TrialBalance:
    """Add up all postings, each case's and each account's, from one snapshot."""
    outside = {"outside_unit": OUTSIDE[0], "outside_bucket": OUTSIDE[1]}
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_TRIAL, outside).fetchall()[0]
    return TrialBalance(*map(int, row))
