"""What is asked of the worklist: pages of cases, one case, counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row, scalar_row, tuple_row

from domain.case.buckets import Bucket
from domain.case.stage import FINAL, Stage
from projections import paging
from projections.paging import Condition, Page, Scope
from projections.worklist.fold import COLUMNS


class Row(NamedTuple):
    """A case as it stands; see schema.sql. `units` are all that have to do with it."""

    case_id: UUID
    version: int
    position: int
    stage: str
    unit: str
    bucket: str
    desk: str
    handler: str | None
    visitor: str | None
    place: str
    category: str
    kind: str | None
    key: bool
    urgency: str
    channel: str
    round: int
    claims: int
    policy_id: str
    policy_version: int
    policy_hash: str
    collected_at: datetime
    since: datetime
    due_at: datetime | None
    due_obligation: str | None
    due_clock: str | None
    provisional: bool
    excluded: bool
    units: list[str]
    reporter: str | None


class Order(StrEnum):
    """By what a page is ordered: the next limit (none comes last), or when the case was collected."""

    DUE = "due"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; None asks for everything.

    Attributes:
        unit: The unit on whose account the case stands, with all below it.
        overdue_at: Whose next limit lies before this moment.
        due_before: The same under another name, for what is soon due.
        open_only: Neither struck off nor refused.
    """

    unit: str | None = None
    bucket: Bucket | None = None
    stage: Stage | None = None
    category: str | None = None
    urgency: str | None = None
    overdue_at: datetime | None = None
    due_before: datetime | None = None
    open_only: bool = False


_DUE: Final = "coalesce(due_at, 'infinity'::timestamptz)"
_SORT: Final = {
    Order.DUE: (sql.SQL(f"{_DUE}, case_id"), f"({_DUE}, case_id) > (%s::timestamptz, %s)"),
    Order.NEWEST: (sql.SQL("collected_at DESC, case_id DESC"), "(collected_at, case_id) < (%s, %s)"),
    Order.OLDEST: (sql.SQL("collected_at, case_id"), "(collected_at, case_id) > (%s, %s)"),
}
_SELECT: Final = sql.SQL("SELECT {} FROM ledger.worklist").format(
    sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
)


def page(
    connection: psycopg.Connection[Any],
    filters: Filters | None = None,
    *,
    scope: Scope | None = None,
    order: Order = Order.DUE,
    after: str | None = None,
    limit: int = 50,
) -> Page[Row]:
    """Return the cases that are asked for and may be seen; `after` is `Page.next` of the page before.

    Raises:
        CursorInvalid: cursor_invalid.
    """
    sorting, beyond = _SORT[order]
    start = None if after is None else paging.literal(beyond, *paging.decode(after, ("moment", "uuid")))
    condition, values = paging.where([*_conditions(filters or Filters(), scope), start])
    query = sql.SQL("{} WHERE {} ORDER BY {} LIMIT %s").format(_SELECT, condition, sorting)
    rows = _fetch(connection, query, [*values, limit + 1])
    return paging.page(rows, limit, _key(rows[:limit], order))


def one(connection: psycopg.Connection[Any], case: UUID, *, scope: Scope | None = None) -> Row | None:
    """Return the row of a case; None when it isn't there yet, or may not be seen."""
    condition, values = paging.where([paging.equals("case_id", case), _seen(scope)])
    rows = _fetch(connection, sql.SQL("{} WHERE {}").format(_SELECT, condition), values)
    return rows[0] if rows else None


def count(
    connection: psycopg.Connection[Any], filters: Filters | None = None, *, scope: Scope | None = None
) -> int:
    """Return how many cases are asked for and may be seen."""
    condition, values = paging.where(_conditions(filters or Filters(), scope))
    query = sql.SQL("SELECT count(*) AS count FROM ledger.worklist WHERE {}").format(condition)
    with connection.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(query, values).fetchall()[0])


def pinned(connection: psycopg.Connection[Any]) -> dict[tuple[str, int, str], int]:
    """Return how many open cases are pinned to each policy, by its id, version and hash."""
    condition, values = paging.where(_conditions(Filters(open_only=True), None))
    query = sql.SQL(
        "SELECT policy_id, policy_version, policy_hash, count(*) FROM ledger.worklist "
        "WHERE {} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    ).format(condition)
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(query, values).fetchall()
    return {(id_, version, hash_): count for id_, version, hash_, count in found}


def _conditions(filters: Filters, scope: Scope | None) -> list[Condition | None]:
    chosen = {
        "bucket": filters.bucket,
        "stage": filters.stage,
        "category": filters.category,
        "urgency": filters.urgency,
    }
    final = [stage.value for stage in FINAL]
    return [
        None if filters.unit is None else paging.under("unit", filters.unit),
        *(paging.equals(column, str(value)) for column, value in chosen.items() if value is not None),
        *(
            paging.literal(f"{_DUE} < %s", moment)
            for moment in (filters.overdue_at, filters.due_before)
            if moment is not None
        ),
        paging.literal("stage <> ALL(%s)", final) if filters.open_only else None,
        _seen(scope),
    ]


def _seen(scope: Scope | None) -> Condition | None:
    return None if scope is None else (sql.SQL("({})").format(paging.written(scope[0])), scope[1])


def _key(rows: Sequence[Row], order: Order) -> tuple[str, str] | None:
    if not rows:
        return None
    last = rows[-1]
    if order is not Order.DUE:
        return last.collected_at.isoformat(), str(last.case_id)
    return "infinity" if last.due_at is None else last.due_at.isoformat(), str(last.case_id)


def _fetch(connection: psycopg.Connection[Any], query: sql.Composed, values: Sequence[object]) -> list[Row]:
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(query, values).fetchall()
