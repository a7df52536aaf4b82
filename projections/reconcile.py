"""An audit of the ledgers against the log, sharing nothing with what fed them: own SQL, fresh folds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from domain.case.buckets import account
from domain.case.events import CaseEvent
from domain.case.evolve import evolve
from domain.case.state import Case
from engine.codec import Raw, decode_raw
from engine.errors import EngineError
from projections import schema

Connection = psycopg.Connection[tuple[Any, ...]]

_PASSED: Final = "notification_id <= (SELECT position FROM ledger.progress)"
_COUNTS: Final = f"""
SELECT t.ledger, t.applied, (SELECT coalesce(sum(count), 0) FROM ledger.parked p WHERE p.ledger = t.ledger),
    (SELECT count(*) FROM log.events WHERE {_PASSED})
FROM ledger.tallies t ORDER BY t.ledger"""
# The hash of projections.tail.digest: sums of its four 32-bit parts stand for the sum of 128-bit numbers.
_HASHES: Final = f"""
WITH hashed AS MATERIALIZED (
    SELECT originator_id AS stream, notification_id AS position, sha256(
        int8send(notification_id) || uuid_send(originator_id) || int8send(originator_version)
        || convert_to(topic, 'UTF8') || state
    ) AS hash FROM log.events WHERE {_PASSED}
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
SELECT unit, bucket, p.cases, b.cases FROM
    (SELECT unit, bucket, sum(amount) AS cases FROM ledger.postings GROUP BY unit, bucket) p
    FULL JOIN ledger.balances b USING (unit, bucket)
WHERE p.cases IS DISTINCT FROM b.cases ORDER BY unit, bucket LIMIT 1"""
_EVENTS: Final = f"""
SELECT notification_id, originator_id, originator_version, topic, state FROM log.events
WHERE {_PASSED} AND (%(chosen)s::uuid[] IS NULL OR originator_id = ANY(%(chosen)s::uuid[]))
ORDER BY originator_id, originator_version"""
# The position salts the choice, so that repeated samples look at other cases.
_CHOICE: Final = f"""
SELECT originator_id FROM log.events
WHERE originator_version = 1 AND topic = 'case.collected' AND {_PASSED}
ORDER BY md5(originator_id::text || (SELECT position FROM ledger.progress)) LIMIT %s"""
_ROWS: Final = """
SELECT case_id, stage, unit, bucket, version, position FROM ledger.worklist
WHERE %(chosen)s::uuid[] IS NULL OR case_id = ANY(%(chosen)s::uuid[])"""
_STANDING: Final = """
SELECT case_id, unit, bucket FROM ledger.postings
WHERE %(chosen)s::uuid[] IS NULL OR case_id = ANY(%(chosen)s::uuid[])
GROUP BY case_id, unit, bucket HAVING sum(amount) = 1"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be; `detail` names the first place."""

    check: str
    detail: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit looked at and found.

    Attributes:
        position: Of the ledgers.
        events: Events in the log up to it.
        cases: Cases that were folded afresh.
        parked: (ledger, stream) pairs that stand aside; what they hold is not compared.
    """

    position: int
    events: int
    cases: int
    parked: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def reconcile(url: str, *, sample: int | None = None) -> Audit:
    """Compare the ledgers with the log, in one snapshot while both go on.

    Args:
        url: Connection string of a role that may read the log and the ledgers.
        sample: Most cases to fold afresh; None folds all.

    Raises:
        Unavailable: unavailable.
    """
    with schema.connect(url) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        position = _number(connection, "SELECT position FROM ledger.progress")
        findings = [
            Finding(name, detail)
            for name, check in _CHECKS.items()
            if (detail := check(connection)) is not None
        ]
        chosen = (
            None if sample is None else [row[0] for row in connection.execute(_CHOICE, (sample,)).fetchall()]
        )
        cases, difference = _compare_cases(connection, chosen)
        if difference is not None:
            findings.append(Finding("cases", difference))
        return Audit(
            position=position,
            events=_number(connection, f"SELECT count(*) FROM log.events WHERE {_PASSED}"),
            cases=cases,
            parked=_number(connection, "SELECT count(*) FROM ledger.parked"),
            findings=tuple(findings),
        )


def _check_counts(connection: Connection) -> str | None:
    for ledger, applied, parked, stored in connection.execute(_COUNTS).fetchall():
        if applied + parked != stored:
            return f"{ledger}: {applied} applied and {parked} parked, but {stored} stored"
    return None


def _check_hashes(connection: Connection) -> str | None:
    for ledger, kept, *sums in connection.execute(_HASHES).fetchall():
        a, b, c, d = map(int, sums)
        found = ((a << 96) + (b << 64) + (c << 32) + d) % 2**128
        if int(kept) != found:
            return f"{ledger}: the hash of what it applied is not that of the log"
    return None


def _check_trial_balance(connection: Connection) -> str | None:
    total = _number(connection, _TRIAL)
    return f"all postings come to {total}" if total else None


def _check_accounts(connection: Connection) -> str | None:
    row = connection.execute(_ASTRAY).fetchone()
    return None if row is None else f"{row[0]} stands on {', '.join(row[1])}"


def _check_balances(connection: Connection) -> str | None:
    row = connection.execute(_BALANCES).fetchone()
    return None if row is None else f"{row[0]} {row[1]}: postings come to {row[2]}, the balance says {row[3]}"


_CHECKS: Final[dict[str, Callable[[Connection], str | None]]] = {
    "counts": _check_counts,
    "hashes": _check_hashes,
    "trial_balance": _check_trial_balance,
    "one_account": _check_accounts,
    "balances": _check_balances,
}


def _compare_cases(connection: Connection, chosen: list[UUID] | None) -> tuple[int, str | None]:
    """Fold cases afresh, compare each with its row and account; return how many, and what differs first."""
    params = {"chosen": chosen}
    rows = {row[0]: row[1:] for row in connection.execute(_ROWS, params).fetchall()}
    standing = {row[0]: row[1:] for row in connection.execute(_STANDING, params).fetchall()}
    aside: dict[str, set[UUID]] = {"worklist": set(), "accountability": set()}
    for ledger, stream in connection.execute("SELECT ledger, stream FROM ledger.parked").fetchall():
        aside.setdefault(ledger, set()).add(stream)
    count, first = 0, None
    for stream, case, position in _fresh(connection, chosen):
        count += 1
        unit, bucket = account(case)
        expected = (case.stage.value, unit, bucket.value, case.version, position)
        row, stands = rows.pop(stream, None), standing.pop(stream, None)
        if stream not in aside["worklist"] and row != expected:
            first = first or f"{stream}: the worklist says {row}, its events {expected}"
        if stream not in aside["accountability"] and stands != (unit, bucket.value):
            first = first or f"{stream}: it stands on {stands}, by its events on {(unit, bucket.value)}"
    strangers = [one for one in rows if one not in aside["worklist"]]
    return count, first or (f"{strangers[0]}: in the worklist, but not in the log" if strangers else None)


def _fresh(connection: Connection, chosen: list[UUID] | None) -> Iterator[tuple[UUID, Case, int]]:
    """Yield each case that can be read, folded from its stored events, with the position of the last."""
    with connection.cursor("audit", row_factory=tuple_row) as cursor:
        cursor.itersize = 5_000
        cursor.execute(_EVENTS, {"chosen": chosen})
        for stream, rows in groupby(cursor, key=lambda row: row[1]):
            raws = [Raw(*row) for row in rows]
            case = _folded(raws)
            if case is not None:
                yield stream, case, raws[-1].position


def _folded(raws: list[Raw]) -> Case | None:
    case: Case | None = None
    try:
        for raw in raws:
            event = decode_raw(raw).event
            if not isinstance(event, CaseEvent):
                return None
            case = evolve(case, event)
    except (EngineError, ValueError):
        return None
    return case


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return 0 if row is None else int(row[0])
