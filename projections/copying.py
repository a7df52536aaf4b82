"""Rows into tables by COPY, so that a batch costs the same few statements whatever its size."""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import sql

from projections.ledger import Cursor

_TYPES: Final[dict[str, dict[str, int]]] = {}


def copy(cursor: Cursor, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add rows to a table on the search path; the server refuses what a column can't hold."""
    if not rows:
        return
    with cursor.copy(_statement(table, columns, "")) as stream:
        for row in rows:
            stream.write_row(row)


def copy_binary(cursor: Cursor, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add rows in the binary format, which costs a fraction.

    Only for columns of `bigint` or of numbers that can't be too great: others are cut off without a word.
    """
    if not rows:
        return
    known = _types(cursor, table)
    with cursor.copy(_statement(table, columns, " (FORMAT BINARY)")) as stream:
        stream.set_types([known[column] for column in columns])
        for row in rows:
            stream.write_row(row)


def upsert(
    cursor: Cursor, table: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Add rows or put them in the place of those with the same key; no key may come twice."""
    if not rows:
        return
    incoming = f"incoming_{table}"
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS").format(
            sql.Identifier(incoming), sql.Identifier(table)
        )
    )
    copy_binary(cursor, incoming, columns, rows)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    changes = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(one)) for one in columns if one not in key
    )
    cursor.execute(
        sql.SQL(
            "WITH taken AS (DELETE FROM {incoming} RETURNING {names}) "
            "INSERT INTO {table} ({names}) SELECT {names} FROM taken "
            "ON CONFLICT ({key}) DO UPDATE SET {changes}"
        ).format(
            incoming=sql.Identifier(incoming),
            table=sql.Identifier(table),
            names=names,
            key=sql.SQL(", ").join(map(sql.Identifier, key)),
            changes=changes,
        )
    )


def _statement(table: str, columns: Sequence[str], form: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) FROM STDIN" + form).format(sql.Identifier(table), names)


def _types(cursor: Cursor, table: str) -> dict[str, int]:
    """Return the types of a table's columns; a release knows one shape of it, so they are asked once."""
    if table not in _TYPES:
        query = "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0"
        _TYPES[table] = dict(cursor.execute(query, (table,)).fetchall())
    return _TYPES[table]
