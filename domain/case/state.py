"""The state of a case: frozen records folded from its events, nested so that a change touches one of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.case.clocks import Clock, Terms
from domain.case.events.base import PolicyRef
from domain.case.events.links import ClaimBond
from domain.case.parts import (
    Ask,
    Call,
    Claim,
    Duties,
    Entry,
    Hold,
    Intake,
    Proposal,
    Review,
    TakenRung,
    VisitMade,
)
from domain.case.stage import Stage
from domain.records import quick

_AT_THE_DESK = frozenset({Stage.COLLECTED, Stage.SCREENED, Stage.REFUSED})
_TO_VISIT = frozenset({Stage.RESOLVED, Stage.VISITED})


@quick
@dataclass(frozen=True, slots=True)
class Links:
    """Bonds to other cases.

    Attributes:
        leading: The case that this merged one follows.
        before: The case as it stood when it was merged, to be restored by undo.
        claims: To which claim of the leading case each claim of this one belongs.
        late: Whether its limit had passed when it was merged, or when its leader went to another unit.
        followers: Cases merged into this one.
    """

    leading: UUID | None = None
    before: "Case | None" = None
    claims: tuple[ClaimBond, ...] = ()
    late: bool = False
    followers: tuple[UUID, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Case:
    """One resident issue.

    Attributes:
        version: Number of events folded.
        round: 1 until the first reopening.
        since: When the present stage began, in the world.
        visits: The return visits of this round's answer, in the order in which they were recorded.
        confirmed: True when a visit of this round confirmed every claim.
        excluded: Left out of the appraisal.
        excluded_until: When it counts again by itself; None: no such date.
        review: What was asked of this round's answer; None: nothing.
        answered_at: When the newest written answer or opinion was given; None: none yet.
        final: Answered for good: the same matter is not taken up again.
    """

    id: UUID
    version: int
    stage: Stage
    round: int
    collected_at: datetime
    since: datetime
    policy: PolicyRef
    intake: Intake
    claims: tuple[Claim, ...]
    duties: Duties
    clocks: tuple[Clock, ...] = ()
    rungs: tuple[TakenRung, ...] = ()
    hold: Hold | None = None
    ask: Ask | None = None
    calls: tuple[Call, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    entries: tuple[Entry, ...] = ()
    links: Links = Links()
    visits: tuple[VisitMade, ...] = ()
    confirmed: bool = False
    excluded: bool = False
    excluded_until: datetime | None = None
    review: Review | None = None
    answered_at: datetime | None = None
    final: bool = False

    @property
    def tries(self) -> int:
        """Visits of this round that did not reach the resident and count."""
        return sum(visit.tried for visit in self.visits)

    @property
    def worked(self) -> frozenset[str]:
        """Every unit that worked on the case, those that came when a department was called included."""
        return self.duties.handled.union(*(call.came for call in self.calls))

    @property
    def responsible(self) -> str:
        """The unit that is named now: in every stage there is one."""
        stage, duties = self.stage, self.duties
        if stage in _AT_THE_DESK:
            return duties.desk
        if stage in _TO_VISIT:
            return duties.visitor or duties.desk
        if stage is Stage.UNDER_REVIEW and self.review is not None:
            return self.review.owner
        return duties.bearer

    @property
    def terms(self) -> Terms:
        """The terms under which the case stands now."""
        return Terms(self.policy, self.intake.category, self.intake.key)

    def called_by(self, clock: str) -> Call | None:
        """Return the call that a whistle's clock measures; None for the key of any other clock."""
        return next((call for call in self.calls if clock.endswith(call.ending)), None)

    @property
    def units(self) -> frozenset[str]:
        """Every unit that has to do with the case; who may see it follows from these."""
        duties = self.duties
        named = {self.intake.place.unit, duties.desk, duties.handler, duties.visitor}
        named.update(duties.handled, duties.co_units)
        for call in self.calls:
            named.update((call.department, call.bearer))
        named.update([entry.unit for entry in self.entries])
        if self.review is not None:
            named.add(self.review.owner)
        return frozenset(unit for unit in named if unit is not None)
