"""Ways of winning time that a supervisor should look at; an alarm accuses nobody and changes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain.calendar import Duration, Moment, TimeUnit, due, shift
from domain.case.book import Rulebook
from domain.case.clocks import Clock, Ending, find, find_open, promised, standstill
from domain.case.events import (
    AnyCaseEvent,
    HungUp,
    PolicyMoved,
    Reopened,
    Resolved,
    Screened,
    Suspended,
)
from domain.case.evolve import evolve
from domain.case.stage import Stage
from domain.case.state import Case
from domain.policy import Obligation, Policy
from domain.records import replace

Seen = tuple[AnyCaseEvent, datetime]
"""An event and when it was recorded."""
_EVE = Duration(amount=1, unit=TimeUnit.WORKING_DAY)
_MANY_ROUNDS = 3


class AlarmKind(StrEnum):
    """What was seen."""

    PAUSED_BEFORE_BREACH = "paused_before_breach"
    """A clock was stopped within the last working day before its limit."""
    CLOSED_THEN_REOPENED = "closed_then_reopened"
    """A case that had been struck off came back, or one was opened for a third round or a later one."""
    RECATEGORISED = "recategorised"
    """Another category or policy moved a limit further away, of a clock that runs or is still to run."""
    CONTACTED_NOBODY = "contacted_nobody"
    """The unit reported a solution and had reached the resident in no way in this round."""
    ENTERED_LATE = "entered_late"
    """What met a limit in time was recorded after the limit had passed."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing seen in a history.

    Attributes:
        version: Of the case after the event that gave the alarm.
        at: When it happened.
        unit: Unit that was responsible when it happened.
        clock: Key of the clock that won time; None where none did.
        was: When that clock was due before; of one that does not run yet, if it began at `at`.
        now: And after, or when it was recorded that it was met; None while it is not known.
    """

    kind: AlarmKind
    version: int
    at: datetime
    unit: str
    clock: str | None = None
    was: datetime | None = None
    now: datetime | None = None


def alarms(history: Sequence[Seen], book: Rulebook) -> tuple[Alarm, ...]:
    """Return what was seen in a whole history, in its order, by the rules of `book`.

    Source: practice; where the line is drawn is a local choice.
    """
    found: list[Alarm] = []
    case: Case | None = None
    for event, recorded_at in history:
        before, case = case, evolve(case, event)
        if before is not None:
            found += seen(event, recorded_at, before, case, book)
    return tuple(found)


def seen(
    event: AnyCaseEvent, recorded_at: datetime, before: Case, after: Case, book: Rulebook
) -> Sequence[Alarm]:
    """Return what was seen in one event, with the case before and after it.

    It is judged by the calendars as they were known when it was recorded: a change that came later makes
    nothing an alarm, and none undone.
    """
    look = _LOOK.get(type(event))
    # Most events are entered as they happen, and an import tells what happened before it.
    late = event.at < recorded_at and not before.intake.before_import(event.at)
    if look is None and not late:
        return ()
    known = book.as_known(recorded_at)
    found = [] if look is None else list(look(event, before, after, known))
    if late:
        found += _entered_late(event, recorded_at, before, after, known)
    return found


def _reopened(event: Reopened, before: Case, after: Case, book: Rulebook) -> Iterator[Alarm]:
    if before.stage is Stage.CLOSED or event.round >= _MANY_ROUNDS:
        yield _alarm(AlarmKind.CLOSED_THEN_REOPENED, before, after, event.at)


def _resolved(event: Resolved, before: Case, after: Case, book: Rulebook) -> Iterator[Alarm]:
    # What was imported is not told in full, and a case that follows another has its leader's contact.
    told = before.intake.origin is None and before.links.leading is None
    if told and not _reached(before):
        yield _alarm(AlarmKind.CONTACTED_NOBODY, before, after, event.at)


def _reached(case: Case) -> bool:
    """Whether the resident was reached in this round, by whichever unit had the case."""
    mark = f"{case.round}/{Obligation.CONTACT.value}"
    return any(one.ending is Ending.MET and one.key.startswith(mark) for one in case.clocks)


def _paused(event: Suspended | HungUp, before: Case, after: Case, book: Rulebook) -> Iterator[Alarm]:
    policy, at = book.rules(before), event.at
    for clock in before.clocks:
        new = find(after.clocks, clock.key)
        due = book.due(before, clock) if clock.open and promised(clock, policy) else None
        if due is None or new is None or standstill(new, policy) is None:
            continue
        if shift(due.at, _EVE, book.calendar_for(before, clock), backwards=True).at <= at <= due.at:
            later = book.due(after, new)
            yield _alarm(
                AlarmKind.PAUSED_BEFORE_BREACH,
                before,
                after,
                at,
                clock,
                due.at,
                None if later is None else later.at,
            )


def _screened(event: Screened, before: Case, after: Case, book: Rulebook) -> Iterator[Alarm]:
    if before.terms != after.terms:  # most screenings change nothing of what gives the limits
        yield from _moved(event, before, after, book)
        yield from _given_more(before, after, event.at, book)


def _moved(event: Screened | PolicyMoved, before: Case, after: Case, book: Rulebook) -> Iterator[Alarm]:
    if book.rules(before) is book.rules(after):
        return  # the same rules give the same limits
    for clock in before.clocks:
        new = find(after.clocks, clock.key)
        if clock.open and new is not None:
            was, now = book.due(before, clock), book.due(after, new)
            if was is not None and (now is None or now.at > was.at):
                yield _alarm(
                    AlarmKind.RECATEGORISED,
                    before,
                    after,
                    event.at,
                    clock,
                    was.at,
                    None if now is None else now.at,
                )


def _given_more(before: Case, after: Case, at: datetime, book: Rulebook) -> Iterator[Alarm]:
    """Compare what both rulings give the obligations that don't run yet; screening comes before the work."""
    if before.intake.kind is None:
        # What is told at first is no ruling but for its category: it is screened for being a key matter now.
        before = replace(before, intake=replace(before.intake, key=after.intake.key))
    if before.terms == after.terms:
        return
    for obligation in Obligation:
        if find_open(after.clocks, obligation) is None:
            was = _would_be_due(book.rules(before), obligation, before, at, book)
            now = _would_be_due(book.rules(after), obligation, after, at, book)
            if was is not None and (now is None or now.at > was.at):
                clock = Clock(f"{after.round}/{obligation.value}", obligation, after.responsible, at)
                yield _alarm(
                    AlarmKind.RECATEGORISED, before, after, at, clock, was.at, None if now is None else now.at
                )


def _would_be_due(
    policy: Policy, obligation: Obligation, case: Case, at: datetime, book: Rulebook
) -> Moment | None:
    rule = policy.rules_for(obligation)
    if rule is None or rule.limit is None:
        return None
    return due(at, rule.limit, (), None, rule.counting, book.calendar(case.policy, case.responsible))


def _entered_late(
    event: AnyCaseEvent, recorded_at: datetime, before: Case, after: Case, book: Rulebook
) -> Iterator[Alarm]:
    """Two times are the design: a visit on Tuesday may be entered on Thursday, and be seen to have been."""
    for clock in before.clocks:
        new = find(after.clocks, clock.key) if clock.open else None
        limit = book.due(before, clock) if new is not None and new.ending is Ending.MET else None
        if limit is not None and event.at <= limit.at < recorded_at:
            yield _alarm(AlarmKind.ENTERED_LATE, before, after, event.at, clock, limit.at, recorded_at)


def _alarm(  # noqa: PLR0917 - the fields in their order
    kind: AlarmKind,
    before: Case,
    after: Case,
    at: datetime,
    clock: Clock | None = None,
    was: datetime | None = None,
    now: datetime | None = None,
) -> Alarm:
    return Alarm(kind, after.version, at, before.responsible, None if clock is None else clock.key, was, now)


_LOOK: Final[Mapping[type[AnyCaseEvent], Callable[[Any, Case, Case, Rulebook], Iterator[Alarm]]]] = {
    HungUp: _paused,
    PolicyMoved: _moved,
    Reopened: _reopened,
    Resolved: _resolved,
    Screened: _screened,
    Suspended: _paused,
}
"""What is looked for in each event, beside late entry; in the others nothing."""
