"""Rows into tables by COPY in the binary format, written out where they are folded.

Whoever folds gives bytes, so that between processes no row is taken apart and put together again, and the one
that writes hands them to the server as they are.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from psycopg import sql

from engine.background import pieces
from projections.ledger import Cursor

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TEXT: Final = 25
"""Number of the type of a text array's elements."""

_INCOMING: Final = "incoming_"

Parts = Callable[[Iterable[Sequence[Any]]], list[bytes]]


@dataclass(frozen=True)
class Table:
    """A table, or those of its columns that are written.

    Attributes:
        columns: Type of each by its name; the types of `_ENCODE`.
    """

    name: str
    columns: Mapping[str, str]
    _parts: Parts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parts", _written_out(list(self.columns.values())))

    def pack(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """Return rows as COPY takes them; empty when there are none.

        Raises:
            OverflowError: A number is too great for its column.
            UnicodeError: A text can't be written in UTF-8.
        """
        try:
            return b"".join(self._parts(rows))
        except struct.error as error:
            raise OverflowError(f"A number is too great for its column in {self.name}: {error}") from error


def copy(cursor: Cursor, table: Table, rows: bytes) -> None:
    """Add packed rows to a table on the search path."""
    if rows:
        _copy(cursor, table.name, table.columns, rows)


def upsert(cursor: Cursor, table: Table, key: Sequence[str], rows: bytes) -> None:
    """Add packed rows or put them in the place of those with the same key; no key may come twice."""
    if not rows:
        return
    incoming, merge = _merging(table.name, tuple(table.columns), tuple(key))
    cursor.execute(incoming)
    _copy(cursor, _INCOMING + table.name, table.columns, rows)
    cursor.execute(merge)


def _copy(cursor: Cursor, name: str, columns: Iterable[str], rows: bytes) -> None:
    with cursor.copy(_copying(name, tuple(columns))) as stream:
        for piece in pieces(b"".join((_HEADER, rows, _TRAILER))):
            stream.write(piece)


@lru_cache
def _copying(name: str, columns: tuple[str, ...]) -> bytes:
    """Return the statement of a COPY; to put it together costs a small batch more than to send it."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)")
    return statement.format(sql.Identifier(name), _names(columns)).as_bytes()


@lru_cache
def _merging(name: str, columns: tuple[str, ...], key: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return what makes the table that takes incoming rows, and what puts these in their places."""
    table, incoming = sql.Identifier(name), sql.Identifier(_INCOMING + name)
    make = sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS")
    changes = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(one)) for one in columns if one not in key
    )
    merge = sql.SQL(
        "WITH taken AS (DELETE FROM {incoming} RETURNING {names}) "
        "INSERT INTO {table} ({names}) SELECT {names} FROM taken "
        "ON CONFLICT ({key}) DO UPDATE SET {changes}"
    ).format(incoming=incoming, table=table, names=_names(columns), key=_names(key), changes=changes)
    return make.format(incoming, table).as_bytes(), merge.as_bytes()


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _sized(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


@lru_cache(maxsize=8192)
def _text(value: str) -> bytes:
    """Most texts are codes and units, which come again and again."""
    return _sized(value.encode())


def _texts(values: Sequence[str]) -> bytes:
    shape = (1, 0, _TEXT, len(values), 1) if values else (0, 0, _TEXT)
    head = b"".join([one.to_bytes(4, "big") for one in shape])
    return _sized(head + b"".join([_text(one) for one in values]))


@lru_cache(maxsize=8192)
def _moment(value: datetime) -> bytes:
    """One moment stands in several rows: both legs of a posting, every event of a command."""
    return _INTEGERS["q"](8, (value - _EPOCH) // _MICROSECOND)


_INTEGERS: Final = {kind: struct.Struct(f">i{kind}").pack for kind in "hiq"}
"""Size and value of a whole number, by its format in `struct`."""
_ENCODE: Final[Mapping[str, str]] = {
    "bigint": "eight(8, {0})",
    "boolean": "(true if {0} else false)",
    "integer": "four(4, {0})",
    "smallint": "two(2, {0})",
    "text": "text({0})",
    "text[]": "texts({0})",
    "timestamp with time zone": "moment({0})",
    "uuid": "b'\\0\\0\\0\\x10' + {0}.int.to_bytes(16)",
}
"""How a value of each type goes over the wire if it isn't null, by the type's name in the catalogue."""
_SCOPE: Final = {
    "null": b"\xff\xff\xff\xff",
    "true": b"\0\0\0\x01\x01",
    "false": b"\0\0\0\x01\0",
    "two": _INTEGERS["h"],
    "four": _INTEGERS["i"],
    "eight": _INTEGERS["q"],
    "text": _text,
    "texts": _texts,
    "moment": _moment,
}


def _written_out(types: Sequence[str]) -> Parts:
    """Write the packing of a row out column by column: a loop with a call for each value costs more."""
    names = [f"c{place}" for place in range(len(types))]
    values = [
        f"null if {name} is None else {_ENCODE[type_].format(name)}"
        for name, type_ in zip(names, types, strict=True)
    ]
    lines = [
        "def parts(rows):",
        "    found = []",
        f"    for {', '.join(names)}, in rows:",
        f"        found += (count, {', '.join(values)})",
        "    return found",
    ]
    scope: dict[str, Any] = {**_SCOPE, "count": len(types).to_bytes(2, "big")}
    exec("\n".join(lines), scope)
    made: Parts = scope["parts"]
    return made
