"""Review and re-examination of a written answer, hearings, and milestones on the way to it."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from domain.actor import Role
from domain.case.commands.base import OFFICE, STAFF, CaseCommand, Relation
from domain.case.events.base import Instant
from domain.personal import Personal
from domain.policy import Obligation


class ReachMilestone(CaseCommand):
    """Report that a milestone on the way to the resolution was reached (节点完成). Refused: no_clock."""

    VERB: ClassVar[str] = "reach-milestone"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.GRID_WORKER}
    RELATION: ClassVar[Relation] = Relation.HANDLER

    milestone: Literal[Obligation.SECURE, Obligation.REPAIR]


class AskReview(CaseCommand):
    """Ask the unit above to look at the written answer again (申请复查).

    Refused: no_review, review_too_late, reviewed_already, answered_for_good.
    """

    VERB: ClassVar[str] = "ask-review"
    ROLES: ClassVar[frozenset[Role]] = OFFICE | {Role.RESIDENT, Role.VISITOR}
    RELATION: ClassVar[Relation] = Relation.REPORTER

    words: Personal


class AnswerReview(CaseCommand):
    """Give the opinion on a review (答复复查); not upheld means handled again.

    Refused: no_review_open, own_work.
    """

    VERB: ClassVar[str] = "answer-review"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.REVIEWER

    upheld: bool
    opinion: Personal


class AskRecheck(CaseCommand):
    """Ask for a re-examination after the review (申请复核).

    Refused: no_review, review_first, review_too_late, answered_for_good.
    """

    VERB: ClassVar[str] = "ask-recheck"
    ROLES: ClassVar[frozenset[Role]] = OFFICE | {Role.RESIDENT, Role.VISITOR}
    RELATION: ClassVar[Relation] = Relation.REPORTER

    words: Personal


class AnswerRecheck(CaseCommand):
    """Give the last opinion (答复复核); upheld, it stands for good.

    Where the unit that owes it worked on the case itself, an answer that nobody visited yet is visited first.
    Refused: no_review_open, own_work.
    """

    VERB: ClassVar[str] = "answer-recheck"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.REVIEWER

    upheld: bool
    opinion: Personal


class Hear(CaseCommand):
    """Record a hearing that was held for the open review or re-examination (听证).

    Refused: hearing_too_early, happened_in_future, entered_too_late, own_work.
    """

    VERB: ClassVar[str] = "hear"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.REVIEWER

    begun: Instant
    ended: Instant

    @field_validator("ended", mode="after")
    @classmethod
    def _ends_after_it_began(cls, ended: datetime, info: ValidationInfo) -> datetime:
        begun = info.data.get("begun")
        if begun is not None and ended <= begun:
            raise PydanticCustomError("hearing_ends_early", "a hearing ends after it began")
        return ended
