"""Whatever way a batch goes into the log, the same is read back."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.adapt import Transformer
from psycopg.pq import Format

from engine.migrate import migrate
from engine.store import Append, PostgresStore
from engine.store.arrays import bigints, blobs, moments, texts, uuids
from engine.store.write import Row, write
from tests.engine.support import BEGIN, batch, event

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def store(database: str) -> Iterator[PostgresStore]:
    migrate(database)
    with PostgresStore(database) as store:
        yield store


@pytest.mark.parametrize(
    ("pack", "type_", "values"),
    [
        (uuids, "uuid", [UUID(int=0), UUID(int=2**128 - 1)]),
        (bigints, "bigint", [0, -1, 2**63 - 1, -(2**63)]),
        (texts, "text", ["", "a b", "路灯坏了", '"{},\\']),
        (blobs, "bytea", [b"", b"\0\xff", b"x" * 100_000]),
        (
            moments,
            "timestamptz",
            [BEGIN, BEGIN + timedelta(microseconds=1), datetime(1970, 1, 1, tzinfo=UTC)],
        ),
        (texts, "text", []),
    ],
)
def test_packed_arrays_are_what_psycopg_makes_of_the_same_values(
    database: str, pack: Callable[[Sequence[Any]], bytes], type_: str, values: list[Any]
) -> None:
    with psycopg.connect(database) as connection:
        query = f"SELECT %b::{type_}[]".encode()
        row = connection.execute(query, (values,), binary=True).fetchone()
        sent = connection.pgconn.exec_params(f"SELECT $1::{type_}[]".encode(), [pack(values)], None, [1], 1)
        loader = Transformer(connection).get_loader(sent.ftype(0), Format.BINARY)
        raw = loader.load(sent.get_value(0, 0) or b"")
    assert row is not None
    assert raw == row[0] == values


def test_the_short_way_records_what_the_long_way_records(store: PostgresStore) -> None:
    short, long = batch(event(uuid4(), 1)), batch(event(uuid4(), 1))
    row = long.commands[0]
    other = batch(event(uuid4(), 1))  # a second event, so that the arrays are taken
    store.append(short)
    store.append(Append([*long.events, *other.events], long.commands))
    found = store.answers([short.commands[0].id, row.id])
    assert found[short.commands[0].id][3:5] == found[row.id][3:5] == (1, row.events)
    assert {one.version for one in (*store.load(short.events[0].stream), *store.load(row.stream))} == {1}
    assert found[row.id].position == store.load(row.stream)[0].position


def test_events_of_a_batch_draw_rising_positions_in_their_order(store: PostgresStore) -> None:
    streams = [uuid4() for _ in range(500)]
    rows = [Row(stream, 1, "case.screened", b"{}") for stream in streams]
    positions = store.run(lambda session: write(session, rows, Append()))
    assert list(positions) == sorted(set(positions))
    stored = store.read_raw(positions[0] - 1, 500)
    assert [raw.stream for raw in stored] == streams


def test_an_empty_batch_records_nothing(store: PostgresStore) -> None:
    before = store.count()
    assert store.append(Append()) == []
    assert store.count() == before


def test_whose_a_case_is_comes_with_its_events(store: PostgresStore) -> None:
    made = batch(event(uuid4(), 1))
    store.append(made)
    loaded = store.load_owned(made.events[0].stream)
    assert ([one.version for one in loaded.events], loaded.owner) == ([1], None)
    assert store.load_owned(uuid4()) == ([], None)
