"""Fold resolution, return visit, strike-off and what counts in the appraisal."""

from typing import assert_never

from domain.case.clocks import Ending, end, start
from domain.case.events import (
    ClosingEvent,
    Excluded,
    Included,
    ProposalSigned,
    Reopened,
    Resolved,
    StruckOff,
    Visited,
)
from domain.case.evolve.handling import HANDLER_OWES
from domain.case.evolve.timing import appraisal_proposals, without_proposal
from domain.case.parts import Duties, Proposal, VisitMade
from domain.case.stage import Act, Stage
from domain.case.state import Case, Links
from domain.policy import MILESTONES, OBLIGATIONS, Obligation
from domain.records import replace

_MET_BY_RESOLUTION = frozenset({*HANDLER_OWES, *MILESTONES, Obligation.DISPATCH})


def evolve_closing(case: Case, event: ClosingEvent) -> Case:
    """Fold an event of the closing onto a case."""
    match event:
        case Resolved():
            return _resolved(case, event)
        case Visited():
            return _visited(case, event)
        case Reopened():
            return _reopened(case, event)
        case StruckOff():
            clocks = end(case.clocks, event.at, Ending.MET, (Obligation.VISIT,))
            clocks = end(clocks, event.at, Ending.VOID, OBLIGATIONS)
            return replace(case, stage=Stage.CLOSED, since=event.at, clocks=clocks, ask=None)
        case ProposalSigned():
            proposal = Proposal(
                act=event.act,
                signer=event.signer,
                by_supervisor=event.by_supervisor,
                reason=event.reason,
                until=event.until,
                unit=case.duties.bearer,
                evidence=event.evidence,
            )
            kept = without_proposal(case, event.act)
            return replace(kept, proposals=(*kept.proposals, proposal))
        case Excluded():
            kept = without_proposal(case, Act.EXCLUDE)
            return replace(kept, excluded=True, excluded_until=event.until)
        case Included():
            kept = without_proposal(case, Act.INCLUDE)
            return replace(kept, excluded=False, excluded_until=None)
        case _:
            assert_never(event)


def _resolved(case: Case, event: Resolved) -> Case:
    answers = {answer.claim: answer.outcome for answer in event.answers}
    clocks = end(case.clocks, event.at, Ending.MET, _MET_BY_RESOLUTION)
    clocks = end(clocks, event.at, Ending.VOID, (Obligation.ANSWER_OBJECTION,))
    clocks = start(clocks, Obligation.VISIT, event.visited_by, event.at, case.round)
    return replace(
        case,
        stage=Stage.RESOLVED,
        since=event.at,
        claims=tuple(replace(claim, outcome=answers.get(claim.id, claim.outcome)) for claim in case.claims),
        duties=_handed_over(case, event),
        clocks=clocks,
        ask=None,
        proposals=appraisal_proposals(case),
        answered_at=event.at,
        links=Links(),  # whoever followed is resolved by the same repair
    )


def _handed_over(case: Case, event: Resolved) -> Duties:
    """Name the visitor; who repaired for a merged case has handled it as well."""
    worked = {event.unit} if event.unit is not None else set()
    duties = replace(
        case.duties,
        visitor=event.visited_by,
        objection=None,
        handled=case.duties.handled.union(worked, event.handled_by),
        workers=case.duties.workers.union(event.workers),
    )
    return replace(duties, handler=event.handled_by[0]) if event.handled_by else duties


def _visited(case: Case, event: Visited) -> Case:
    tried = not event.reached and event.counts
    made = VisitMade(visitor=event.visitor, unit=event.unit, at=event.at, tried=tried)
    case = replace(case, visits=(*case.visits, made))
    if not event.reached:
        return case
    judged = {one.claim: one for one in event.judged}
    claims = tuple(
        replace(claim, solved=judged[claim.id].solved, satisfaction=judged[claim.id].satisfaction)
        if claim.id in judged
        else claim
        for claim in case.claims
    )
    confirmed = all(claim.solved for claim in claims)
    return replace(case, stage=Stage.VISITED, since=event.at, claims=claims, confirmed=confirmed)


def _reopened(case: Case, event: Reopened) -> Case:
    clocks = end(case.clocks, event.at, Ending.MET, (Obligation.VISIT,))
    clocks = end(clocks, event.at, Ending.VOID, OBLIGATIONS)
    handler = case.duties.handler
    claims = tuple(replace(claim, outcome=None, solved=None, satisfaction=None) for claim in case.claims)
    if handler is None:
        clocks = start(clocks, Obligation.DISPATCH, case.duties.desk, event.at, event.round)
    else:
        for obligation in HANDLER_OWES:
            clocks = start(clocks, obligation, handler, event.at, event.round)
    return replace(
        case,
        stage=Stage.SCREENED if handler is None else Stage.ASSIGNED,
        round=event.round,
        since=event.at,
        claims=claims,
        clocks=clocks,
        visits=(),
        confirmed=False,
        review=None,
        final=False,
    )
