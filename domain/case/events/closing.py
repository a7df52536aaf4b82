"""Resolution, return visit, strike-off, and what counts in the appraisal."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.case.events.base import Attachment, CaseEvent, ClaimAnswered, ClaimJudged, Code, StaffId, UnitId
from domain.case.stage import Act, Ground
from domain.personal import Commitment


class Resolved(CaseEvent):
    """The unit reports an outcome for each claim (化解).

    Attributes:
        visited_by: Unit that owes the return visit; never the one that handled the case.
        with_case: The leading case, when its repair resolved this merged one.
        handled_by: The units that handled that leading case, the one that repaired first; else empty.
        unit: For which it was done, the responsible unit or a part of it; None where a system told it.
        workers: Actor ids of who did it, or of all who worked on that leading case; none of them may visit.
    """

    NAME: ClassVar[str] = "case.resolved"

    answers: tuple[ClaimAnswered, ...]
    visited_by: UnitId
    evidence: tuple[Attachment, ...] = ()
    with_case: UUID | None = None
    handled_by: tuple[UnitId, ...] = ()
    unit: UnitId | None = None
    workers: tuple[StaffId, ...] = ()


class Visited(CaseEvent):
    """The resident was asked again, claim by claim (回访).

    Attributes:
        judged: One entry a claim when the resident was reached, else empty.
        counts: False for a try too soon after the visitor's last one; see the policy's `between_tries`.
    """

    NAME: ClassVar[str] = "case.visited"

    visitor: StaffId
    unit: UnitId
    third_party: bool
    reached: bool
    judged: tuple[ClaimJudged, ...] = ()
    counts: bool = True


class Reopened(CaseEvent):
    """A new round begins with new clocks (重办)."""

    NAME: ClassVar[str] = "case.reopened"

    ground: Ground
    round: int = Field(ge=2)
    words: Commitment | None = None


class StruckOff(CaseEvent):
    """Solved one, struck off one (销号)."""

    NAME: ClassVar[str] = "case.struck_off"

    ground: Ground
    unit: UnitId


class ProposalSigned(CaseEvent):
    """The first of two signatures was given; the second one carries the decision out.

    Attributes:
        until: The date on which a hang-up or an exclusion ends; None for the other acts, or without one.
    """

    NAME: ClassVar[str] = "case.proposal_signed"

    act: Act
    signer: StaffId
    by_supervisor: bool
    reason: Code
    until: AwareDatetime | None = None
    evidence: tuple[Attachment, ...] = ()


class Excluded(CaseEvent):
    """The case is left out of the appraisal (剔除).

    Attributes:
        until: When it counts again by itself; None: not without an inclusion.
    """

    NAME: ClassVar[str] = "case.excluded"

    reason: Code
    signed_by: tuple[StaffId, StaffId]
    evidence: tuple[Attachment, ...] = ()
    until: AwareDatetime | None = None


class Included(CaseEvent):
    """The case counts in the appraisal again (恢复考核).

    Attributes:
        signed_by: Two persons; empty when the date of the exclusion had come.
    """

    NAME: ClassVar[str] = "case.included"

    reason: Code
    signed_by: tuple[StaffId, ...]
    evidence: tuple[Attachment, ...] = ()
