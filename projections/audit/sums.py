"""Numbers that must agree: counts and hashes with the log, postings with each other and the balances."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]
Check = Callable[[Connection], str | None]
"""Returns the first place where something is not as it must be; None when all is well."""

PASSED: Final = "notification_id <= (SELECT position FROM ledger.progress)"
_COUNTS: Final = f"""
SELECT t.ledger, t.applied, (SELECT coalesce(sum(count), 0) FROM ledger.parked p WHERE p.ledger = t.ledger),
    (SELECT count(*) FROM log.events WHERE {PASSED})
FROM ledger.tallies t ORDER BY t.ledger"""
# The hash of projections.tail.digest: sums of its four 32-bit parts stand for the sum of 128-bit numbers.
_HASHES: Final = f"""
WITH hashed AS MATERIALIZED (
    SELECT originator_id AS stream, notification_id AS position, sha256(
        int8send(notification_id) || uuid_send(originator_id) || int8send(originator_version)
        || convert_to(topic, 'UTF8') || state
    ) AS hash FROM log.events WHERE {PASSED}
), cut AS MATERIALIZED (
    SELECT stream, position,
        ('x' || encode(substr(hash, 1, 4), 'hex'))::bit(32)::bigint AS a,
        ('x' || encode(substr(hash, 5, 4), 'hex'))::bit(32)::bigint AS b,
        ('x' || encode(substr(hash, 9, 4), 'hex'))::bit(32)::bigint AS c,
        ('x' || encode(substr(hash, 13, 4), 'hex'))::bit(32)::bigint AS d
    FROM hashed
)
SELECT t.ledger, t.hash, s.a, s.b, s.c, s.d
FROM ledger.tallies t CROSS JOIN LATERAL (
    SELECT coalesce(sum(a), 0) AS a, coalesce(sum(b), 0) AS b,
        coalesce(sum(c), 0) AS c, coalesce(sum(d), 0) AS d
    FROM cut LEFT JOIN ledger.parked p
        ON p.ledger = t.ledger AND p.stream = cut.stream AND cut.position >= p.position
    WHERE p.stream IS NULL
) s ORDER BY t.ledger"""
_TRIAL: Final = "SELECT coalesce(sum(amount), 0) FROM ledger.postings"
_ASTRAY: Final = """
SELECT case_id, array_agg(unit || ' ' || bucket || ' ' || cases ORDER BY unit, bucket) FROM (
    SELECT case_id, unit, bucket, sum(amount) AS cases FROM ledger.postings
    WHERE unit <> '(outside)' GROUP BY case_id, unit, bucket
) standing
WHERE cases <> 0 GROUP BY case_id HAVING count(*) <> 1 OR min(cases) <> 1 ORDER BY case_id LIMIT 1"""
_BALANCES: Final = """
WITH summed AS (
    SELECT unit COLLATE "C" AS unit, bucket, sum(amount) AS cases, max(position) AS position
    FROM ledger.postings GROUP BY 1, 2
), backed AS (
    SELECT s.*, p.case_id, p.version FROM summed s
    JOIN ledger.postings p ON p.unit = s.unit AND p.bucket = s.bucket AND p.position = s.position
)
SELECT unit, bucket, backed.cases, balances.cases, balances.position
FROM backed FULL JOIN ledger.balances USING (unit, bucket)
WHERE (backed.cases, backed.case_id, backed.version, backed.position)
    IS DISTINCT FROM (balances.cases, balances.case_id, balances.version, balances.position)
ORDER BY unit, bucket LIMIT 1"""


def _counts(connection: Connection) -> str | None:
    for ledger, applied, parked, stored in connection.execute(_COUNTS).fetchall():
        if applied + parked != stored:
            return f"{ledger}: {applied} applied and {parked} parked, but {stored} stored"
    return None


def _hashes(connection: Connection) -> str | None:
    for ledger, kept, *sums in connection.execute(_HASHES).fetchall():
        a, b, c, d = map(int, sums)
        found = ((a << 96) + (b << 64) + (c << 32) + d) % 2**128
        if int(kept) != found:
            return f"{ledger}: the hash of what it applied is not that of the log"
    return None


def _trial_balance(connection: Connection) -> str | None:
    row = connection.execute(_TRIAL).fetchone()
    return f"all postings come to {row[0]}" if row is not None and row[0] else None


def _one_account(connection: Connection) -> str | None:
    row = connection.execute(_ASTRAY).fetchone()
    return None if row is None else f"{row[0]} stands on {', '.join(row[1])}"


def _balances(connection: Connection) -> str | None:
    row = connection.execute(_BALANCES).fetchone()
    if row is None:
        return None
    unit, bucket, posted, kept, position = row
    return f"{unit} {bucket}: postings come to {posted}, the balance says {kept}, last moved at {position}"


SUMS: Final[Mapping[str, Check]] = {
    "counts": _counts,
    "hashes": _hashes,
    "trial_balance": _trial_balance,
    "one_account": _one_account,
    "balances": _balances,
}
