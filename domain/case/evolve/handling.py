"""Fold assignment, acceptance and the work of the responsible unit."""

from typing import assert_never

from domain.case.clocks import Clock, Ending, Standstill, accepted, end, start
from domain.case.events import (
    Accepted,
    Assigned,
    CarriedClock,
    Contacted,
    HandlingEvent,
    Objected,
    ObjectionRuled,
    ProgressNoted,
    WhistleAnswered,
    Whistled,
)
from domain.case.parts import Call
from domain.case.stage import CAME, Stage
from domain.case.state import Case
from domain.policy import MILESTONES, Obligation
from domain.records import replace

HANDLER_OWES = (Obligation.ACCEPT, Obligation.CONTACT, Obligation.RESOLVE)


def evolve_handling(case: Case, event: HandlingEvent) -> Case:
    """Fold an event of the handling onto a case."""
    match event:
        case Assigned():
            return _assigned(case, event)
        case Accepted():
            return _accepted(case, event)
        case Objected():
            return _objected(case, event)
        case ObjectionRuled():
            return _ruled(case, event)
        case Contacted():
            met = (Obligation.CONTACT,) if event.reached else ()
            return replace(case, clocks=end(case.clocks, event.at, Ending.MET, met))
        case ProgressNoted():
            return case
        case Whistled():
            return _whistled(case, event)
        case WhistleAnswered():
            return _whistle_answered(case, event)
        case _:
            assert_never(event)


def _assigned(case: Case, event: Assigned) -> Case:
    clocks = end(case.clocks, event.at, Ending.MET, (Obligation.DISPATCH,))
    for obligation in HANDLER_OWES:
        clocks = start(clocks, obligation, event.unit, event.at, case.round)
    duties = replace(
        case.duties,
        handler=event.unit,
        co_units=event.co_units,
        handled=case.duties.handled | {event.unit, *event.co_units},
        objection=None,
    )
    carried, intake = case.intake.carried, case.intake
    if carried is not None:
        same = carried.unit == event.unit
        # The promise is set by the event after this one, and by a later assignment anew.
        intake = replace(intake, carried=None, carried_promise=intake.carried_promise if same else None)
        clocks = carried_on(clocks, Obligation.RESOLVE, carried) if same else clocks
    elif intake.carried_promise is not None:
        intake = replace(intake, carried_promise=None)
    return replace(case, stage=Stage.ASSIGNED, since=event.at, clocks=clocks, duties=duties, intake=intake)


def carried_on(clocks: tuple[Clock, ...], obligation: Obligation, carried: CarriedClock) -> tuple[Clock, ...]:
    """Let a clock go on where it stood: the unit that had the whole wins no day by a split.

    The ladder climbs from the assignment: what was late before has climbed on the whole case.
    """
    holds = tuple(Standstill(one.kind, one.start, one.end, one.end) for one in carried.holds)
    return tuple(
        replace(
            clock,
            started_at=carried.started_at,
            holds=holds,
            extensions=carried.extensions,
            target=carried.target,
            target_at=carried.target_at,
            accepted_at=carried.accepted_at,
            climbs_from=clock.started_at,
        )
        if clock.open and clock.obligation is obligation
        else clock
        for clock in clocks
    )


def _accepted(case: Case, event: Accepted) -> Case:
    clocks = accepted(end(case.clocks, event.at, Ending.MET, (Obligation.ACCEPT,)), event.at)
    duties = case.duties
    if event.unit is not None:
        duties = replace(duties, handled=duties.handled | {event.unit})
    if event.worker is not None:
        duties = replace(duties, workers=duties.workers | {event.worker})
    return replace(case, stage=Stage.ACCEPTED, since=event.at, clocks=clocks, duties=duties)


def _objected(case: Case, event: Objected) -> Case:
    clocks = end(case.clocks, event.at, Ending.MET, (Obligation.ACCEPT,))
    clocks = start(clocks, Obligation.ANSWER_OBJECTION, event.ruled_by, event.at, case.round)
    return replace(case, since=event.at, clocks=clocks, duties=replace(case.duties, objection=event.ruled_by))


def _ruled(case: Case, event: ObjectionRuled) -> Case:
    clocks = end(case.clocks, event.at, Ending.MET, (Obligation.ANSWER_OBJECTION,))
    if event.upheld:
        clocks = end(clocks, event.at, Ending.VOID, (*HANDLER_OWES, *MILESTONES))
        clocks = start(clocks, Obligation.DISPATCH, case.duties.desk, event.at, case.round)
        # Whoever was named in vain has not handled the case and may still visit; earlier rounds stay done.
        handled = case.duties.handled if case.round > 1 else case.intake.handled_by
        duties = replace(case.duties, handler=None, co_units=(), handled=handled, objection=None)
        return replace(case, stage=Stage.SCREENED, since=event.at, clocks=clocks, duties=duties, ask=None)
    handler = case.duties.bearer
    clocks = start(clocks, Obligation.ACCEPT, handler, event.at, case.round)
    duties = replace(case.duties, objection=None, designated=handler)
    return replace(case, since=event.at, clocks=clocks, duties=duties)


def _whistled(case: Case, event: Whistled) -> Case:
    called = tuple(
        Clock(
            key=f"{case.round}/{Obligation.ANSWER_WHISTLE.value}/{event.number}.{department}",
            obligation=Obligation.ANSWER_WHISTLE,
            owner=department,
            started_at=event.at,
            target=event.by,
        )
        for department in event.called
    )
    calls = tuple(Call(number=event.number, department=department) for department in event.called)
    return replace(case, clocks=(*case.clocks, *called), calls=(*case.calls, *calls))


def _whistle_answered(case: Case, event: WhistleAnswered) -> Case:
    came = {event.department, event.unit or event.department} if event.answer in CAME else set[str]()
    calls = tuple(
        replace(call, answer=event.answer, came=call.came | came)
        if (call.number, call.department) == (event.number, event.department)
        else call
        for call in case.calls
    )
    ending = Call(number=event.number, department=event.department).ending
    clocks = tuple(
        replace(clock, ended_at=max(event.at, clock.started_at), ending=Ending.MET)
        if clock.open and clock.obligation is Obligation.ANSWER_WHISTLE and clock.key.endswith(ending)
        else clock
        for clock in case.clocks
    )
    return replace(case, calls=calls, clocks=clocks)
