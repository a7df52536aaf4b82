"""The stages of a case, and the small closed vocabularies that events and commands share."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a case stands. Chinese terms: glossary. A reopened case is assigned again in its next round."""

    COLLECTED = "collected"
    SCREENED = "screened"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    VISITED = "visited"
    CLOSED = "closed"
    REFUSED = "refused"
    MERGED = "merged"
    SUSPENDED = "suspended"
    HUNG_UP = "hung_up"
    UNDER_REVIEW = "under_review"


FINAL = frozenset({Stage.CLOSED, Stage.REFUSED})
"""Stages in which nobody owes anything any more."""
OPEN = frozenset(Stage) - FINAL
ANSWERED = frozenset({Stage.RESOLVED, Stage.VISITED, Stage.UNDER_REVIEW})
"""Stages in which this round's answer is given and is being looked at."""


class Channel(StrEnum):
    """How the issue came in. Source: glossary."""

    VISIT = "visit"
    HOTLINE = "hotline"
    PETITION = "petition"
    WEB = "web"
    MAIL = "mail"
    PATROL = "patrol"
    OPEN311 = "open311"
    IMPORT = "import"


class Urgency(StrEnum):
    """How pressing the resident's issue is."""

    ORDINARY = "ordinary"
    URGENT = "urgent"


class Kind(StrEnum):
    """What screening decided. Source: practice; communities post a list of issues and one of needs."""

    ISSUE = "issue"
    NEED = "need"


class Manner(StrEnum):
    """How a case is handed over. Source: Yuhua's four mechanisms."""

    MEETING = "meeting"
    PETITION_OFFICE = "petition_office"
    DIRECT = "direct"


class Why(StrEnum):
    """What chose the responsible unit."""

    RULE = "rule"
    PERSON = "person"


class Outcome(StrEnum):
    """What a resolution says of one claim."""

    SOLVED = "solved"
    EXPLAINED = "explained"
    PLANNED = "planned"
    PARTLY = "partly"
    NOT_SUPPORTED = "not_supported"
    """What is asked is refused, as the opinion says why (不予支持)."""


class WhistleAnswer(StrEnum):
    """What a called department says."""

    ARRIVED = "arrived"
    DID = "did"
    DECLINED = "declined"


CAME = frozenset({WhistleAnswer.ARRIVED, WhistleAnswer.DID})
"""Answers by which a called department had a hand in the work."""


class Means(StrEnum):
    """By what the resident was reached."""

    TELEPHONE = "telephone"
    DOOR = "door"
    MESSAGE = "message"
    MEETING = "meeting"


class HoldKind(StrEnum):
    """Why a case stands still; a policy says which clocks each kind pauses."""

    SUSPENSION = "suspension"
    HANG_UP = "hang_up"
    HEARING = "hearing"
    """Of the opinion on a review only; the case itself goes on."""


class Ground(StrEnum):
    """What a strike-off or a reopening rests on."""

    CONFIRMED = "confirmed"
    UNREACHABLE = "unreachable"
    VISIT = "visit"
    RESIDENT = "resident"
    REVIEW = "review"
    RECHECK = "recheck"


class Act(StrEnum):
    """Decisions that need two signatures of two persons."""

    HANG_UP = "hang_up"
    TAKE_DOWN = "take_down"
    EXCLUDE = "exclude"
    INCLUDE = "include"
