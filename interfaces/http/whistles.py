"""The ledger of whistles: each call with both of its sides, and what units answered and achieved."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from domain.case.stage import Outcome, Stage, WhistleAnswer
from domain.policy import Rung
from engine import clock
from interfaces.http.ledgers import PAGE
from interfaces.http.moments import Moment
from interfaces.http.openapi import LIST_PROBLEMS
from interfaces.http.reading import Cursor, Limit, StaffAsked, UnitFilter, placed
from interfaces.http.rows import CaseRow, Listing, Paged, RowShape
from projections.whistles import view
from projections.whistles.view import Filters, Response, Side

routes = APIRouter(prefix="/v1", tags=["ledgers"], responses=LIST_PROBLEMS)
_SINCE: Final = "Called from then on; RFC 3339 with an offset; write + as %2B"
Since = Annotated[Moment | None, Query(description=_SINCE)]
Until = Annotated[Moment | None, Query(description="Called before then")]


class WhistleRow(CaseRow):
    """One department that was called, and what became of the case in that round."""

    number: int = Field(description="1 for the first whistle of the case")
    department: str
    round: int
    caller: str
    called_at: AwareDatetime
    called_version: int
    called_position: int
    help: str = Field(description="Commitment to the words in which help was asked")
    due_at: AwareDatetime | None
    response: Response = Field(description="At the moment of asking")
    answer: WhistleAnswer | None
    answered_at: AwareDatetime | None = Field(description="Moment of the newest answer, the one shown")
    met_at: AwareDatetime | None = Field(
        description="When the first answer met the limit's clock; null: none came before the case's end"
    )
    void_at: AwareDatetime | None = Field(description="When the case came to its end before an answer")
    rungs: list[Rung] = Field(description="Taken on the department's clock, lowest first")
    stage: Stage
    outcomes: list[Outcome] | None = Field(description="For each claim in that round; null: not resolved yet")
    solved: bool | None = Field(description="Every claim, asked again in that round; null: not asked yet")
    satisfaction: int | None = Field(description="The lowest of the claims, 1 to 5")


class Whistles(Paged):
    """A page of whistles, the newest first."""

    at: AwareDatetime
    items: list[WhistleRow]


class CalledRow(RowShape):
    """How one department answered."""

    unit: str
    calls: int
    on_time: int
    late: int
    declined: int
    unanswered: int = Field(description="Past their limit, before the case's end, and without an answer")
    waiting: int
    void: int = Field(description="Of cases that came to their end before an answer and before the limit")


class CallerRow(RowShape):
    """What one unit's whistles came to. Shares: `answered` of `calls`, `solved` of `judged`."""

    unit: str
    whistles: int
    calls: int = Field(description="Departments called; a whistle may call several")
    answered: int
    helped: int = Field(description="Answered by coming or doing")
    judged: int = Field(description="Whistles after which the resident was asked again in that round")
    solved: int = Field(description="Of these, with every claim solved")


class WhistleUnits(Listing):
    """Both sides by unit."""

    at: AwareDatetime
    called: list[CalledRow]
    callers: list[CallerRow]


@routes.get("/whistles", operation_id="whistles", summary="Whistles with both sides, the newest first")
def whistles(  # noqa: PLR0917 - FastAPI calls it by name
    asked: StaffAsked,
    unit: UnitFilter = None,
    side: Side | None = None,
    response: Response | None = None,
    case: UUID | None = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Whistles:
    """One row for each department called. Without `side` the unit may have called or been called."""
    at, filters = clock.now(), Filters(unit, side, response, case, since, until)
    place = asked.place(cursor)
    with asked.snapshot() as (connection, position), placed():
        page = view.whistles(connection, at, filters, scope=asked.scope, after=place, limit=limit)
    items = [WhistleRow.model_validate(row) for row in page.rows]
    return Whistles(position=position, next=asked.cursor(page.next), at=at, items=items)


@routes.get(
    "/whistles/units", operation_id="whistle_units", summary="What units answered, and what theirs achieved"
)
def by_unit(
    asked: StaffAsked, unit: UnitFilter = None, since: Since = None, until: Until = None
) -> WhistleUnits:
    """Counts only what this actor may see; `unit` filters each side by itself."""
    at, filters = clock.now(), Filters(unit, since=since, until=until)
    with asked.snapshot() as (connection, position):
        called = view.called(connection, at, filters, scope=asked.scope)
        callers = view.callers(connection, at, filters, scope=asked.scope)
    return WhistleUnits(
        position=position,
        at=at,
        called=[CalledRow.model_validate(row) for row in called],
        callers=[CallerRow.model_validate(row) for row in callers],
    )
