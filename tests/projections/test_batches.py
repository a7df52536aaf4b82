"""However the log is cut into batches, the ledgers are the same, and the books balance."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.store import PostgresStore
from projections import schema
from projections.accountability.view import trial_balance
from projections.batch import Batcher
from projections.rebuild import difference
from tests.projections.histories import book, store_log, walk

pytestmark = pytest.mark.postgres


@pytest.fixture
def connection(url: str) -> Iterator[schema.Connection]:
    with schema.connect(url) as opened:
        yield opened


def build(connection: schema.Connection, store: PostgresStore, name: str, sizes: list[int]) -> None:
    """Feed a schema of its own with batches of the sizes given, again and again."""
    with connection.transaction():
        schema.drop(connection, name)
        schema.create(connection, name)
    while True:
        for size in sizes:
            if not Batcher(store, book, size=size, into=name).step(connection).events:
                return


@pytest.mark.parametrize("seed", [2, 3])
def test_batch_boundaries_do_not_matter(
    url: str, store: PostgresStore, connection: schema.Connection, seed: int
) -> None:
    store_log(url, walk(seed, steps=80))
    build(connection, store, "whole", [10_000])

    @settings(max_examples=6, deadline=None, derandomize=True, database=None)
    @given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4))
    def check(sizes: list[int]) -> None:
        build(connection, store, "cut", sizes)
        assert difference(connection, "whole", "cut") is None

    check()


@pytest.mark.parametrize("seed", range(4, 8))
def test_all_postings_come_to_nothing_and_each_case_stands_on_one_account(
    url: str, store: PostgresStore, connection: schema.Connection, seed: int
) -> None:
    log = walk(seed)
    store_log(url, log)
    build(connection, store, schema.LIVE, [50])
    found = trial_balance(connection)
    assert found.sound
    assert found.cases == len({one.stream for one in log if one.name == "case.collected"})


def test_a_lost_transfer_is_noticed(url: str, store: PostgresStore, connection: schema.Connection) -> None:
    store_log(url, walk(4))
    build(connection, store, schema.LIVE, [50])
    connection.execute(
        "DELETE FROM ledger.transfers WHERE position = (SELECT min(position) FROM ledger.transfers)"
    )
    found = trial_balance(connection)
    assert not found.sound
    assert (found.total, found.unbalanced) == (0, 2)
    assert found.astray == 1


def test_a_lost_account_is_noticed(url: str, store: PostgresStore, connection: schema.Connection) -> None:
    store_log(url, walk(4))
    build(connection, store, schema.LIVE, [50])
    connection.execute("DELETE FROM ledger.balances WHERE bucket = 'outside'")
    found = trial_balance(connection)
    assert not found.sound
    assert found.total == found.cases
