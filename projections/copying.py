"""Rows into tables by COPY in the binary format, written out where they are folded.

Whoever folds gives bytes, so that between processes no row is taken apart and put together again, and the one
that writes hands them to the server as they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from psycopg import sql

from projections.ledger import Cursor

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TEXT: Final = 25
"""Number of the type of a text array's elements."""

Encode = Callable[[Any], bytes]


@dataclass(frozen=True)
class Table:
    """A table, or those of its columns that are written.

    Attributes:
        columns: Type of each by its name; the types of `_ENCODE`.
    """

    name: str
    columns: Mapping[str, str]
    _encode: Sequence[Encode] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_encode", [_ENCODE[one] for one in self.columns.values()])

    def pack(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """Return rows as COPY takes them; empty when there are none.

        Raises:
            OverflowError: A number is too great for its column.
            UnicodeError: A text can't be written in UTF-8.
        """
        encode = self._encode
        count = len(encode).to_bytes(2, "big")
        return b"".join(
            [
                part
                for row in rows
                for part in (count, *[write(value) for write, value in zip(encode, row, strict=True)])
            ]
        )


def copy(cursor: Cursor, table: Table, rows: bytes) -> None:
    """Add packed rows to a table on the search path."""
    if rows:
        _copy(cursor, table.name, table.columns, rows)


def upsert(cursor: Cursor, table: Table, key: Sequence[str], rows: bytes) -> None:
    """Add packed rows or put them in the place of those with the same key; no key may come twice."""
    if not rows:
        return
    incoming = f"incoming_{table.name}"
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS").format(
            sql.Identifier(incoming), sql.Identifier(table.name)
        )
    )
    _copy(cursor, incoming, table.columns, rows)
    changes = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(one)) for one in table.columns if one not in key
    )
    cursor.execute(
        sql.SQL(
            "WITH taken AS (DELETE FROM {incoming} RETURNING {names}) "
            "INSERT INTO {table} ({names}) SELECT {names} FROM taken "
            "ON CONFLICT ({key}) DO UPDATE SET {changes}"
        ).format(
            incoming=sql.Identifier(incoming),
            table=sql.Identifier(table.name),
            names=_names(table.columns),
            key=_names(key),
            changes=changes,
        )
    )


def _copy(cursor: Cursor, name: str, columns: Iterable[str], rows: bytes) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(name), _names(columns)
    )
    with cursor.copy(statement) as stream:
        stream.write(b"".join((_HEADER, rows, _TRAILER)))


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _sized(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


@lru_cache(maxsize=8192)
def _text(value: str | None) -> bytes:
    """Most texts are codes and units, which come again and again."""
    return _NULL if value is None else _sized(value.encode())


def _texts(values: Sequence[str] | None) -> bytes:
    if values is None:
        return _NULL
    shape = (1, 0, _TEXT, len(values), 1) if values else (0, 0, _TEXT)
    head = b"".join([one.to_bytes(4, "big") for one in shape])
    return _sized(head + b"".join([_text(one) for one in values]))


def _moment(value: datetime | None) -> bytes:
    if value is None:
        return _NULL
    span = value - _EPOCH
    microseconds = (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
    return b"\0\0\0\x08" + microseconds.to_bytes(8, "big", signed=True)


def _whole(size: int) -> Encode:
    head = size.to_bytes(4, "big")

    def encode(value: int | None) -> bytes:
        return _NULL if value is None else head + value.to_bytes(size, "big", signed=True)

    return encode


_ENCODE: Final[Mapping[str, Encode]] = {
    "bigint": _whole(8),
    "boolean": lambda value: _NULL if value is None else (b"\0\0\0\x01\x01" if value else b"\0\0\0\x01\0"),
    "integer": _whole(4),
    "smallint": _whole(2),
    "text": _text,
    "text[]": _texts,
    "timestamp with time zone": _moment,
    "uuid": lambda value: _NULL if value is None else b"\0\0\0\x10" + value.bytes,
}
"""How a value of each type goes over the wire, by the type's name in the catalogue of the server."""
