"""What would have been under another policy or calendar, for those who may weigh one."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.actor import Actor, Role
from domain.calendar import Calendar, CalendarInvalid, parse_calendar
from domain.case.book import Rulebook
from domain.errors import NotAllowed
from domain.policy import Policy, PolicyInvalid, parse_policy
from domain.policy.events import LONGEST
from engine import clock
from engine.authorise import subtree
from engine.whatif import Question, as_json, ask
from interfaces.http.bodies import raw_body
from interfaces.http.codes import HttpRefusal
from interfaces.http.identity import CurrentActor, CurrentProgram, actor
from interfaces.http.moments import Moment
from interfaces.http.openapi import LIST_PROBLEMS, problems
from interfaces.http.problems import faults

MOST_CASES: Final = 20_000
"""Cases that a request may go through; more of them are a matter for the command line."""
WEIGHERS: Final = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR})
routes = APIRouter(prefix="/v1", tags=["rules"], responses=LIST_PROBLEMS, dependencies=[Depends(actor)])
RawBody = Annotated[bytes, Depends(raw_body)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class WhatIf(BaseModel):
    """What is to be tried: a policy by its text or by id and version, a calendar by its text, or both."""

    model_config = ConfigDict(extra="forbid", strict=True)

    policy: Text | None = Field(default=None, description="Text of a policy file (TOML)")
    policy_id: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$", max_length=100)
    policy_version: int | None = Field(default=None, ge=1, le=1_000_000)
    calendar: Text | None = Field(default=None, description="Text of a calendar file (TOML)")
    instead_of: str | None = Field(default=None, max_length=100, description="Only cases under this policy")
    since: Moment | None = None
    until: Moment | None = None
    unit: str | None = Field(default=None, max_length=200, description="Of this unit and those under it")
    as_of: Moment | None = Field(default=None, description="Judges open clocks; left out: now")
    most: int = Field(default=100, ge=0, le=1_000, description="Differing clocks to list at most")


class WhatIfAnswer(BaseModel):
    """Counts: clocks, late, late_then, worse, better, and rung:, rung_then:, taken: with a rung's name."""

    cases: int
    skipped: int = Field(description="Cases whose own policy is not installed")
    all: dict[str, int]
    units: dict[str, dict[str, int]]
    categories: dict[str, dict[str, int]]
    differing_total: int
    differing: list[dict[str, Any]]


@routes.post(
    "/whatif",
    operation_id="what_if",
    summary="What would have been under another policy or calendar",
    responses=problems({400, 403, 404, 409, 413, 415, 422}),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": WhatIf.model_json_schema()}},
        },
        "x-roles": sorted(role.value for role in WEIGHERS),
    },
)
def what_if(program: CurrentProgram, actor: CurrentActor, raw: RawBody) -> WhatIfAnswer:
    """Every history is told again and nothing is written; an actor of a unit sees the clocks under it."""
    asked = _asked(raw)
    if actor.role not in WEIGHERS:
        raise NotAllowed(f"The role {actor.role.value} may not weigh policies.")
    book = program.engine.rules.current()
    question = Question(
        as_of=asked.as_of or clock.now(),
        policy=_policy(asked, book),
        calendar=_calendar(asked),
        instead_of=asked.instead_of,
        since=asked.since,
        until=asked.until,
        units=_units(asked.unit, actor, book),
        most=asked.most,
    )
    if len(program.engine.store.cases()) > MOST_CASES:
        raise HttpRefusal("whatif_too_large")
    return WhatIfAnswer.model_validate(as_json(ask(program.engine.store, question, book)))


def _asked(raw: bytes) -> WhatIf:
    try:
        return WhatIf.model_validate_json(raw)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        if wrong[0]["type"] == "json_invalid":
            raise HttpRefusal("body_malformed") from None
        raise HttpRefusal("request_invalid", errors=faults(wrong)) from None


def _calendar(asked: WhatIf) -> Calendar | None:
    try:
        return None if asked.calendar is None else parse_calendar(asked.calendar)
    except CalendarInvalid as error:
        raise HttpRefusal("request_invalid", error.message) from None


def _policy(asked: WhatIf, book: Rulebook) -> Policy | None:
    if asked.policy is not None:
        try:
            return parse_policy(asked.policy)
        except PolicyInvalid as error:
            raise HttpRefusal("request_invalid", error.message) from None
    if asked.policy_id is None:
        return None
    newest = max((version for id_, version in book.policies if id_ == asked.policy_id), default=0)
    version = asked.policy_version or newest
    found = book.policies.get((asked.policy_id, version))
    if found is None:
        raise HttpRefusal("not_found")
    return found


def _units(unit: str | None, actor: Actor, book: Rulebook) -> frozenset[str] | None:
    """Return the units asked about, never more than the actor's own."""
    own = None if actor.unit is None else subtree(actor.unit, book.organisation)
    wanted = None if unit is None else subtree(unit, book.organisation)
    if own is None or wanted is None:
        return own if wanted is None else wanted
    return own & wanted
