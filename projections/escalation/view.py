"""What is asked of clocks and rungs: the board, counts by unit and by week, and the log of rungs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from domain.policy import Obligation, Rung
from projections import paging
from projections.escalation.fold import ClockRow, RungRow
from projections.paging import Condition, Page, Scope


@dataclass(frozen=True, slots=True)
class BoardFilters:
    """What is asked for; None asks for everything.

    Attributes:
        unit: The unit that owes, with all below it.
        level: Level of the unit that owes; a value of domain.organisation.Level.
        overdue_at: Whose limit lies before this moment.
        due_before: The same, so that a page may ask for what is soon due.
        soon: Whose limit lies between these moments, the second one excluded.
        rung: On which the ladder has taken this rung.
    """

    unit: str | None = None
    level: str | None = None
    obligation: Obligation | None = None
    overdue_at: datetime | None = None
    due_before: datetime | None = None
    soon: tuple[datetime, datetime] | None = None
    rung: Rung | None = None
    case: UUID | None = None


class UnitCount(NamedTuple):
    """The open clocks of one unit at a moment.

    Attributes:
        level: Of the unit; None when the table of units does not know it yet.
        overdue: Those whose limit has passed, whether or not a timer has fired.
        due_soon: Those whose limit comes within the span asked for.
        paused: Those that stand still.
    """

    unit: str
    level: str | None
    open: int
    overdue: int
    due_soon: int
    paused: int


class WeekCount(NamedTuple):
    """The rungs taken on one unit's clocks in one week.

    Attributes:
        week: Its Monday.
        by_hand: Those of them that a supervisor took.
    """

    week: date
    unit: str
    rung: str
    taken: int
    by_hand: int


_DUE: Final = "coalesce(c.due_at, 'infinity'::timestamptz)"
_CLOCK_COLUMNS: Final = sql.SQL(", ").join(sql.Identifier("c", one) for one in ClockRow._fields)
_RUNG_COLUMNS: Final = sql.SQL(", ").join(sql.Identifier("r", one) for one in RungRow._fields)
_BOARD: Final = "SELECT {} FROM ledger.clocks c WHERE {} ORDER BY " + _DUE + ", c.case_id, c.clock LIMIT %s"
_COUNTS: Final = """
SELECT c.owner AS unit,
    (SELECT u.level FROM ledger.units u WHERE u.unit = c.owner) AS level,
    count(*) AS open,
    count(*) FILTER (WHERE c.due_at < %s) AS overdue,
    count(*) FILTER (WHERE c.due_at >= %s AND c.due_at < %s) AS due_soon,
    count(*) FILTER (WHERE c.paused) AS paused
FROM ledger.clocks c WHERE {} GROUP BY c.owner ORDER BY c.owner COLLATE "C\""""


_WEEKS: Final = """
SELECT date_trunc('week', r.at AT TIME ZONE %s)::date AS week, r.unit, r.rung,
    count(*) AS taken, count(*) FILTER (WHERE NOT r.by_ladder) AS by_hand
FROM ledger.rungs r WHERE {} GROUP BY 1, 2, 3 ORDER BY 1, r.unit COLLATE "C", r.rung"""


def board(
    connection: psycopg.Connection[Any],
    filters: BoardFilters | None = None,
    *,
    scope: Scope | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[ClockRow]:
    """Return open clocks, the earliest limit first; those without one come last.

    Raises:
        CursorInvalid: cursor_invalid.
    """
    start = None
    if after is not None:
        key = paging.decode(after, ("moment", "uuid", "text"))
        start = paging.literal(f"({_DUE}, c.case_id, c.clock) > (%s::timestamptz, %s, %s)", *key)
    condition, values = paging.where([*_conditions(filters or BoardFilters(), scope), start])
    query = sql.SQL(_BOARD).format(_CLOCK_COLUMNS, condition)
    with connection.cursor(row_factory=class_row(ClockRow)) as cursor:
        rows = cursor.execute(query, [*values, limit + 1]).fetchall()
    return paging.page(rows, limit, _key(rows[:limit]))


def counts(
    connection: psycopg.Connection[Any],
    at: datetime,
    *,
    within: timedelta,
    unit: str | None = None,
    level: str | None = None,
    scope: Scope | None = None,
) -> list[UnitCount]:
    """Return for each unit that owes something how much of it is late at a moment, or soon will be."""
    condition, values = paging.where(_conditions(BoardFilters(unit=unit, level=level), scope))
    with connection.cursor(row_factory=class_row(UnitCount)) as cursor:
        return cursor.execute(sql.SQL(_COUNTS).format(condition), [at, at, at + within, *values]).fetchall()


def rungs(
    connection: psycopg.Connection[Any],
    *,
    unit: str | None = None,
    case: UUID | None = None,
    clock: str | None = None,
    rung: Rung | None = None,
    scope: Scope | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[RungRow]:
    """Return rungs taken, in the order of the log, of units at or below `unit`, beyond position `after`."""
    conditions = [
        paging.literal("r.position > %s", after),
        None if unit is None else paging.under("r.unit", unit),
        None if case is None else paging.equals("r.case_id", case),
        None if clock is None else paging.equals("r.clock", clock),
        None if rung is None else paging.equals("r.rung", rung.value),
        paging.visible(scope, "r.case_id"),
    ]
    condition, values = paging.where(conditions)
    query = sql.SQL("SELECT {} FROM ledger.rungs r WHERE {} ORDER BY r.position LIMIT %s")
    with connection.cursor(row_factory=class_row(RungRow)) as cursor:
        return cursor.execute(query.format(_RUNG_COLUMNS, condition), [*values, limit]).fetchall()


def weeks(
    connection: psycopg.Connection[Any],
    since: datetime,
    until: datetime,
    zone: str,
    *,
    unit: str | None = None,
    level: str | None = None,
    scope: Scope | None = None,
) -> list[WeekCount]:
    """Return how many rungs were taken from `since` up to `until`, by week, unit and rung.

    Args:
        connection: Where to read.
        since: Rungs that happened from then on.
        until: And before then.
        zone: IANA zone in which a week begins on Monday.
        unit: The unit that owed, with all below it.
        level: Level of the unit that owed.
        scope: What the reader may see.
    """
    conditions = [
        paging.literal("r.at >= %s AND r.at < %s", since, until),
        None if unit is None else paging.under("r.unit", unit),
        None if level is None else _of_level("r.unit", level),
        paging.visible(scope, "r.case_id"),
    ]
    condition, values = paging.where(conditions)
    with connection.cursor(row_factory=class_row(WeekCount)) as cursor:
        return cursor.execute(sql.SQL(_WEEKS).format(condition), [zone, *values]).fetchall()


def _conditions(filters: BoardFilters, scope: Scope | None) -> list[Condition | None]:
    obligation = None if filters.obligation is None else filters.obligation.value
    chosen = {"c.obligation": obligation, "c.case_id": filters.case}
    return [
        None if filters.unit is None else paging.under("c.owner", filters.unit),
        *(paging.equals(column, value) for column, value in chosen.items() if value is not None),
        *(
            paging.literal(f"{_DUE} < %s", moment)
            for moment in (filters.overdue_at, filters.due_before)
            if moment is not None
        ),
        None if filters.soon is None else paging.literal("c.due_at >= %s AND c.due_at < %s", *filters.soon),
        None if filters.level is None else _of_level("c.owner", filters.level),
        None if filters.rung is None else paging.literal("%s = ANY(c.rungs)", filters.rung.value),
        paging.visible(scope, "c.case_id"),
    ]


def _of_level(column: str, level: str) -> Condition:
    query = sql.SQL("EXISTS (SELECT 1 FROM ledger.units u WHERE u.unit = {} AND u.level = %s)")
    return query.format(sql.Identifier(*column.split("."))), (level,)


def _key(rows: Sequence[ClockRow]) -> tuple[str, str, str] | None:
    if not rows:
        return None
    last = rows[-1]
    return "infinity" if last.due_at is None else last.due_at.isoformat(), str(last.case_id), last.clock
