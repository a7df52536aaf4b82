"""What is asked of the units: names and levels."""

from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from projections import paging


class UnitRow(NamedTuple):
    """A unit; `path` runs from the top down to it."""

    unit: str
    parent: str | None
    level: str
    name_en: str
    name_zh: str
    path: list[str]
    version: int
    position: int


def units(
    connection: psycopg.Connection[Any], *, under: str | None = None, level: str | None = None
) -> list[UnitRow]:
    """Return units by id; `under` asks for a unit and all below it."""
    conditions = [
        None if under is None else paging.literal("%s = ANY(path)", under),
        None if level is None else paging.equals("level", level),
    ]
    condition, values = paging.where(conditions)
    columns = sql.SQL(", ").join(map(sql.Identifier, UnitRow._fields))
    query = sql.SQL("SELECT {} FROM ledger.units WHERE {} ORDER BY unit").format(columns, condition)
    with connection.cursor(row_factory=class_row(UnitRow)) as cursor:
        return cursor.execute(query, values).fetchall()


def unit(connection: psycopg.Connection[Any], wanted: str) -> UnitRow | None:
    """Return a unit; None for an unknown one."""
    columns = sql.SQL(", ").join(map(sql.Identifier, UnitRow._fields))
    with connection.cursor(row_factory=class_row(UnitRow)) as cursor:
        return cursor.execute(
            sql.SQL("SELECT {} FROM ledger.units WHERE unit = %s").format(columns), (wanted,)
        ).fetchone()
