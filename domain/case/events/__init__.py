"""Every event of a case. Names and shapes are stored for good; never edit or delete one."""

from typing import Final, get_args

from domain.case.events.base import (
    Attachment,
    CaseEvent,
    ClaimAnswered,
    ClaimJudged,
    ClaimRaised,
    Origin,
    Place,
    PolicyRef,
    staff_fields,
)
from domain.case.events.closing import (
    Excluded,
    Included,
    ProposalSigned,
    Reopened,
    Resolved,
    StruckOff,
    Visited,
)
from domain.case.events.handling import (
    Accepted,
    Assigned,
    Contacted,
    Objected,
    ObjectionRuled,
    ProgressNoted,
    WhistleAnswered,
    Whistled,
)
from domain.case.events.intake import CarriedClock, Collected, PastHold, RefusedToTake, Screened
from domain.case.events.ladder import (
    AccountabilityAnswered,
    AccountabilityAppealed,
    AccountabilityWithdrawn,
    HeldAccountable,
    Raised,
    Reminded,
    RungTaken,
    Supervised,
)
from domain.case.events.links import (
    ClaimBond,
    FollowerReleased,
    FollowerTaken,
    LeaderMoved,
    Merged,
    Split,
    SplitPart,
    Unmerged,
)
from domain.case.events.review import (
    Heard,
    MilestoneReached,
    MilestonesSet,
    RecheckAnswered,
    RecheckAsked,
    ReviewAnswered,
    ReviewAsked,
)
from domain.case.events.timing import (
    ClockRecalibrated,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    HungUp,
    PolicyMoved,
    Resumed,
    Suspended,
    TakenDown,
    TargetReceived,
)

IntakeEvent = Collected | Screened | RefusedToTake
HandlingEvent = (
    Assigned | Accepted | Objected | ObjectionRuled | Contacted | ProgressNoted | Whistled | WhistleAnswered
)
TimingEvent = (
    Suspended
    | Resumed
    | ExtensionAsked
    | ExtensionGranted
    | ExtensionRefused
    | HungUp
    | TakenDown
    | TargetReceived
    | PolicyMoved
    | ClockRecalibrated
)
ClosingEvent = Resolved | Visited | Reopened | StruckOff | ProposalSigned | Excluded | Included
LadderEvent = (
    Reminded
    | Supervised
    | Raised
    | HeldAccountable
    | AccountabilityAnswered
    | AccountabilityAppealed
    | AccountabilityWithdrawn
)
ReviewEvent = (
    MilestonesSet | MilestoneReached | ReviewAsked | ReviewAnswered | RecheckAsked | RecheckAnswered | Heard
)
LinkEvent = Merged | Unmerged | LeaderMoved | FollowerTaken | FollowerReleased | Split
AnyCaseEvent = (
    IntakeEvent | HandlingEvent | TimingEvent | ClosingEvent | LadderEvent | LinkEvent | ReviewEvent
)

CASE_EVENTS: Final[tuple[type[AnyCaseEvent], ...]] = get_args(AnyCaseEvent)
"""Each event class once, in the order of a case's life."""

__all__ = [
    "CASE_EVENTS",
    "Accepted",
    "AccountabilityAnswered",
    "AccountabilityAppealed",
    "AccountabilityWithdrawn",
    "AnyCaseEvent",
    "Assigned",
    "Attachment",
    "CarriedClock",
    "CaseEvent",
    "ClaimAnswered",
    "ClaimBond",
    "ClaimJudged",
    "ClaimRaised",
    "ClockRecalibrated",
    "ClosingEvent",
    "Collected",
    "Contacted",
    "Excluded",
    "ExtensionAsked",
    "ExtensionGranted",
    "ExtensionRefused",
    "FollowerReleased",
    "FollowerTaken",
    "HandlingEvent",
    "Heard",
    "HeldAccountable",
    "HungUp",
    "Included",
    "IntakeEvent",
    "LadderEvent",
    "LeaderMoved",
    "LinkEvent",
    "Merged",
    "MilestoneReached",
    "MilestonesSet",
    "Objected",
    "ObjectionRuled",
    "Origin",
    "PastHold",
    "Place",
    "PolicyMoved",
    "PolicyRef",
    "ProgressNoted",
    "ProposalSigned",
    "Raised",
    "RecheckAnswered",
    "RecheckAsked",
    "RefusedToTake",
    "Reminded",
    "Reopened",
    "Resolved",
    "Resumed",
    "ReviewAnswered",
    "ReviewAsked",
    "ReviewEvent",
    "RungTaken",
    "Screened",
    "Split",
    "SplitPart",
    "StruckOff",
    "Supervised",
    "Suspended",
    "TakenDown",
    "TargetReceived",
    "TimingEvent",
    "Unmerged",
    "Visited",
    "WhistleAnswered",
    "Whistled",
    "staff_fields",
]
