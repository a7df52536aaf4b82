"""Decide review and re-examination, hearings, and milestones."""

from datetime import datetime
from typing import assert_never

from domain.actor import Role
from domain.calendar import due
from domain.case.clocks import find_open
from domain.case.commands import (
    AnswerRecheck,
    AnswerReview,
    AskRecheck,
    AskReview,
    Context,
    Hear,
    ReachMilestone,
    ReviewCommand,
)
from domain.case.decide.guards import must_seal, stops_in_time
from domain.case.decide.hindrance import owed_opinion, reviewed
from domain.case.decide.standing import apart_above, is_own
from domain.case.events import (
    ClosingEvent,
    Heard,
    MilestoneReached,
    RecheckAnswered,
    RecheckAsked,
    Reopened,
    ReviewAnswered,
    ReviewAsked,
    ReviewEvent,
    StruckOff,
)
from domain.case.parts import Review
from domain.case.stage import Ground, HoldKind
from domain.case.state import Case
from domain.errors import Refused
from domain.personal import Commitment
from domain.policy import Obligation


def decide_review(
    command: ReviewCommand, case: Case, context: Context
) -> tuple[ReviewEvent | ClosingEvent, ...]:
    """Decide a command about a review or a milestone."""
    match command:
        case ReachMilestone():
            if find_open(case.clocks, command.milestone) is None:
                raise Refused("no_clock", command.milestone.value)
            return (MilestoneReached(at=context.at, milestone=command.milestone),)
        case AskReview():
            return (_ask_review(command, case, context),)
        case AskRecheck():
            return (_ask_recheck(command, case, context),)
        case AnswerReview():
            return _answer_review(command.upheld, must_seal(command.opinion), case, context)
        case AnswerRecheck():
            review = owed_opinion(case, Obligation.ANSWER_RECHECK)
            return _answer_recheck(command.upheld, must_seal(command.opinion), review, case, context)
        case Hear():
            return _hear(command, case, context)
        case _:
            assert_never(command)


def _ask_review(command: AskReview, case: Case, context: Context) -> ReviewAsked:
    _within_window(Obligation.ANSWER_REVIEW, case.answered_at, case, context)
    reviewer = _reviewer_above(case.duties.bearer, case, context)
    return ReviewAsked(at=context.at, reviewer=reviewer, words=must_seal(command.words))


def _ask_recheck(command: AskRecheck, case: Case, context: Context) -> RecheckAsked:
    _within_window(Obligation.ANSWER_RECHECK, case.answered_at, case, context)
    reviewer = _reviewer_above(reviewed(case).owner, case, context)
    return RecheckAsked(at=context.at, reviewer=reviewer, words=must_seal(command.words))


def _reviewer_above(unit: str, case: Case, context: Context) -> str:
    """Return the nearest unit above that did not work on the case; where all of them did, the top one.

    Source: Letters and Visits Regulations (2022), Arts. 28, 35 and 36.
    """
    organisation = context.book.organisation
    top = list(organisation.chain(unit))[-1].id
    return apart_above(unit, case, organisation) or top


def _within_window(asked: Obligation, since: datetime | None, case: Case, context: Context) -> None:
    rule = context.book.rules(case).rules_for(asked)
    if rule is None:
        raise Refused("no_review")
    if rule.window is None or since is None:
        return
    last = due(since, rule.window, (), None, rule.counting, context.book.calendar(case.policy))
    # Entered after the window a request would undo an end, whenever it is said to have been made.
    asked_at = context.at if context.actor.role is Role.SYSTEM else max(context.at, context.now)
    if last is not None and asked_at > last.at:
        raise Refused("review_too_late", f"until {last}")


def _answer_review(
    upheld: bool, opinion: Commitment, case: Case, context: Context
) -> tuple[ReviewAnswered | Reopened, ...]:
    answered = ReviewAnswered(at=context.at, upheld=upheld, opinion=opinion, answered_by=context.person)
    return (answered,) if upheld else (answered, _again(case, context))


def _answer_recheck(
    upheld: bool, opinion: Commitment, review: Review, case: Case, context: Context
) -> tuple[RecheckAnswered | Reopened | StruckOff, ...]:
    """Strike off what is upheld; but no unit closes its own work: there the return visit is owed first."""
    own = upheld and is_own(review.owner, case, context.book.organisation)
    visit_owed = own and not review.closed
    answered = RecheckAnswered(at=context.at, upheld=upheld, opinion=opinion, visit_owed=visit_owed)
    if not upheld:
        return (answered, _again(case, context))
    if own:
        return (answered,)
    return (answered, StruckOff(at=context.at, ground=Ground.RECHECK, unit=review.owner))


def _again(case: Case, context: Context) -> Reopened:
    return Reopened(at=context.at, ground=Ground.REVIEW, round=case.round + 1)


def _hear(command: Hear, case: Case, context: Context) -> tuple[Heard, ...]:
    clock = next((one for one in reversed(case.clocks) if one.open and one.obligation in _HEARD), None)
    if clock is None:
        raise Refused("no_review_open")
    if command.begun < clock.started_at:
        raise Refused("hearing_too_early", f"not before {clock.started_at.isoformat()}")
    if command.ended > context.at:
        raise Refused("happened_in_future", command.ended.isoformat())
    if any((one.start, one.end) == (command.begun, command.ended) for one in clock.holds):
        return ()
    # One that was still held as the limit passed stood in its way, whenever it is entered.
    stops_in_time(HoldKind.HEARING, clock, command.ended, case, context)
    return (Heard(at=context.at, clock=clock.key, begun=command.begun, ended=command.ended),)


_HEARD = frozenset({Obligation.ANSWER_REVIEW, Obligation.ANSWER_RECHECK})
