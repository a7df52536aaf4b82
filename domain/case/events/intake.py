"""Collection and screening."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.calendar import Duration
from domain.case.events.base import (
    CaseEvent,
    ClaimRaised,
    Code,
    Label,
    Origin,
    Place,
    PolicyRef,
    Record,
    StaffId,
    UnitId,
)
from domain.case.stage import Channel, HoldKind, Kind, Urgency
from domain.personal import Commitment


class PastHold(Record):
    """A time in which a case stood still, and that is over."""

    kind: HoldKind
    start: AwareDatetime
    end: AwareDatetime


class CarriedClock(Record):
    """What had run of the resolution of a case, or of a promise beside it, before a part was split off.

    Attributes:
        unit: Unit that owed it; only where the part goes to the same one does the time go on.
        extensions: Granted time, in the order granted.
        target: A due moment that came from outside, with when it came.
    """

    unit: UnitId
    started_at: AwareDatetime
    holds: tuple[PastHold, ...] = ()
    extensions: tuple[Duration, ...] = ()
    target: AwareDatetime | None = None
    target_at: AwareDatetime | None = None
    accepted_at: AwareDatetime | None = None


class Collected(CaseEvent):
    """The issue was recorded as told (收集).

    Attributes:
        desk: Unit that screens and assigns.
        reporter: Actor id of a resident who raised it through an account; None otherwise.
        clock_from: Moment from which the dispatch clock runs, where that is earlier than `at` (a split).
        handled_by: Units that worked on the case from which it was split off; none of them may visit.
        workers: Actor ids of those who accepted or resolved that case.
        carried: The resolution that ran when this part was split off; None: none did.
        carried_promise: So of a local promise beside it; None in old events, where it began anew.
    """

    NAME: ClassVar[str] = "case.collected"

    case: UUID
    channel: Channel
    claims: tuple[ClaimRaised, ...]
    category: Label
    place: Place
    urgency: Urgency
    desk: UnitId
    policy: PolicyRef
    name: Commitment | None = None
    telephone: Commitment | None = None
    address: Commitment | None = None
    reporter: Label | None = None
    origin: Origin | None = None
    split_from: UUID | None = None
    clock_from: AwareDatetime | None = None
    handled_by: tuple[UnitId, ...] = ()
    workers: tuple[StaffId, ...] = ()
    carried: CarriedClock | None = None
    carried_promise: CarriedClock | None = None


class Screened(CaseEvent):
    """It was decided what the issue is (排查)."""

    NAME: ClassVar[str] = "case.screened"

    kind: Kind
    key: bool = Field(description="A key matter, assigned one to one in a meeting")
    category: Label


class RefusedToTake(CaseEvent):
    """The issue was not taken, with the reason told to the resident (不予受理)."""

    NAME: ClassVar[str] = "case.refused"

    reason: Code
    explanation: Commitment
    turn_to: Label = Field(description="Where the resident is told to turn")
