"""Rows into tables by COPY, so that a batch costs the same few statements whatever its size."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql

from projections.ledger import Cursor


def copy(cursor: Cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a table on the search path."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with cursor.copy(statement) as stream:
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
    copy(cursor, incoming, columns, rows)
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
