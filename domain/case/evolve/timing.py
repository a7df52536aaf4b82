"""Fold what stops, moves or replaces a limit."""

from datetime import datetime
from typing import assert_never

from domain.case.clocks import (
    Ending,
    change,
    end,
    find,
    find_open,
    hold,
    release,
    settle,
    start,
    under_new_rules,
)
from domain.case.events import (
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
    TimingEvent,
)
from domain.case.parts import Ask, Hold, Proposal
from domain.case.stage import Act, HoldKind, Stage
from domain.case.state import Case
from domain.policy import Obligation
from domain.records import replace


def evolve_timing(case: Case, event: TimingEvent) -> Case:
    """Fold an event of the timing onto a case."""
    match event:
        case TargetReceived() | ExtensionGranted() | ExtensionRefused():
            return _clock_changed(case, event)
        case Suspended():
            return _held(case, HoldKind.SUSPENSION, Stage.SUSPENDED, event)
        case HungUp():
            return without_proposal(_held(case, HoldKind.HANG_UP, Stage.HUNG_UP, event), Act.HANG_UP)
        case Resumed():
            return _released(case, event.at)
        case TakenDown():
            return without_proposal(_released(case, event.at), Act.TAKE_DOWN)
        case ClockRecalibrated():
            return _recalibrated(case, event)
        case PolicyMoved():
            clocks = under_new_rules(settle(case.clocks, case.terms), event.at)
            return replace(case, policy=event.policy, clocks=clocks)
        case ExtensionAsked():
            return _asked(case, event)
        case _:
            assert_never(event)


def without_proposal(case: Case, act: Act) -> Case:
    """Drop the first signature of an act."""
    return replace(case, proposals=tuple(one for one in case.proposals if one.act is not act))


def appraisal_proposals(case: Case) -> tuple[Proposal, ...]:
    """Return the first signatures that outlive a change of stage: those about the appraisal."""
    return tuple(one for one in case.proposals if one.act in (Act.EXCLUDE, Act.INCLUDE))


def _held(case: Case, kind: HoldKind, stage: Stage, event: Suspended | HungUp) -> Case:
    at, until = event.at, event.until
    if case.stage is Stage.MERGED:
        # The repair stands still with the leading case; a whistle of this one's own is answered all the same.
        return replace(case, clocks=hold(case.clocks, kind, at, until, (Obligation.RESOLVE,)))
    return replace(
        case,
        stage=stage,
        since=at,
        hold=Hold(kind=kind, since=at, until=until, decision=event),
        clocks=hold(case.clocks, kind, at, until),
        proposals=appraisal_proposals(case),
    )


def _released(case: Case, at: datetime) -> Case:
    if case.stage is Stage.MERGED:
        return replace(case, clocks=release(case.clocks, at))
    return replace(case, stage=Stage.ACCEPTED, since=at, hold=None, clocks=release(case.clocks, at))


def _asked(case: Case, event: ExtensionAsked) -> Case:
    clocks = case.clocks
    if event.decided_by is not None:
        clocks = start(clocks, Obligation.DECIDE_EXTENSION, event.decided_by, event.at, case.round)
    ask = Ask(clock=event.clock, by=event.by, at=event.at, asker=event.asked_by)
    return replace(case, ask=ask, clocks=clocks)


def settled(case: Case, at: datetime) -> Case:
    """Let fall away what has lost its ground: a first signature, and the decision on more time.

    The signature goes with the unit for which it was given; the decision with the request, or with the clock
    that it was asked for.
    """
    if case.proposals and any(one.unit != case.duties.bearer for one in case.proposals):
        kept = tuple(one for one in case.proposals if one.unit == case.duties.bearer)
        case = replace(case, proposals=kept)
    if find_open(case.clocks, Obligation.DECIDE_EXTENSION) is None:
        return case
    asked = None if case.ask is None else find(case.clocks, case.ask.clock)
    if asked is not None and asked.open:
        return case
    return replace(case, clocks=end(case.clocks, at, Ending.VOID, (Obligation.DECIDE_EXTENSION,)))


def _recalibrated(case: Case, event: ClockRecalibrated) -> Case:
    clock = find(case.clocks, event.clock)
    if clock is None:
        return case
    new = replace(clock, calendar_version=event.version)
    if event.now is not None and (event.was is None or event.now < event.was):
        new = replace(new, climbs_from=event.at)
    return replace(case, clocks=change(case.clocks, event.clock, new))


def _clock_changed(case: Case, event: ExtensionGranted | ExtensionRefused | TargetReceived) -> Case:
    clock = find(case.clocks, event.clock)
    ask = case.ask if isinstance(event, TargetReceived) else None
    if not isinstance(event, TargetReceived):
        met = end(case.clocks, event.at, Ending.MET, (Obligation.DECIDE_EXTENSION,))
        case = replace(case, clocks=met)
    if clock is None or isinstance(event, ExtensionRefused):
        return replace(case, ask=ask)
    if isinstance(event, TargetReceived):
        new = replace(clock, target=event.due, target_at=event.at)
    else:
        new = replace(clock, extensions=(*clock.extensions, event.by))
    return replace(case, ask=ask, clocks=change(case.clocks, event.clock, new))
