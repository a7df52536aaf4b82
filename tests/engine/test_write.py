"""Whatever way a batch goes into the log, the same is read back."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.adapt import Transformer
from psycopg.pq import Format

from engine.errors import Conflict
from engine.migrate import migrate
from engine.store import Append, PersonRow, PostgresStore, ValueRow, VaultRows
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


@pytest.mark.parametrize("also", [False, True], ids=["short", "long"])
def test_a_version_follows_one_that_is_there(store: PostgresStore, also: bool) -> None:
    stream, others = uuid4(), batch(event(uuid4(), 1)).events if also else ()
    store.append(batch(event(stream, 1)))
    for version, taken in ((3, False), (2, True), (4, False), (3, True)):
        made = batch(event(stream, version))
        whole = Append([*made.events, *others], made.commands)
        if taken:
            store.append(whole)
            others = batch(event(uuid4(), 1)).events if also else ()
        else:
            with pytest.raises(Conflict):
                store.append(whole)
    assert [one.version for one in store.load(stream)] == [1, 2, 3]


def _values(person: UUID, count: int) -> list[ValueRow]:
    return [ValueRow(uuid4().bytes, person, f"collect.claims.{n}", b"salt", b"sealed") for n in range(count)]


def _vault(database: str, case: UUID) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        query = (
            "SELECT person, wrapped_key, commitment, field, salt, sealed FROM vault.cases JOIN vault.persons "
            "USING (person) LEFT JOIN vault.values USING (person) WHERE case_id = %s ORDER BY field"
        )
        return connection.execute(query, (case,)).fetchall()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_personal_values_go_the_short_way_and_are_those_of_the_long_way(
    store: PostgresStore, database: str, count: int
) -> None:
    for also in ((), batch(event(uuid4(), 1)).events):  # a second event, so that the arrays are taken
        case, person = uuid4(), uuid4()
        made, values = batch(event(case, 1)), _values(person, count)
        vault = VaultRows([PersonRow(person, b"key")], [(case, person)], values)
        store.append(Append([*made.events, *also], made.commands, vault))
        expected: list[tuple[Any, ...]] = [
            (person, b"key", one.commitment, one.field, one.salt, one.sealed) for one in values
        ]
        assert _vault(database, case) == (expected or [(person, b"key", None, None, None, None)])
        later, more = batch(event(case, 2)), _values(person, 1)
        store.append(Append(later.events, later.commands, VaultRows(values=more)))
        assert len(_vault(database, case)) == count + 1


def test_values_of_two_owners_and_of_an_unknown_one(store: PostgresStore, database: str) -> None:
    one, other = (uuid4(), uuid4()), (uuid4(), uuid4())
    made = batch(event(one[0], 1))
    rows = VaultRows(
        [PersonRow(one[1], b"a"), PersonRow(other[1], b"b")],
        [one, other],
        _values(one[1], 1) + _values(other[1], 2),
    )
    store.append(Append(made.events, made.commands, rows))
    assert [len(_vault(database, case)) for case, _ in (one, other)] == [1, 2]
    with pytest.raises(Conflict):
        later = batch(event(one[0], 2))
        store.append(Append(later.events, later.commands, VaultRows(values=_values(uuid4(), 1))))
    assert store.versions([one[0]]) == [1]


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
