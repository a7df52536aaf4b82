"""What is known of one case: its state, its history, its past, and what may be done now."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from domain.actor import Actor
from domain.case.commands import BY_VERB
from domain.case.decide import allowed
from domain.case.evolve import fold
from domain.case.state import Case
from domain.errors import Refused
from engine import clock
from engine.authorise import visible
from engine.envelope import Recorded
from engine.replay import case_events, history, known
from interfaces.compose import Program
from interfaces.http import conditions, reckonings, shapes
from interfaces.http.clock_shapes import Clocks
from interfaces.http.codes import HttpRefusal, misplaced
from interfaces.http.commands import CaseId
from interfaces.http.identity import CurrentActor, CurrentProgram
from interfaces.http.moments import Moment
from interfaces.http.openapi import CASE_PROBLEMS, describe
from interfaces.http.portray import Reader, portray, tell, texts

MAX_VERSION = 2**53
routes = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"], responses=CASE_PROBLEMS)
Point = Annotated[Moment | None, Query(description="RFC 3339 with an offset; write + as %2B")]


@routes.get("", operation_id="case", summary="A case as it stands, with what this actor may do now")
def one(
    case_id: CaseId, actor: CurrentActor, program: CurrentProgram, response: Response
) -> shapes.CaseShape:
    """The strong ETag is the version for If-Match. Reading personal values leaves a trace in the vault."""
    case, _ = _seen(program, actor, case_id)
    response.headers["ETag"] = conditions.tag(case.version)
    return portray(case, _reader(program, actor))


@routes.get("/history", operation_id="history", summary="Everything that happened to a case, in order")
def past(case_id: CaseId, actor: CurrentActor, program: CurrentProgram) -> shapes.History:
    """Each event has two times: when it happened in the world and when it was recorded."""
    case, events = _seen(program, actor, case_id)
    found = texts(events, _reader(program, actor))
    return shapes.History(case=case.id, events=[tell(event, actor) for event in events], texts=dict(found))


@routes.get("/replay", operation_id="replay", summary="A case as it stood, or as it was known, at one point")
def replayed(  # noqa: PLR0917 - FastAPI calls it by name
    case_id: CaseId,
    actor: CurrentActor,
    program: CurrentProgram,
    version: Annotated[int | None, Query(ge=1, le=MAX_VERSION, description="After this many events")] = None,
    recorded_at: Point = None,
    happened_at: Point = None,
) -> shapes.CaseShape:
    """Give exactly one of the three. `recorded_at`: what was known then; `happened_at`: how things stood."""
    points = [one for one in (version, recorded_at, happened_at) if one is not None]
    if len(points) != 1:
        message = "Give exactly one of version, recorded_at and happened_at"
        raise misplaced("query", "one_point", message)
    present, events = _seen(program, actor, case_id)
    if version is not None and version > present.version:
        raise misplaced("query.version", "version_unknown", "The case has not come to this version")
    case = fold(case_events(known(events, version, recorded_at, happened_at)))
    if case is None:
        raise HttpRefusal("nothing_then")
    return portray(case, _reader(program, actor), live=False)


@routes.get(
    "/clocks", operation_id="clocks", summary="Every clock of a case, and how its due moment comes about"
)
def clocks(case_id: CaseId, actor: CurrentActor, program: CurrentProgram, response: Response) -> Clocks:
    """The rule and its source, the calendar, each pause and grant with who gave it, and each day counted."""
    case, events = _seen(program, actor, case_id)
    response.headers["ETag"] = conditions.tag(case.version)
    return reckonings.reckonings(case, events, _reader(program, actor))


@routes.get("/actions", operation_id="actions", summary="What this actor may do with a case now")
def actions(
    case_id: CaseId, actor: CurrentActor, program: CurrentProgram, response: Response
) -> shapes.Actions:
    """A command listed here may still be refused for what it says; one not listed is always refused."""
    case, _ = _seen(program, actor, case_id)
    response.headers["ETag"] = conditions.tag(case.version)
    verbs = allowed(case, actor, program.engine.rules.current().organisation)
    return shapes.Actions(
        case=case.id,
        version=case.version,
        actions=[
            shapes.Action(
                verb=verb, address=f"/v1/cases/{case.id}/{verb}", summary=describe(BY_VERB[verb])[0]
            )
            for verb in verbs
        ],
    )


def _seen(program: Program, actor: Actor, text: str) -> tuple[Case, list[Recorded]]:
    """Return a case with its events, as long as the actor may know of it.

    Raises:
        Refused: unknown_case.
    """
    events = _events(program, conditions.case_id(text))
    case = fold(case_events(events))
    if case is None or not visible(actor, case, program.engine.rules.current().organisation):
        raise Refused("unknown_case")
    return case, events


def _events(program: Program, case: UUID) -> list[Recorded]:
    return list(history(program.engine.store, case))


def _reader(program: Program, actor: Actor) -> Reader:
    return Reader(actor, program.engine.rules.current(), clock.now(), program.engine.vault)
