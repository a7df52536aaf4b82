"""What the state of a case is made of: frozen records, each of which one kind of event changes."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.calendar import Duration
from domain.case.events.base import Attachment, Origin, Place
from domain.case.events.intake import CarriedClock
from domain.case.events.timing import HungUp, Suspended
from domain.case.stage import Act, Channel, HoldKind, Kind, Outcome, Urgency, WhistleAnswer
from domain.policy import Obligation, Rung
from domain.records import quick


@quick
@dataclass(frozen=True, slots=True)
class Claim:
    """One thing asked, with the unit's answer and the resident's judgement in the present round.

    Attributes:
        words: Commitment to the resident's words.
        outcome: None until the unit reported.
        solved: None until the resident was asked.
        satisfaction: 1 to 5; None until the resident was asked.
    """

    id: int
    words: str
    outcome: Outcome | None = None
    solved: bool | None = None
    satisfaction: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class Resident:
    """Commitments to who raised it and how to reach them; None where nothing was given."""

    name: str | None = None
    telephone: str | None = None
    address: str | None = None


@quick
@dataclass(frozen=True, slots=True)
class Intake:
    """How the issue came in, and what screening made of it.

    Attributes:
        reporter: Actor id of the resident who raised it through an account; None otherwise.
        kind: None until screened.
        handled_by: Units that had worked on it before it came in: of a part, those of the whole.
        carried: The resolution that ran when this part was split off, until the case is assigned.
        carried_promise: So of a local promise, until it is set with that assignment.
    """

    channel: Channel
    category: str
    urgency: Urgency
    place: Place
    resident: Resident
    reporter: str | None
    origin: Origin | None
    split_from: UUID | None = None
    carried: CarriedClock | None = None
    carried_promise: CarriedClock | None = None
    kind: Kind | None = None
    key: bool = False
    handled_by: frozenset[str] = frozenset()

    @property
    def reachable(self) -> bool:
        """Whether the resident gave a telephone, an address or an account by which to be told of anything."""
        given = (self.resident.telephone, self.resident.address, self.reporter)
        return any(one is not None for one in given)

    def before_import(self, moment: datetime) -> bool:
        """Whether a moment lies before the import that told of the issue, or at it; False where none did."""
        return self.origin is not None and moment <= self.origin.imported_at


@quick
@dataclass(frozen=True, slots=True)
class Duties:
    """Who must act: the desk screens and assigns, the handler works, the visitor asks again.

    Attributes:
        handler: None until assigned (and again after an objection was upheld).
        handled: Every unit that was responsible or helped by assignment at any time; none of them may visit.
        designated: Unit whose objection was ruled against: while it is the handler, it has no second one.
        objection: Unit that owes the ruling on an open objection; None when there is none.
        workers: Actor ids of those who accepted or resolved the case; none of them may visit, for any unit.
    """

    desk: str
    handler: str | None = None
    co_units: tuple[str, ...] = ()
    visitor: str | None = None
    handled: frozenset[str] = frozenset()
    designated: str | None = None
    objection: str | None = None
    workers: frozenset[str] = frozenset()

    @property
    def bearer(self) -> str:
        """The unit that must act: the handler, or the desk before there is one."""
        return self.handler or self.desk


@quick
@dataclass(frozen=True, slots=True)
class Hold:
    """A suspension or a hang-up, and the date on which the case goes on.

    Attributes:
        decision: The event with which it began, for a case that comes to follow this one.
    """

    kind: HoldKind
    since: datetime
    until: datetime
    decision: Suspended | HungUp


@quick
@dataclass(frozen=True, slots=True)
class TakenRung:
    """A rung that the ladder has taken; each (clock, rung) at most once.

    Attributes:
        at: When; the clock of the level that it brought in begins here.
    """

    clock: str
    rung: Rung
    at: datetime | None = field(default=None, compare=False)


@quick
@dataclass(frozen=True, slots=True)
class Ask:
    """A request for an extension that waits for its decision.

    Attributes:
        at: When it was made.
        asker: Actor id of who asked; None where it was recorded without.
    """

    clock: str
    by: Duration
    at: datetime
    asker: str | None = None


@quick
@dataclass(frozen=True, slots=True)
class Call:
    """One department called by a whistle.

    Attributes:
        answer: None until it reported in.
        came: Units that ever answered that they came: the department, and the one above that did so for it.
            They had a hand in the work then, whatever they say later.
        bearer: Unit above to which a raise moved the call, and which may answer it too; None: not raised.
    """

    number: int
    department: str
    answer: WhistleAnswer | None = None
    bearer: str | None = None
    came: frozenset[str] = frozenset()

    @property
    def ending(self) -> str:
        """How the key of the clock of this call ends."""
        return f"/{self.number}.{self.department}"


@quick
@dataclass(frozen=True, slots=True)
class Proposal:
    """The first of two signatures.

    Attributes:
        unit: Unit that had to act when it was given; it falls away when another one has to.
    """

    act: Act
    signer: str
    by_supervisor: bool
    reason: str
    until: datetime | None
    unit: str
    evidence: tuple[Attachment, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class VisitMade:
    """A return visit of this round.

    Attributes:
        visitor: Actor id.
        unit: For which they went.
        tried: Whether it is a try, towards the rule for the unreachable.
    """

    visitor: str
    unit: str
    at: datetime
    tried: bool


@quick
@dataclass(frozen=True, slots=True)
class Entry:
    """An accountability entry."""

    number: int
    unit: str
    clock: str
    set_by: str
    answered: bool = False
    appealed: bool = False
    withdrawn: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Review:
    """The review or re-examination of this round's written answer.

    Attributes:
        step: ANSWER_REVIEW, then ANSWER_RECHECK.
        owner: Unit that owes the opinion.
        closed: Whether the case had been struck off when it was asked.
        answered_by: Actor id of who answered the review, and so can't re-examine; None: not known, or nobody.
    """

    step: Obligation
    owner: str
    closed: bool
    answered: bool = False
    answered_by: str | None = None
