"""The ledger of alarms: ways of winning time that a supervisor should look at; an alarm accuses nobody."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field, field_validator

from domain.case.alarms import AlarmKind
from interfaces.http.ledgers import PAGE
from interfaces.http.moments import Moment
from interfaces.http.openapi import LIST_PROBLEMS
from interfaces.http.reading import Cursor, Limit, StaffAsked, UnitFilter, placed
from interfaces.http.rows import CaseRow, Listing, Paged, RowShape
from projections.alarms import view
from projections.alarms.view import Filters

routes = APIRouter(prefix="/v1", tags=["ledgers"], responses=LIST_PROBLEMS)
Since = Annotated[
    Moment | None, Query(description="Happened from then on; RFC 3339 with an offset; write + as %2B")
]
Until = Annotated[Moment | None, Query(description="Happened before then")]


class AlarmRow(CaseRow):
    """One alarm; its version and position are those of the event that gave it."""

    kind: AlarmKind
    clock: str | None = Field(description="Key of the clock that won time; null where none did")
    unit: str = Field(description="Unit that was responsible when it happened")
    at: AwareDatetime
    recorded_at: AwareDatetime
    was_due: AwareDatetime | None
    now_due: AwareDatetime | None

    @field_validator("clock", mode="before")
    @classmethod
    def _none_for_empty(cls, value: Any) -> Any:
        return value or None


class Alarms(Paged):
    """A page of alarms, the newest first."""

    items: list[AlarmRow]


class AlarmCountRow(RowShape):
    """The alarms of one kind on cases of one unit."""

    unit: str
    kind: AlarmKind
    alarms: int = Field(description="Each clock that won time counts")
    cases: int


class AlarmCounts(Listing):
    """How many alarms there are, by unit and kind."""

    items: list[AlarmCountRow]


@routes.get("/alarms", operation_id="alarms", summary="Alarms over all cases, the newest first")
def alarms(  # noqa: PLR0917 - FastAPI calls it by name
    asked: StaffAsked,
    unit: UnitFilter = None,
    kind: AlarmKind | None = None,
    case: UUID | None = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Alarms:
    """Only of cases that this actor may see."""
    place = asked.place(cursor)
    with asked.snapshot() as (connection, position), placed():
        filters = Filters(unit, kind, case, since, until)
        page = view.alarms(connection, filters, scope=asked.scope, after=place, limit=limit)
    items = [AlarmRow.model_validate(row) for row in page.rows]
    return Alarms(position=position, next=asked.cursor(page.next), items=items)


@routes.get("/alarms/units", operation_id="alarm_units", summary="Alarms counted by unit and kind")
def by_unit(
    asked: StaffAsked,
    unit: UnitFilter = None,
    kind: AlarmKind | None = None,
    since: Since = None,
    until: Until = None,
) -> AlarmCounts:
    """Counts only what this actor may see."""
    filters = Filters(unit=unit, kind=kind, since=since, until=until)
    with asked.snapshot() as (connection, position):
        found = view.counts(connection, filters, scope=asked.scope)
    return AlarmCounts(position=position, items=[AlarmCountRow.model_validate(row) for row in found])
