"""Rows that are packed here arrive as they are, and the types that are written are those of the tables."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from projections import schema
from projections.accountability.write import TRANSFERS
from projections.alarms.fold import AlarmRow
from projections.alarms.write import ALARMS
from projections.copying import Table, copy, upsert
from projections.entries.fold import NewEntry
from projections.entries.write import ENTRIES
from projections.escalation.fold import ClockRow, LapsedRow, RungRow
from projections.escalation.write import CLOCKS, LAPSED, RUNGS
from projections.schema import Connection
from projections.units.write import UNITS
from projections.whistles.fold import NewCall
from projections.whistles.write import WHISTLES
from projections.worklist.write import WORKLIST

pytestmark = pytest.mark.postgres

_EVERY = Table(
    "every_type",
    {
        "b": "bigint",
        "o": "boolean",
        "i": "integer",
        "s": "smallint",
        "t": "text",
        "a": "text[]",
        "m": "timestamp with time zone",
        "u": "uuid",
    },
)
_LATE, _EARLY = datetime(2150, 1, 1, tzinfo=UTC), datetime(1990, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
_ROWS = [
    (2**63 - 1, True, -(2**31), 2**15 - 1, "回音壁", ["东", "", "a,b"], _LATE, UUID(int=7)),
    (-(2**63), False, 0, -1, "", [], _EARLY, UUID(int=2**128 - 1)),
    (0, None, None, None, None, None, None, None),
]  # fmt: skip


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    columns = ", ".join(f"{name} {type_}" for name, type_ in _EVERY.columns.items())
    with psycopg.connect(url, autocommit=True) as found:
        found.execute(f"CREATE TABLE every_type ({columns}, PRIMARY KEY (b))".encode())
        yield found


def test_every_type_arrives_with_its_ends_and_with_nothing(connection: Connection) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        copy(cursor, _EVERY, _EVERY.pack(_ROWS))
        copy(cursor, _EVERY, _EVERY.pack([]))
    assert connection.execute("SELECT * FROM every_type ORDER BY b DESC").fetchall() == [
        _ROWS[0], _ROWS[2], _ROWS[1],
    ]  # fmt: skip


def test_rows_go_over_as_whoever_gives_way_hands_them_out(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = []

    def bit_by_bit(data: bytes) -> Iterator[bytes]:
        handed.append(data)
        return (data[place : place + 7] for place in range(0, len(data), 7))

    monkeypatch.setattr("projections.copying.pieces", bit_by_bit)
    copy(connection.cursor(), _EVERY, _EVERY.pack(_ROWS))
    assert connection.execute("SELECT count(*) FROM every_type").fetchone() == (len(_ROWS),)
    assert len(handed) == 1


def test_a_row_takes_the_place_of_the_one_with_its_key(connection: Connection) -> None:
    changed = (0, True, 1, 1, "x", ["y"], None, None)
    with connection.transaction(), connection.cursor() as cursor:
        copy(cursor, _EVERY, _EVERY.pack(_ROWS))
        upsert(cursor, _EVERY, ("b",), _EVERY.pack([changed]))
    assert connection.execute("SELECT * FROM every_type WHERE b = 0").fetchall() == [changed]
    assert connection.execute("SELECT count(*) FROM every_type").fetchone() == (3,)


def test_a_number_too_great_for_its_column_is_told_and_not_cut_off() -> None:
    with pytest.raises(OverflowError):
        Table("t", {"s": "smallint"}).pack([(2**15,)])
    with pytest.raises(UnicodeError):
        Table("t", {"t": "text"}).pack([("\ud800",)])


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (WORKLIST, None),
        (TRANSFERS, None),
        (CLOCKS, ClockRow._fields),
        (LAPSED, LapsedRow._fields),
        (RUNGS, RungRow._fields),
        (ENTRIES, NewEntry._fields),
        (UNITS, None),
        (WHISTLES, NewCall._fields),
        (ALARMS, AlarmRow._fields),
    ],
    ids=lambda value: value.name if isinstance(value, Table) else None,
)
def test_what_is_written_has_the_types_of_its_table(
    url: str, table: Table, names: tuple[str, ...] | None
) -> None:
    schema.install(url)
    query = """
        SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"""
    with psycopg.connect(url) as found:
        types: dict[str, str] = dict(found.execute(query, (f"{schema.LIVE}.{table.name}",)).fetchall())
    assert {name: types.get(name) for name in table.columns} == dict(table.columns)
    assert names is None or tuple(table.columns) == names
