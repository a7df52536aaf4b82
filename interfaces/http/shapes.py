"""The JSON shapes of a case: what the API promises, apart from how the domain keeps it."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.actor import Role
from domain.calendar import Duration
from domain.case.buckets import Bucket
from domain.case.events.base import Origin, Place, PolicyRef
from domain.case.events.links import ClaimBond
from domain.case.stage import Act, Channel, HoldKind, Kind, Outcome, Stage, Urgency, WhistleAnswer
from domain.policy import Obligation, Rung


class Shape(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sealed(Shape):
    """A personal value: its commitment, and the words for those who may read them."""

    commitment: str
    text: str | None = Field(description="null: not for this reader, or erased")


class ResidentShape(Shape):
    """Who raised the case, and how to reach them."""

    name: Sealed | None
    telephone: Sealed | None
    address: Sealed | None


class ClaimShape(Shape):
    """One thing that the resident asks for, with the last answer to it."""

    id: int
    words: Sealed
    outcome: Outcome | None
    solved: bool | None = Field(description="In the resident's eyes; null: not asked in this round")
    satisfaction: int | None


class RungShape(Shape):
    """One rung of a clock, with the clock of the level that it brings in."""

    rung: Rung
    at: AwareDatetime
    provisional: bool = Field(description="A year that is not published yet decides the moment")
    taken_at: AwareDatetime | None
    level_over: AwareDatetime | None = Field(description="When that level's own time is used up; null: none")
    level_provisional: bool


class ClockShape(Shape):
    """One obligation that is still owed."""

    key: str
    obligation: Obligation
    owner: str = Field(description="Unit that owes it")
    started_at: AwareDatetime
    due_at: AwareDatetime | None = Field(
        description="null: without a limit; while paused, as it will be when the hold ends on its date"
    )
    provisional: bool = Field(description="The calendar of that year is not published yet")
    paused: bool
    overdue: bool
    promised: bool = Field(description="Whether lateness counts in the appraisal")
    extensions: list[Duration]
    rungs: list[Rung] = Field(description="Rungs that the ladder has taken on this clock")
    ladder: list[RungShape] = Field(description="Every rung on its date, taken or not")


class HoldShape(Shape):
    """A suspension or a hang-up."""

    kind: HoldKind
    since: AwareDatetime
    until: AwareDatetime


class DutiesShape(Shape):
    """Who must act."""

    desk: str
    handler: str | None
    co_units: list[str]
    visitor: str | None
    handled: list[str] = Field(description="Units that worked on it at any time; none of them may visit")
    designated: bool = Field(description="Whether the handler's objection was ruled against")
    objection: str | None = Field(description="Unit that owes the ruling on an open objection")


class CallShape(Shape):
    """One department called by a whistle."""

    number: int
    department: str
    answer: WhistleAnswer | None
    bearer: str | None = Field(description="Unit to which a raise moved the call; it may answer too")


class ProposalShape(Shape):
    """The first of two signatures."""

    act: Act
    by_supervisor: bool
    reason: str
    until: AwareDatetime | None


class EntryShape(Shape):
    """An accountability entry."""

    number: int
    unit: str
    clock: str
    answered: bool
    appealed: bool
    withdrawn: bool


class AskShape(Shape):
    """A request for an extension that waits for its decision."""

    clock: str
    by: Duration


class LinksShape(Shape):
    """Bonds to other cases."""

    leading: UUID | None
    claims: list[ClaimBond] = Field(description="To which claim of the leading case each claim belongs")
    followers: list[UUID]
    split_from: UUID | None


class StepShape(Shape):
    """What happens next by itself."""

    at: AwareDatetime
    provisional: bool = Field(description="A year that is not published yet decides the moment")
    action: str
    clock: str | None
    unit: str


class ReviewShape(Shape):
    """The review or re-examination of the written answer."""

    step: Obligation
    unit: str = Field(description="Unit that owes the opinion")
    answered: bool


class CaseShape(Shape):
    """One case as it stands, or stood."""

    id: UUID
    version: int
    stage: Stage
    round: int
    collected_at: AwareDatetime
    since: AwareDatetime = Field(description="When the present stage began")
    policy: PolicyRef
    channel: Channel
    category: str
    urgency: Urgency
    place: Place
    kind: Kind | None
    key: bool
    origin: Origin | None
    unit: str = Field(description="Unit that is responsible now")
    bucket: Bucket
    resident: ResidentShape
    claims: list[ClaimShape]
    duties: DutiesShape
    clocks: list[ClockShape] = Field(description="Open ones")
    next_step: StepShape | None
    hold: HoldShape | None
    extension_asked: AskShape | None
    calls: list[CallShape]
    proposals: list[ProposalShape]
    entries: list[EntryShape]
    links: LinksShape
    tries: int = Field(description="Visits of this round that did not reach the resident")
    confirmed: bool
    excluded: bool
    excluded_until: AwareDatetime | None = Field(description="When it counts again by itself")
    review: ReviewShape | None
    answered_at: AwareDatetime | None = Field(description="When the newest answer or opinion was given")
    final: bool = Field(description="Answered for good, after a re-examination")
    actions: list[str] = Field(description="Commands that this actor may give now; empty in a replay")


class Who(Shape):
    """Who gave a command."""

    id: str | None = Field(description="null: not for this reader")
    role: Role
    unit: str | None


class EventShape(Shape):
    """One recorded event."""

    version: int
    position: int
    name: str
    happened_at: AwareDatetime
    recorded_at: AwareDatetime
    actor: Who
    command: UUID
    policy: PolicyRef | None = Field(description="By which it was decided; null in logs of older releases")
    calendar: int | None = Field(description="Version of that policy's calendar as it was known then")
    data: dict[str, Any] = Field(description="What the event holds; personal values as commitments")


class History(Shape):
    """All that happened to a case, in order."""

    case: UUID
    events: list[EventShape]
    texts: dict[str, str] = Field(
        description="Personal values of the events by commitment, for those who may read them"
    )


class Action(Shape):
    """A command that this actor may give now."""

    verb: str
    address: str
    summary: str


class Actions(Shape):
    """What this actor may do with a case now."""

    case: UUID
    version: int
    actions: list[Action]


class Given(Shape):
    """What a command led to."""

    case: UUID
    version: int = Field(description="Version of the case after it")
    position: int = Field(description="A ledger asked for at least this position shows the command")
    events: list[str] = Field(description="What it recorded on the case; empty when all was so already")
