"""What stops, moves or replaces a limit."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from domain.calendar import Duration
from domain.case.events.base import Attachment, CaseEvent, ClockKey, Code, Label, PolicyRef, StaffId, UnitId
from domain.personal import Commitment


class Suspended(CaseEvent):
    """The clock stops for a listed reason (中止); of a merged case, since the leading one does."""

    NAME: ClassVar[str] = "case.suspended"

    reason: Code
    until: AwareDatetime
    approved_by: StaffId = Field(description="Actor id of the unit's head")
    evidence: tuple[Attachment, ...] = ()


class Resumed(CaseEvent):
    """The clock goes on, by hand or because the date has come (恢复)."""

    NAME: ClassVar[str] = "case.resumed"

    on_date: bool = Field(description="By itself, on the date that was set")


class ExtensionAsked(CaseEvent):
    """The unit asks for more time (延期).

    Attributes:
        decided_by: Unit that owes the decision by a limit; None where the policy sets none.
        asked_by: Actor id of who asks, and so can't decide.
    """

    NAME: ClassVar[str] = "case.extension_asked"

    clock: ClockKey
    by: Duration
    reason: Commitment
    decided_by: UnitId | None = None
    asked_by: StaffId | None = None


class ExtensionGranted(CaseEvent):
    """The limit moves; of a merged case, with that of the leading one."""

    NAME: ClassVar[str] = "case.extension_granted"

    clock: ClockKey
    by: Duration


class ExtensionRefused(CaseEvent):
    """The limit stays."""

    NAME: ClassVar[str] = "case.extension_refused"

    clock: ClockKey
    reason: Commitment


class HungUp(CaseEvent):
    """The issue can't be solved now and comes back by itself on a date (挂账); merged, with its leader."""

    NAME: ClassVar[str] = "case.hung_up"

    reason: Code
    until: AwareDatetime
    signed_by: tuple[StaffId, StaffId]
    evidence: tuple[Attachment, ...] = ()


class TakenDown(CaseEvent):
    """The case came back from the pool of problems (摘账)."""

    NAME: ClassVar[str] = "case.taken_down"

    on_date: bool
    signed_by: tuple[StaffId, ...]


class TargetReceived(CaseEvent):
    """A limit came with the case from outside, and replaces the policy's."""

    NAME: ClassVar[str] = "case.target_received"

    clock: ClockKey
    due: AwareDatetime
    source: Label


class ClockRecalibrated(CaseEvent):
    """What is told of a running clock changed, since the calendar by which it is counted was amended.

    Attributes:
        was: When it was due; None: it had no due moment.
        now: When it is due; the same as before when only a step of its ladder moved.
        provisional: Whether a year that is not published decides `now`.
        cause: Why the calendar was amended.
        version: Of the calendar, as it holds for the unit that owes.
    """

    NAME: ClassVar[str] = "case.clock_recalibrated"

    clock: ClockKey
    was: AwareDatetime | None = None
    now: AwareDatetime | None = None
    provisional: bool = False
    cause: Label
    calendar: str = Field(pattern=r"^[a-z0-9-]+$", max_length=100)
    version: int = Field(ge=1)


class PolicyMoved(CaseEvent):
    """The case stands under another policy from now on."""

    NAME: ClassVar[str] = "case.policy_moved"

    policy: PolicyRef
    reason: Commitment
