"""The ledgers: who has what, who owes what since when, and what happened when it was late."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query

from domain.actor import UNIT_ID
from domain.case.buckets import Bucket
from domain.case.events.base import ClockKey
from domain.case.stage import Stage
from domain.organisation import Level
from domain.policy import Obligation, Rung
from engine import clock
from interfaces.http import rows
from interfaces.http.codes import HttpRefusal
from interfaces.http.moments import Moment
from interfaces.http.openapi import CASE_PROBLEMS, LIST_PROBLEMS
from interfaces.http.reading import Asked, Cursor, Limit, StaffAsked, UnitFilter, placed
from projections.accountability import view as accounts_view
from projections.entries import view as entries_view
from projections.escalation import view as escalation_view
from projections.escalation.fold import ClockRow
from projections.worklist import view as worklist_view

PAGE: Final = 50
routes = APIRouter(prefix="/v1", tags=["ledgers"], responses=LIST_PROBLEMS)
Overdue = Annotated[
    bool | None, Query(description="true: only what is late now; judged by the limit, not by a timer")
]
DueBefore = Annotated[Moment | None, Query(description="RFC 3339 with an offset; write + as %2B")]


@routes.get("/worklist", operation_id="worklist", summary="Cases as they stand, the earliest limit first")
def worklist(  # noqa: PLR0917 - FastAPI calls it by name
    asked: Asked,
    unit: UnitFilter = None,
    bucket: Bucket | None = None,
    stage: Stage | None = None,
    overdue: Overdue = None,
    due_before: DueBefore = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> rows.Worklist:
    """Only what this actor may see."""
    filters = worklist_view.Filters(
        **_given(unit=unit, bucket=bucket, stage=stage, overdue_at=_now(overdue), due_before=due_before)
    )
    place = asked.place(cursor)
    with asked.snapshot() as (connection, position), placed():
        page = worklist_view.page(connection, filters, scope=asked.scope, after=place, limit=limit)
    items = [rows.WorklistRow.model_validate(row) for row in page.rows]
    return rows.Worklist(position=position, next=asked.cursor(page.next), items=items)


@routes.get("/ledgers/accounts", operation_id="accounts", summary="Cases on each unit's accounts")
def balances(asked: StaffAsked, unit: UnitFilter = None) -> rows.Accounts:
    """Counts the cases that this actor may see."""
    with asked.snapshot() as (connection, position):
        found = accounts_view.balances(connection, unit=unit, scope=asked.scope)
    return rows.Accounts(position=position, items=[rows.BalanceRow.model_validate(row) for row in found])


@routes.get(
    "/ledgers/accounts/{unit}/{bucket}",
    operation_id="statement",
    summary="The postings of one account, oldest first",
    responses=CASE_PROBLEMS,
)
def statement(
    asked: StaffAsked,
    unit: Annotated[str, Path(pattern=UNIT_ID, max_length=200)],
    bucket: Bucket,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> rows.Statement:
    """For a unit in the actor's own subtree, and of it what this actor may see; another one answers 404."""
    if not asked.covers(unit):
        raise HttpRefusal("not_found")
    after = _position(asked.place(cursor))
    with asked.snapshot() as (connection, position):
        lines = accounts_view.statement(
            connection, unit, bucket.value, scope=asked.scope, after=after, limit=limit + 1
        )
    items = [rows.StatementRow.model_validate(line) for line in lines]
    last = asked.cursor(_last(items, limit))
    return rows.Statement(position=position, next=last, items=items[:limit])


@routes.get("/trial-balance", operation_id="trial_balance", summary="The sum over all accounts: zero")
def trial_balance(asked: Asked) -> rows.TrialBalance:
    """Counts only; anybody with a token may check the books."""
    with asked.snapshot() as (connection, position):
        found = accounts_view.trial_balance(connection)
    return rows.TrialBalance(
        position=position,
        total=found.total,
        cases=found.cases,
        astray=found.astray,
        unbalanced=found.unbalanced,
        sound=found.sound,
    )


@routes.get("/escalations", operation_id="escalations", summary="Open clocks, the earliest limit first")
def board(  # noqa: PLR0917 - FastAPI calls it by name
    asked: StaffAsked,
    unit: UnitFilter = None,
    level: Level | None = None,
    case: UUID | None = None,
    obligation: Obligation | None = None,
    rung: Rung | None = None,
    overdue: Overdue = None,
    due_before: DueBefore = None,
    within_hours: Annotated[
        int | None, Query(ge=1, le=24 * 31, description="Not late yet, and will be within so many hours")
    ] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> rows.Board:
    """What is late, or will be by a moment; the rungs taken, and what comes next and when."""
    at = clock.now()
    filters = escalation_view.BoardFilters(
        **_given(
            unit=unit,
            level=level,
            case=case,
            obligation=obligation,
            rung=rung,
            overdue_at=at if overdue else None,
            due_before=due_before,
            soon=None if within_hours is None else (at, at + timedelta(hours=within_hours)),
        )
    )
    place = asked.place(cursor)
    with asked.snapshot() as (connection, position), placed():
        page = escalation_view.board(connection, filters, scope=asked.scope, after=place, limit=limit)
    items = [_late(row, at) for row in page.rows]
    return rows.Board(position=position, next=asked.cursor(page.next), at=at, items=items)


@routes.get(
    "/escalations/units", operation_id="escalation_units", summary="What each unit owes, late or soon"
)
def by_unit(
    asked: StaffAsked,
    unit: UnitFilter = None,
    level: Level | None = None,
    within_hours: Annotated[int, Query(ge=1, le=24 * 31, description="What counts as soon")] = 24,
) -> rows.UnitCounts:
    """Open clocks that this actor may see, counted by the unit that owes."""
    at = clock.now()
    with asked.snapshot() as (connection, position):
        found = escalation_view.counts(
            connection, at, within=timedelta(hours=within_hours), unit=unit, level=level, scope=asked.scope
        )
    items = [rows.UnitCountRow.model_validate(row) for row in found]
    return rows.UnitCounts(position=position, at=at, within_hours=within_hours, items=items)


@routes.get("/escalations/weeks", operation_id="escalation_weeks", summary="Rungs taken, by week and unit")
def by_week(
    asked: StaffAsked,
    unit: UnitFilter = None,
    level: Level | None = None,
    weeks: Annotated[int, Query(ge=1, le=260, description="So many weeks up to now")] = 8,
) -> rows.Weeks:
    """Weeks begin on Monday in the zone of the default policy's calendar; the present one is not over."""
    book = asked.program.engine.rules.current()
    calendar = book.calendar(book.newest(None))
    until = clock.now()
    today = calendar.local_day(until)
    since = calendar.instant(today - timedelta(days=today.weekday(), weeks=weeks - 1))
    with asked.snapshot() as (connection, position):
        found = escalation_view.weeks(
            connection, since, until, calendar.zone, unit=unit, level=level, scope=asked.scope
        )
    items = [rows.WeekRow.model_validate(row) for row in found]
    return rows.Weeks(position=position, since=since, until=until, zone=calendar.zone, items=items)


@routes.get(
    "/escalations/rungs", operation_id="rungs", summary="Rungs that were taken, in the order of the log"
)
def rungs(  # noqa: PLR0917 - FastAPI calls it by name
    asked: StaffAsked,
    unit: UnitFilter = None,
    rung: Rung | None = None,
    case: UUID | None = None,
    clock: Annotated[ClockKey | None, Query(description="Key of a clock, with `case`")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> rows.Rungs:
    """By the ladder and by hand; with `case` and `clock`, the history of one escalation."""
    after = _position(asked.place(cursor))
    with asked.snapshot() as (connection, position):
        found = escalation_view.rungs(
            connection,
            unit=unit,
            case=case,
            clock=clock,
            rung=rung,
            scope=asked.scope,
            after=after,
            limit=limit + 1,
        )
    items = [rows.RungRow.model_validate(row) for row in found]
    return rows.Rungs(position=position, next=asked.cursor(_last(items, limit)), items=items[:limit])


@routes.get(
    "/accountability-entries", operation_id="accountability_entries", summary="Accountability entries"
)
def entries(
    asked: StaffAsked,
    unit: UnitFilter = None,
    status: entries_view.Status | None = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> rows.Entries:
    """Fault, answer, appeal and withdrawal."""
    place = asked.place(cursor)
    with asked.snapshot() as (connection, position), placed():
        page = entries_view.entries(
            connection, unit=unit, status=status, scope=asked.scope, after=place, limit=limit
        )
    items = [rows.EntryRow.model_validate(row) for row in page.rows]
    return rows.Entries(position=position, next=asked.cursor(page.next), items=items)


def _late(row: ClockRow, at: datetime) -> rows.LateRow:
    over = timedelta(0) if row.due_at is None else max(at - row.due_at, timedelta(0))
    late = {"overdue": bool(over), "over_seconds": int(over.total_seconds())}
    return rows.LateRow.model_validate({**row._asdict(), **late})


def _given(**filters: Any) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


def _now(overdue: bool | None) -> datetime | None:
    return clock.now() if overdue else None


def _position(place: str | None) -> int:
    if place is not None and not place.isdecimal():
        raise HttpRefusal("cursor_invalid")
    return int(place or 0)


def _last(items: list[Any], limit: int) -> int | None:
    """Return the place after a page, from one row more than it shows; None after the last page."""
    return int(items[limit - 1].position) if len(items) > limit else None
