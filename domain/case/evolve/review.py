"""Fold review and re-examination, hearings, and milestones."""

from datetime import datetime
from typing import assert_never

from domain.case.clocks import Ending, Standstill, change, end, find, start
from domain.case.events import (
    Heard,
    MilestoneReached,
    MilestonesSet,
    RecheckAnswered,
    RecheckAsked,
    ReviewAnswered,
    ReviewAsked,
    ReviewEvent,
)
from domain.case.evolve.handling import carried_on
from domain.case.evolve.timing import appraisal_proposals
from domain.case.parts import Review
from domain.case.stage import HoldKind, Stage
from domain.case.state import Case
from domain.policy import OBLIGATIONS, Obligation
from domain.records import replace


def evolve_review(case: Case, event: ReviewEvent) -> Case:
    """Fold an event about a review or a milestone onto a case."""
    match event:
        case ReviewAsked():
            return _asked(case, event, Obligation.ANSWER_REVIEW)
        case RecheckAsked():
            return _asked(case, event, Obligation.ANSWER_RECHECK)
        case ReviewAnswered():
            answered = _answered(case, event.at, visited_anew=event.upheld)
            return _reviewed_by(event.answered_by, answered)
        case RecheckAnswered():
            return replace(_answered(case, event.at, visited_anew=event.visit_owed), final=event.upheld)
        case Heard():
            return _heard(case, event)
        case MilestonesSet():
            return _milestones_set(case, event)
        case MilestoneReached():
            return replace(case, clocks=end(case.clocks, event.at, Ending.MET, (event.milestone,)))
        case _:
            assert_never(event)


def _milestones_set(case: Case, event: MilestonesSet) -> Case:
    clocks, intake = case.clocks, case.intake
    for milestone in event.milestones:
        clocks = start(clocks, milestone, event.unit, event.at, case.round)
    if intake.carried_promise is not None and Obligation.PROMISE in event.milestones:
        clocks = carried_on(clocks, Obligation.PROMISE, intake.carried_promise)
        intake = replace(intake, carried_promise=None)
    return replace(case, clocks=clocks, intake=intake)


def _asked(case: Case, event: ReviewAsked | RecheckAsked, step: Obligation) -> Case:
    """Let the return visit wait: what is asked again first is the answer itself."""
    clocks = end(case.clocks, event.at, Ending.VOID, (Obligation.VISIT,))
    clocks = start(clocks, step, event.reviewer, event.at, case.round)
    return replace(
        case,
        stage=Stage.UNDER_REVIEW,
        since=event.at,
        clocks=clocks,
        proposals=appraisal_proposals(case),
        review=Review(
            step=step,
            owner=event.reviewer,
            closed=case.stage is Stage.CLOSED,
            answered_by=case.review.answered_by if case.review is not None else None,
        ),
    )


def _reviewed_by(person: str | None, case: Case) -> Case:
    return case if case.review is None else replace(case, review=replace(case.review, answered_by=person))


def _answered(case: Case, at: datetime, *, visited_anew: bool) -> Case:
    """Put the case back to where the review found it: closed, or before a return visit that is owed anew.

    What is handled again, or closed for good, owes no such visit: the event of that follows.
    """
    review = case.review
    if review is None:
        return case
    clocks = end(case.clocks, at, Ending.MET, (review.step,))
    if review.closed:
        clocks = end(clocks, at, Ending.VOID, OBLIGATIONS)
    elif visited_anew:
        visitor = case.duties.visitor or case.duties.desk
        clocks = start(clocks, Obligation.VISIT, visitor, at, case.round)
    return replace(
        case,
        stage=Stage.CLOSED if review.closed else Stage.RESOLVED,
        since=at,
        clocks=clocks,
        proposals=appraisal_proposals(case),
        review=replace(review, answered=True),
        answered_at=at,
        visits=case.visits if review.closed else (),
        confirmed=case.confirmed and review.closed,
    )


def _heard(case: Case, event: Heard) -> Case:
    clock = find(case.clocks, event.clock)
    if clock is None:
        return case
    hearing = Standstill(HoldKind.HEARING, event.begun, event.ended, event.ended)
    holds = tuple(sorted((*clock.holds, hearing), key=lambda one: one.start))
    return replace(case, clocks=change(case.clocks, event.clock, replace(clock, holds=holds)))
