"""The audit finds what a ledger says beyond its events, and names the first place."""

import pytest

from engine.store import PostgresStore
from projections import schema
from projections.projector import Projector
from projections.reconcile import reconcile
from tests.projections.histories import book, store_log, walk

pytestmark = pytest.mark.postgres


@pytest.fixture
def fed(url: str, store: PostgresStore) -> str:
    store_log(url, walk(31))
    Projector(url, store, book).catch_up()
    return url


def test_an_untouched_ledger_is_sound(fed: str, store: PostgresStore) -> None:
    found = reconcile(fed)
    assert found.sound, found.findings
    assert found.events == store.count()
    assert found.cases > 1
    assert reconcile(fed, sample=1).cases == 1


@pytest.mark.parametrize(
    ("tampering", "check"),
    [
        ("UPDATE ledger.worklist SET stage = 'refused'", "cases"),
        ("UPDATE ledger.worklist SET unit = 'yuhua.lost'", "cases"),
        ("DELETE FROM ledger.worklist", "cases"),
        ("UPDATE ledger.tallies SET applied = applied - 1 WHERE ledger = 'entries'", "counts"),
        ("UPDATE ledger.tallies SET hash = hash + 1 WHERE ledger = 'escalation'", "hashes"),
        ("DELETE FROM ledger.postings WHERE amount = 1", "trial_balance"),
        ("UPDATE ledger.balances SET cases = cases + 1", "balances"),
        (
            "UPDATE ledger.postings SET unit = 'yuhua.lost' WHERE amount = -1 AND bucket <> 'outside'",
            "one_account",
        ),
    ],
)
def test_tampering_is_found(fed: str, tampering: str, check: str) -> None:
    with schema.connect(fed) as connection:
        connection.execute(tampering.encode())
    assert check in {finding.check for finding in reconcile(fed).findings}
