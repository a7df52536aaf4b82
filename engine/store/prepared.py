"""Runs the store's statements through libpq itself: psycopg's cursors cost more than most of them take.

Everything goes over in binary form, each statement is prepared once a connection, and a call is one round
trip. psycopg's lock is left out, so a connection must be used by one thread at a time, as a pool's are.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult

from engine.store.arrays import Packed
from engine.store.statements import statement

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BIGINT: Final = struct.Struct(">q")
_DOUBLE: Final = struct.Struct(">d")
_DONE: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
_LENGTH: Final = struct.Struct(">i")
_ARRAY_HEADER: Final = 20


def _bytes(value: bytes) -> bytes:
    return value


_ENCODE: Final[dict[type, Callable[[Any], bytes]]] = {
    UUID: lambda value: value.bytes,
    int: _BIGINT.pack,
    str: str.encode,
    bytes: _bytes,
    datetime: lambda value: _BIGINT.pack((value - _EPOCH) // _MICROSECOND),
    **dict.fromkeys(Packed.__subclasses__(), _bytes),
}


def call(connection: psycopg.Connection[Any], name: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run `sql/NAME.sql` and return its rows.

    Args:
        connection: Used by this thread alone.
        name: Name of the statement.
        params: UUIDs, ints (as bigint), strings, bytes, moments, packed arrays or None, for $1, $2...

    Raises:
        psycopg.Error: As psycopg's cursors raise, by the server's code.
    """
    prepared: set[str] = connection.__dict__.setdefault("prepared_by_name", set())
    link = connection.pgconn
    if name not in prepared:
        _checked(connection, link.prepare(name.encode(), statement(name)))
        prepared.add(name)
    given: list[Any] = [None if one is None else _ENCODE[type(one)](one) for one in params]
    result = link.exec_prepared(name.encode(), given, [Format.BINARY] * len(given), Format.BINARY)
    return _rows(_checked(connection, result))


def _rows(result: PGresult) -> list[tuple[Any, ...]]:
    columns = [(at, _DECODE[result.ftype(at)]) for at in range(result.nfields)]
    value = result.get_value
    return [
        tuple(None if (raw := value(row, at)) is None else read(raw) for at, read in columns)
        for row in range(result.ntuples)
    ]


def _checked(connection: psycopg.Connection[Any], result: PGresult) -> PGresult:
    if result.status in _DONE:
        return result
    message = result.error_message.decode("utf-8", "replace").strip()
    if connection.pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError(message or "the connection is lost")
    state = result.error_field(67)  # PG_DIAG_SQLSTATE
    raise (_kind(state.decode()) if state else psycopg.DatabaseError)(message)


def _kind(state: str) -> type[psycopg.Error]:
    try:
        return errors.lookup(state)
    except KeyError:
        return psycopg.DatabaseError


def _elements(raw: bytes) -> Sequence[bytes]:
    if len(raw) < _ARRAY_HEADER:
        return ()
    found, at = [], _ARRAY_HEADER
    while at < len(raw):
        size = _LENGTH.unpack_from(raw, at)[0]
        found.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    return found


_DECODE: Final[dict[int, Callable[[bytes], Any]]] = {
    16: lambda raw: raw == b"\1",
    17: bytes,
    20: lambda raw: _BIGINT.unpack(raw)[0],
    23: lambda raw: _LENGTH.unpack(raw)[0],
    25: bytes.decode,
    701: lambda raw: _DOUBLE.unpack(raw)[0],
    1009: lambda raw: [one.decode() for one in _elements(raw)],
    1016: lambda raw: [_BIGINT.unpack(one)[0] for one in _elements(raw)],
    2950: lambda raw: UUID(bytes=raw),
}
"""How a column is read, by the number of its type; the store's statements give no others."""
