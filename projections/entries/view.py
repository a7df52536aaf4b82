"""What is asked of the accountability entries."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from projections import paging
from projections.paging import Page, Scope


class Status(StrEnum):
    """The furthest that was done about an entry."""

    OPEN = "open"
    ANSWERED = "answered"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"


class EntryRow(NamedTuple):
    """An accountability entry, with the newest event of each kind about it; None where there is none."""

    case_id: UUID
    entry: int
    version: int
    position: int
    unit: str
    clock: str
    set_by: str
    status: str
    set_at: datetime
    set_version: int
    set_position: int
    answered_at: datetime | None
    answered_version: int | None
    answered_position: int | None
    appealed_at: datetime | None
    appealed_version: int | None
    appealed_position: int | None
    withdrawn_at: datetime | None
    withdrawn_version: int | None
    withdrawn_position: int | None


def entries(
    connection: psycopg.Connection[Any],
    *,
    unit: str | None = None,
    status: Status | None = None,
    case: UUID | None = None,
    scope: Scope | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[EntryRow]:
    """Return entries, the newest first; `unit` asks for those of it and all units below it.

    Raises:
        CursorInvalid: cursor_invalid.
    """
    conditions = [
        None if unit is None else paging.under("e.unit", unit),
        None if status is None else paging.equals("e.status", status.value),
        None if case is None else paging.equals("e.case_id", case),
        paging.visible(scope, "e.case_id"),
        None if after is None else paging.literal("e.set_position < %s", *paging.decode(after, ("number",))),
    ]
    condition, values = paging.where(conditions)
    columns = sql.SQL(", ").join(sql.Identifier("e", one) for one in EntryRow._fields)
    query = sql.SQL("SELECT {} FROM ledger.entries e WHERE {} ORDER BY e.set_position DESC LIMIT %s")
    with connection.cursor(row_factory=class_row(EntryRow)) as cursor:
        rows = cursor.execute(query.format(columns, condition), [*values, limit + 1]).fetchall()
    return paging.page(rows, limit, _key(rows[:limit]))


def _key(rows: Sequence[EntryRow]) -> tuple[int] | None:
    return (rows[-1].set_position,) if rows else None
