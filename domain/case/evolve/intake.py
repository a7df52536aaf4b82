"""Fold collection and screening."""

from typing import assert_never

from domain.case.clocks import Ending, end, settle, start
from domain.case.events import Collected, IntakeEvent, RefusedToTake, Screened
from domain.case.evolve.timing import appraisal_proposals
from domain.case.parts import Claim, Duties, Intake, Resident
from domain.case.stage import Stage
from domain.case.state import Case
from domain.policy import OBLIGATIONS, Obligation
from domain.records import replace


def begin(event: Collected) -> Case:
    """Return the case as collected: its dispatch clock runs, and the desk is named."""
    clock_from, handled = event.clock_from or event.at, frozenset(event.handled_by)
    return Case(
        id=event.case,
        version=1,
        stage=Stage.COLLECTED,
        round=1,
        collected_at=event.at,
        since=event.at,
        policy=event.policy,
        intake=Intake(
            channel=event.channel,
            category=event.category,
            urgency=event.urgency,
            place=event.place,
            resident=Resident(name=event.name, telephone=event.telephone, address=event.address),
            reporter=event.reporter,
            origin=event.origin,
            split_from=event.split_from,
            handled_by=handled,
            carried=event.carried,
            carried_promise=event.carried_promise,
        ),
        claims=tuple(Claim(id=claim.id, words=claim.words) for claim in event.claims),
        duties=Duties(desk=event.desk, handled=handled, workers=frozenset(event.workers)),
        clocks=start((), Obligation.DISPATCH, event.desk, clock_from, 1),
    )


def evolve_intake(case: Case, event: IntakeEvent) -> Case:
    """Fold an event of the intake onto a case that exists."""
    match event:
        case Collected():
            return case
        case Screened():
            intake = replace(case.intake, kind=event.kind, key=event.key, category=event.category)
            since = case.since if case.stage is Stage.SCREENED else event.at
            new = replace(case, stage=Stage.SCREENED, since=since, intake=intake)
            same = (event.category, event.key) == (case.intake.category, case.intake.key)
            return new if same else replace(new, clocks=settle(case.clocks, case.terms))
        case RefusedToTake():
            clocks = end(case.clocks, event.at, Ending.VOID, OBLIGATIONS)
            return replace(
                case,
                stage=Stage.REFUSED,
                since=event.at,
                clocks=clocks,
                ask=None,
                proposals=appraisal_proposals(case),
                confirmed=False,
            )
        case _:
            assert_never(event)
