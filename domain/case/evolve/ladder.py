"""Fold rungs and accountability entries."""

from typing import assert_never

from domain.case.clocks import find
from domain.case.events import (
    AccountabilityAnswered,
    AccountabilityAppealed,
    AccountabilityWithdrawn,
    HeldAccountable,
    LadderEvent,
    Raised,
    Reminded,
    Supervised,
)
from domain.case.parts import Duties, Entry, TakenRung
from domain.case.state import Case
from domain.policy import Obligation, Rung
from domain.records import replace


def evolve_ladder(case: Case, event: LadderEvent) -> Case:
    """Fold an event of the ladder onto a case."""
    match event:
        case Reminded():
            return _taken(case, event, Rung.REMIND)
        case Supervised():
            return _taken(case, event, Rung.SUPERVISE)
        case Raised():
            return _raised(_taken(case, event, Rung.RAISE), event)
        case HeldAccountable():
            entry = Entry(number=event.entry, unit=event.unit, clock=event.clock, set_by=event.set_by)
            return replace(_taken(case, event, Rung.HOLD_ACCOUNTABLE), entries=(*case.entries, entry))
        case AccountabilityAnswered():
            return _entry(case, event.entry, answered=True)
        case AccountabilityAppealed():
            return _entry(case, event.entry, appealed=True)
        case AccountabilityWithdrawn():
            return _entry(case, event.entry, withdrawn=True)
        case _:
            assert_never(event)


def _taken(case: Case, event: Reminded | Supervised | Raised | HeldAccountable, rung: Rung) -> Case:
    """Only the ladder's own rungs are counted off; a supervisor may act by hand as often as it takes."""
    if not event.by_ladder:
        return case
    return replace(case, rungs=(*case.rungs, TakenRung(clock=event.clock, rung=rung, at=event.at)))


def _raised(case: Case, event: Raised) -> Case:
    """Move the duty behind the clock up the axis; the clock's owner stays the unit that missed it."""
    clock = find(case.clocks, event.clock)
    obligation = clock.obligation if clock else None
    if obligation in (Obligation.ANSWER_REVIEW, Obligation.ANSWER_RECHECK):
        review = case.review
        return case if review is None else replace(case, review=replace(review, owner=event.to))
    if obligation is Obligation.ANSWER_WHISTLE:
        raised = case.called_by(event.clock)
        calls = tuple(replace(call, bearer=event.to) if call is raised else call for call in case.calls)
        return replace(case, calls=calls)
    return replace(case, duties=_moved(case.duties, event, obligation))


def _moved(duties: Duties, event: Raised, obligation: Obligation | None) -> Duties:
    match obligation:
        case Obligation.DISPATCH:
            return replace(duties, desk=event.to)
        case Obligation.VISIT:
            return replace(duties, visitor=event.to)
        case Obligation.ANSWER_OBJECTION:
            return replace(duties, objection=event.to if duties.objection else None)
        case Obligation.DECIDE_EXTENSION | None:
            return duties
        case _:
            return replace(duties, handler=event.to, handled=duties.handled | {event.to})


def _entry(
    case: Case, number: int, *, answered: bool = False, appealed: bool = False, withdrawn: bool = False
) -> Case:
    entries = tuple(
        replace(
            entry,
            answered=entry.answered or answered,
            appealed=entry.appealed or appealed,
            withdrawn=entry.withdrawn or withdrawn,
        )
        if entry.number == number
        else entry
        for entry in case.entries
    )
    return replace(case, entries=entries)
