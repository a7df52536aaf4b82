"""Review and re-examination of a written answer, hearings, and milestones on the way to it."""

from typing import ClassVar

from pydantic import AwareDatetime

from domain.case.events.base import CaseEvent, ClockKey, StaffId, UnitId
from domain.personal import Commitment
from domain.policy import Obligation


class ReviewAsked(CaseEvent):
    """The resident asks the unit above to look at the answer again (复查).

    Attributes:
        reviewer: Unit that owes the answer: the nearest above the handling one that did not work on the case.
    """

    NAME: ClassVar[str] = "case.review_asked"

    reviewer: UnitId
    words: Commitment


class ReviewAnswered(CaseEvent):
    """The unit above gave its opinion in writing (复查意见).

    Attributes:
        upheld: Whether the answer stands; where it does not, the case is handled again.
        answered_by: Actor id of who gave it, and so can't re-examine; None where a system told it.
    """

    NAME: ClassVar[str] = "case.review_answered"

    upheld: bool
    opinion: Commitment
    answered_by: StaffId | None = None


class RecheckAsked(CaseEvent):
    """The resident asks the unit above the reviewer for a re-examination (复核)."""

    NAME: ClassVar[str] = "case.recheck_asked"

    reviewer: UnitId
    words: Commitment


class RecheckAnswered(CaseEvent):
    """The last opinion was given (复核意见); where the answer stands, it stands for good.

    Attributes:
        visit_owed: Whether it strikes nothing off, since the unit that owed it worked on the case itself:
            the return visit is owed anew.
    """

    NAME: ClassVar[str] = "case.recheck_answered"

    upheld: bool
    opinion: Commitment
    visit_owed: bool = False


class Heard(CaseEvent):
    """A hearing was held (听证); under a policy that says so its time is not counted.

    Attributes:
        begun: When the hearing began, in the world; so `ended`.
    """

    NAME: ClassVar[str] = "case.heard"

    clock: ClockKey
    begun: AwareDatetime
    ended: AwareDatetime


class MilestonesSet(CaseEvent):
    """The unit owes these on the way to the resolution, each with a clock of its own."""

    NAME: ClassVar[str] = "case.milestones_set"

    unit: UnitId
    milestones: tuple[Obligation, ...]


class MilestoneReached(CaseEvent):
    """One of the milestones was reached."""

    NAME: ClassVar[str] = "case.milestone_reached"

    milestone: Obligation
