"""What would have been under another policy or calendar, for those who may weigh one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from domain.actor import Actor, Role
from domain.calendar import Calendar, CalendarInvalid, parse_calendar
from domain.case.book import Rulebook
from domain.errors import REFUSALS, NotAllowed
from domain.policy import Policy, PolicyInvalid, parse_policy
from domain.policy.events import LONGEST
from engine import clock
from engine.authorise import subtree
from engine.whatif import Question, as_json, ask
from interfaces.http.bodies import raw_body, validated
from interfaces.http.codes import HttpRefusal, misplaced
from interfaces.http.identity import CurrentActor, CurrentProgram, actor
from interfaces.http.moments import Moment
from interfaces.http.openapi import LIST_PROBLEMS, problems

MOST_CASES: Final = 20_000
"""Cases that a request may go through; more of them are a matter for the command line."""
_ONE: Final = threading.Lock()
"""A question takes a core for as long as it lasts, so a process works on one at a time."""
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
    responses=problems({400, 403, 409, 413, 415, 422, 503}),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": WhatIf.model_json_schema()}},
        },
        "x-roles": sorted(role.value for role in WEIGHERS),
    },
)
def what_if(program: CurrentProgram, actor: CurrentActor, raw: RawBody) -> WhatIfAnswer:
    """Every history is told again and nothing is written; an actor of a unit sees the clocks under it.

    One question at a time; another one meanwhile is answered 503 `whatif_busy`.
    """
    if actor.role not in WEIGHERS:
        raise NotAllowed(f"The role {actor.role.value} may not weigh policies.")
    with _alone():
        book = program.engine.rules.refresh()
        question = _question(validated(WhatIf, raw), actor, book)
        if len(program.engine.store.cases()) > MOST_CASES:
            raise HttpRefusal("whatif_too_large")
        try:
            outcome = ask(program.engine.store, question, book)
        except PolicyInvalid as error:
            raise misplaced("policy", error.code, error.message) from None
    return WhatIfAnswer.model_validate(as_json(outcome))


@contextmanager
def _alone() -> Iterator[None]:
    if not _ONE.acquire(blocking=False):
        raise HttpRefusal("whatif_busy")
    try:
        yield
    finally:
        _ONE.release()


def _question(asked: WhatIf, actor: Actor, book: Rulebook) -> Question:
    if asked.policy is None and asked.policy_id is None and asked.calendar is None:
        raise misplaced("body", "nothing_to_try", "Give policy, policy_id or calendar")
    if asked.unit is not None and not book.organisation.knows(asked.unit):
        raise misplaced("unit", "unknown_unit", REFUSALS["unknown_unit"])
    if asked.instead_of is not None and asked.instead_of not in {id_ for id_, _ in book.policies}:
        raise misplaced("instead_of", "unknown_policy", REFUSALS["unknown_policy"])
    return Question(
        as_of=asked.as_of or clock.now(),
        policy=_policy(asked, book),
        calendar=_calendar(asked),
        instead_of=asked.instead_of,
        since=asked.since,
        until=asked.until,
        units=_units(asked.unit, actor, book),
        most=asked.most,
    )


def _calendar(asked: WhatIf) -> Calendar | None:
    try:
        return None if asked.calendar is None else parse_calendar(asked.calendar)
    except CalendarInvalid as error:
        raise misplaced("calendar", error.code, error.message) from None


def _policy(asked: WhatIf, book: Rulebook) -> Policy | None:
    if asked.policy is not None and asked.policy_id is not None:
        raise misplaced("policy_id", "policy_twice", "Give policy or policy_id, not both")
    if asked.policy_version is not None and asked.policy_id is None:
        raise misplaced("policy_version", "policy_missing", "A version needs the policy_id that it is of")
    if asked.policy is not None:
        try:
            return parse_policy(asked.policy)
        except PolicyInvalid as error:
            raise misplaced("policy", error.code, error.message) from None
    if asked.policy_id is None:
        return None
    newest = max((version for id_, version in book.policies if id_ == asked.policy_id), default=0)
    version = asked.policy_version or newest
    found = book.policies.get((asked.policy_id, version))
    if found is None:
        raise misplaced("policy_id", "unknown_policy", REFUSALS["unknown_policy"])
    return found


def _units(unit: str | None, actor: Actor, book: Rulebook) -> frozenset[str] | None:
    """Return the units asked about, never more than the actor's own."""
    own = None if actor.unit is None else subtree(actor.unit, book.organisation)
    wanted = None if unit is None else subtree(unit, book.organisation)
    if own is None or wanted is None:
        return own if wanted is None else wanted
    return own & wanted
