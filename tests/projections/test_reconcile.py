"""The audit finds what a ledger says beyond its events, and names the first place."""

from contextlib import suppress
from typing import Any

import psycopg
import pytest

from engine.store import PostgresStore
from projections import schema
from projections.ledgers import LEDGERS
from projections.projector import Projector
from projections.reconcile import reconcile
from tests.projections.histories import book, store_log, walk

pytestmark = pytest.mark.postgres


@pytest.fixture
def fed(url: str, store: PostgresStore) -> str:
    store_log(url, walk(9))  # one in which units are held accountable
    Projector(url, store, book).catch_up()
    return url


def test_an_untouched_ledger_is_sound(fed: str, store: PostgresStore) -> None:
    found = reconcile(fed, book())
    assert found.sound, found.findings
    assert found.events == store.count()
    assert found.cases > 1
    assert reconcile(fed, book(), sample=1).cases == 1
    assert reconcile(fed).sound


def found_by(url: str, tampering: str, **options: int) -> dict[str, str]:
    """What the audit says of one change by hand, which is undone again."""
    with schema.connect(url) as connection:
        changed = connection.execute(tampering.encode()).rowcount
    assert changed > 0, "nothing was changed"
    return {finding.check: finding.detail for finding in reconcile(url, book(), **options).findings}


GHOST = "00000000-0000-4000-8000-00000000beef"
PHANTOM = f"""
WITH booked AS (
    INSERT INTO ledger.transfers
    SELECT max(position) + 1, (SELECT account FROM ledger.balances WHERE bucket = 'outside'), 1, '{GHOST}', 1,
        now(), now()
    FROM ledger.transfers RETURNING *
)
INSERT INTO ledger.balances
SELECT b.unit, b.bucket, b.account, -1, t.case_id, t.version, t.position
FROM booked t JOIN ledger.balances b ON b.account = t.gives
UNION ALL SELECT 'yuhua.ghost', 'in_hand', t.takes, 1, t.case_id, t.version, t.position FROM booked t
ON CONFLICT (unit, bucket) DO UPDATE SET cases = balances.cases + excluded.cases, case_id = excluded.case_id,
    version = excluded.version, position = excluded.position"""
TAMPERINGS = [
    ("UPDATE ledger.tallies SET applied = applied - 1 WHERE ledger = 'entries'", "counts"),
    ("UPDATE ledger.tallies SET hash = hash + 1 WHERE ledger = 'escalation'", "hashes"),
    ("DELETE FROM ledger.balances WHERE bucket <> 'outside'", "trial_balance"),
    ("UPDATE ledger.balances SET cases = cases + 1", "balances"),
    ("UPDATE ledger.balances SET position = position - 1", "balances"),
    ("DELETE FROM ledger.transfers WHERE version = 1", "one_account"),
    ("UPDATE ledger.transfers SET at = at + interval '1 hour'", "postings"),
    (PHANTOM, "supported"),
    (PHANTOM, "postings"),
    ("DELETE FROM ledger.worklist", "present"),
    ("DELETE FROM ledger.worklist", "worklist"),
    ("DELETE FROM ledger.clocks", "clocks"),
    ("DELETE FROM ledger.exclusions", "exclusions"),
    ("DELETE FROM ledger.rungs", "rungs"),
    ("DELETE FROM ledger.entries", "entries"),
    ("DELETE FROM ledger.units", "units"),
    ("UPDATE ledger.units SET path = ARRAY['elsewhere'] || path WHERE parent IS NOT NULL", "unit_paths"),
    (
        "INSERT INTO ledger.lapsed SELECT case_id, '1/resolve', version, position, 3 FROM ledger.worklist",
        "lapsed",
    ),
]
"""What was changed, and the check that must say so."""


@pytest.mark.parametrize(("tampering", "check"), TAMPERINGS)
def test_tampering_is_found(fed: str, tampering: str, check: str) -> None:
    assert check in found_by(fed, tampering)


CHANGES = {
    "text": "{0} || 'x'",
    "bigint": "{0} + 1000000",
    "integer": "{0} + 1000000",
    "boolean": "NOT {0}",
    "timestamp with time zone": "{0} + interval '9 days'",
    "uuid": "gen_random_uuid()",
    "ARRAY": "{0} || ARRAY['x']",
}


def test_a_change_of_any_column_of_any_ledger_is_found(fed: str) -> None:
    """One value in one row is enough, whatever the table; a column that is added must be audited, too."""
    query = """
        SELECT table_name, column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'ledger' AND table_name = ANY(%s) AND is_generated = 'NEVER'
        ORDER BY table_name, ordinal_position"""
    owned = [table for ledger in LEDGERS for table in ledger.tables]
    unseen, changed = [], set()
    with schema.connect(fed) as connection:
        for table, column, kind in connection.execute(query, (owned,)).fetchall():
            was = _spoil(connection, table, column, CHANGES[kind].format(column))
            if was is None:
                continue
            if not reconcile(fed, book()).findings:
                unseen.append(f"{table}.{column}")
            connection.execute(f"UPDATE ledger.{table} SET {column} = %s WHERE ctid = %s".encode(), was)
            changed.add(table)
    assert unseen == []
    assert changed >= {
        *("worklist", "transfers", "balances", "clocks", "exclusions", "rungs", "entries", "units"),
    }
    assert reconcile(fed, book()).sound


def _spoil(connection: schema.Connection, table: str, column: str, change: str) -> tuple[Any, ...] | None:
    """Change a value in the first row that takes it; return what it was, and where it is now."""
    query = f"SELECT {column}, ctid FROM ledger.{table} WHERE {column} IS NOT NULL"
    update = f"UPDATE ledger.{table} SET {column} = {change} WHERE ctid = %s RETURNING ctid"
    for was, place in connection.execute(query.encode()).fetchall():
        with suppress(psycopg.errors.UniqueViolation), connection.transaction():
            moved = connection.execute(update.encode(), (place,)).fetchall()
            return was, *moved[0]
    return None


def test_the_first_difference_names_the_case_the_column_and_both_values(fed: str) -> None:
    found = found_by(
        fed,
        "UPDATE ledger.worklist SET category = 'x'"
        " WHERE case_id = (SELECT case_id FROM ledger.worklist ORDER BY 1 LIMIT 1)",
    )
    assert list(found) == ["worklist"]
    assert "worklist.category says 'x', its events '" in found["worklist"]


def test_what_needs_no_fold_is_found_by_a_sample_too(fed: str) -> None:
    assert "supported" in found_by(fed, PHANTOM, sample=1)


def test_an_audit_without_rules_compares_what_does_not_follow_from_them(fed: str) -> None:
    with schema.connect(fed) as connection:
        connection.execute("UPDATE ledger.clocks SET due_at = due_at + interval '1 day'")
        assert reconcile(fed).sound
        connection.execute("UPDATE ledger.clocks SET owner = 'yuhua.lost'")
    assert {finding.check for finding in reconcile(fed).findings} == {"clocks"}
