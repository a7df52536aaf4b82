"""Assignment, acceptance, and the work of the responsible unit."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from domain.case.events.base import Attachment, CaseEvent, Code, StaffId, UnitId
from domain.case.stage import Manner, Means, WhistleAnswer, Why
from domain.personal import Commitment


class Assigned(CaseEvent):
    """One unit is responsible from now on (交办)."""

    NAME: ClassVar[str] = "case.assigned"

    unit: UnitId
    manner: Manner
    co_units: tuple[UnitId, ...] = ()
    why: Why
    rule: str | None = Field(default=None, max_length=200, description="The rule that chose, when a rule did")


class Accepted(CaseEvent):
    """The unit took the case (签收).

    Attributes:
        unit: For which it was done, the responsible unit or a part of it; None where a system told it.
        worker: Actor id of who did it; None where a system told it.
    """

    NAME: ClassVar[str] = "case.accepted"

    unit: UnitId | None = None
    worker: StaffId | None = None


class Objected(CaseEvent):
    """The unit says that it is not competent (退回异议).

    Attributes:
        ruled_by: Unit that owes the ruling.
    """

    NAME: ClassVar[str] = "case.objected"

    reason: Code
    explanation: Commitment
    ruled_by: UnitId


class ObjectionRuled(CaseEvent):
    """The objection was upheld, so the case goes back to be assigned, or the unit was designated for good."""

    NAME: ClassVar[str] = "case.objection_ruled"

    upheld: bool
    explanation: Commitment


class Contacted(CaseEvent):
    """The unit tried to reach the resident."""

    NAME: ClassVar[str] = "case.contacted"

    means: Means
    reached: bool


class ProgressNoted(CaseEvent):
    """The unit wrote down what it did."""

    NAME: ClassVar[str] = "case.progress_noted"

    note: Commitment
    attachments: tuple[Attachment, ...] = ()


class Whistled(CaseEvent):
    """A street called departments to help on the spot (吹哨).

    Attributes:
        number: 1 for the first whistle of the case.
        by: Moment by which each must answer; None leaves it to the policy.
    """

    NAME: ClassVar[str] = "case.whistled"

    number: int = Field(ge=1)
    caller: UnitId
    called: tuple[UnitId, ...]
    help: Commitment
    by: AwareDatetime | None = None


class WhistleAnswered(CaseEvent):
    """A called department reported in, or declined with its reason (报到).

    Attributes:
        unit: For which it was answered: the department, a part of it, or the unit above to which the call was
            raised; None where a system told it.
    """

    NAME: ClassVar[str] = "case.whistle_answered"

    number: int = Field(ge=1)
    department: UnitId
    answer: WhistleAnswer
    words: Commitment | None = None
    unit: UnitId | None = None
