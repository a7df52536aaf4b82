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
from psycopg import abc, errors
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult

from engine.store.arrays import Packed
from engine.store.statements import statement

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BIGINT: Final = struct.Struct(">q")
_DONE: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


def _bytes(value: bytes) -> bytes:
    return value


_ENCODE: Final[dict[type, Callable[[Any], bytes]]] = {
    UUID: lambda value: value.int.to_bytes(16),
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
    return _rows(connection, _checked(connection, result))


def _rows(connection: psycopg.Connection[Any], result: PGresult) -> list[tuple[Any, ...]]:
    """Read all rows with psycopg's own readers, which are compiled."""
    if not result.ntuples:
        return []
    reader: abc.Transformer | None = connection.__dict__.get("reader_of_rows")
    if reader is None:
        reader = connection.__dict__["reader_of_rows"] = Transformer(connection)
    reader.set_pgresult(result)
    try:
        return reader.load_rows(0, result.ntuples, tuple)
    finally:
        reader.set_pgresult(None)


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
