"""What is asked of whistles: who answered, who did not, and what came of it, for both sides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from projections import paging
from projections.paging import Condition, Page, Scope


class Side(StrEnum):
    """Whose whistles a unit asks for: those that it blew, or those by which it was called."""

    CALLER = "caller"
    CALLED = "called"


class Response(StrEnum):
    """How a department stands to a call at a moment; one that declines late has declined.

    Its first answer says whether it was in time; where the case had come to its end before, the newest.
    """

    ON_TIME = "on_time"
    LATE = "late"
    DECLINED = "declined"
    UNANSWERED = "unanswered"
    """Its limit has passed, before the case came to its end, and whether or not a timer has fired."""
    WAITING = "waiting"
    VOID = "void"
    """The case came to its end before the limit."""


class WhistleRow(NamedTuple):
    """One call; see schema.sql."""

    case_id: UUID
    number: int
    department: str
    version: int
    position: int
    round: int
    caller: str
    called_at: datetime
    called_version: int
    called_position: int
    help: str
    due_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    met_at: datetime | None
    void_at: datetime | None
    rungs: list[str]
    stage: str
    outcomes: list[str] | None
    solved: bool | None
    satisfaction: int | None
    response: str


class CalledCount(NamedTuple):
    """How one department answered, of `calls` made on it."""

    unit: str
    calls: int
    on_time: int
    late: int
    declined: int
    unanswered: int
    waiting: int
    void: int


class CallerCount(NamedTuple):
    """What one unit's whistles came to.

    Attributes:
        whistles: However many departments each called; `calls` counts the departments.
        answered: Calls that were answered in any way; `helped`: by coming or doing.
        judged: Whistles after which the resident was asked again in that round; `solved`: every claim was.
    """

    unit: str
    whistles: int
    calls: int
    answered: int
    helped: int
    judged: int
    solved: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; None asks for everything.

    Attributes:
        unit: The unit of that side, with all below it.
        side: None: the unit may stand on either side.
        since: Called from this moment on; so `until`, which is excluded.
    """

    unit: str | None = None
    side: Side | None = None
    response: Response | None = None
    case: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


_RESPONSE: Final = """
CASE
    WHEN w.answer = 'declined' THEN 'declined'
    WHEN w.answer IS NOT NULL AND coalesce(w.met_at, w.answered_at) > w.due_at THEN 'late'
    WHEN w.answer IS NOT NULL THEN 'on_time'
    WHEN w.due_at < coalesce(w.void_at, %s) THEN 'unanswered'
    WHEN w.void_at IS NOT NULL THEN 'void'
    ELSE 'waiting'
END"""
_COLUMNS: Final = sql.SQL(", ").join(sql.Identifier("w", one) for one in WhistleRow._fields[:-1])
_LIST: Final = (
    "SELECT {}, " + _RESPONSE + " AS response FROM ledger.whistles w WHERE {} "
    'ORDER BY w.called_position DESC, w.department COLLATE "C" LIMIT %s'
)
_CALLED: Final = (
    "SELECT unit, count(*) AS calls, "
    + ", ".join(f"count(*) FILTER (WHERE response = '{one.value}') AS {one.value}" for one in Response)
    + " FROM (SELECT w.department AS unit, "
    + _RESPONSE
    + ' AS response FROM ledger.whistles w WHERE {}) told GROUP BY unit ORDER BY unit COLLATE "C"'
)
_CALLERS: Final = """
SELECT w.caller AS unit, count(DISTINCT (w.case_id, w.number)) AS whistles, count(*) AS calls,
    count(w.answer) AS answered, count(*) FILTER (WHERE w.answer <> 'declined') AS helped,
    count(DISTINCT (w.case_id, w.number)) FILTER (WHERE w.solved IS NOT NULL) AS judged,
    count(DISTINCT (w.case_id, w.number)) FILTER (WHERE w.solved) AS solved
FROM ledger.whistles w WHERE {} GROUP BY w.caller ORDER BY w.caller COLLATE "C\""""


def whistles(
    connection: psycopg.Connection[Any],
    at: datetime,
    filters: Filters | None = None,
    *,
    scope: Scope | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[WhistleRow]:
    """Return calls, the newest first, with how each stands at a moment.

    Raises:
        CursorInvalid: cursor_invalid.
    """
    start = None
    if after is not None:
        position, department = paging.decode(after, ("number", "text"))
        beyond = '(w.called_position < %s OR (w.called_position = %s AND w.department COLLATE "C" > %s))'
        start = paging.literal(beyond, position, position, department)
    condition, values = paging.where([*_conditions(filters or Filters(), at, scope), start])
    query = sql.SQL(_LIST).format(_COLUMNS, condition)
    with connection.cursor(row_factory=class_row(WhistleRow)) as cursor:
        rows = cursor.execute(query, [at, *values, limit + 1]).fetchall()
    return paging.page(rows, limit, _key(rows[:limit]))


def called(
    connection: psycopg.Connection[Any],
    at: datetime,
    filters: Filters | None = None,
    *,
    scope: Scope | None = None,
) -> list[CalledCount]:
    """Return for each department how it answered, as of a moment; the unit asked for is the called one."""
    mine = replace(filters or Filters(), side=Side.CALLED)
    condition, values = paging.where(_conditions(mine, at, scope))
    with connection.cursor(row_factory=class_row(CalledCount)) as cursor:
        return cursor.execute(sql.SQL(_CALLED).format(condition), [at, *values]).fetchall()


def callers(
    connection: psycopg.Connection[Any],
    at: datetime,
    filters: Filters | None = None,
    *,
    scope: Scope | None = None,
) -> list[CallerCount]:
    """Return for each unit that whistled what came of it; the unit asked for is the caller."""
    mine = replace(filters or Filters(), side=Side.CALLER)
    condition, values = paging.where(_conditions(mine, at, scope))
    with connection.cursor(row_factory=class_row(CallerCount)) as cursor:
        return cursor.execute(sql.SQL(_CALLERS).format(condition), values).fetchall()


def _conditions(filters: Filters, at: datetime, scope: Scope | None) -> list[Condition | None]:
    return [
        None if filters.unit is None else _of(filters.unit, filters.side),
        None
        if filters.response is None
        else paging.literal(f"({_RESPONSE}) = %s", at, filters.response.value),
        None if filters.case is None else paging.equals("w.case_id", filters.case),
        None if filters.since is None else paging.literal("w.called_at >= %s", filters.since),
        None if filters.until is None else paging.literal("w.called_at < %s", filters.until),
        paging.visible(scope, "w.case_id"),
    ]


def _of(unit: str, side: Side | None) -> Condition:
    columns = {Side.CALLER: ["w.caller"], Side.CALLED: ["w.department"], None: ["w.caller", "w.department"]}
    parts = [paging.under(column, unit) for column in columns[side]]
    condition = sql.SQL("({})").format(sql.SQL(" OR ").join(part for part, _ in parts))
    return condition, [value for _, values in parts for value in values]


def _key(rows: Sequence[WhistleRow]) -> tuple[int, str] | None:
    return (rows[-1].called_position, rows[-1].department) if rows else None
