"""Ways of winning time that a supervisor should look at; an alarm accuses nobody and changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.calendar import Duration, TimeUnit, shift
from domain.case.book import Rulebook
from domain.case.clocks import Clock, Ending, find, promised, standstill
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
from domain.policy import Obligation

_EVE = Duration(amount=1, unit=TimeUnit.WORKING_DAY)
_MANY_ROUNDS = 3


class AlarmKind(StrEnum):
    """What was seen."""

    PAUSED_BEFORE_BREACH = "paused_before_breach"
    """A clock was stopped within the last working day before its limit."""
    CLOSED_THEN_REOPENED = "closed_then_reopened"
    """A case that had been struck off came back, or one was opened for a third round or a later one."""
    RECATEGORISED = "recategorised"
    """Another category or policy moved the limit of a running clock further away."""
    CONTACTED_NOBODY = "contacted_nobody"
    """The unit reported a solution and had reached the resident in no way in this round."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing seen in a history.

    Attributes:
        version: Of the case after the event that gave the alarm.
        at: When it happened.
        unit: Unit that was responsible when it happened.
        clock: Key of the clock that won time; None where none did.
        was: When that clock was due before.
        now: And after; None while it is not known.
    """

    kind: AlarmKind
    version: int
    at: datetime
    unit: str
    clock: str | None = None
    was: datetime | None = None
    now: datetime | None = None


def alarms(events: Sequence[AnyCaseEvent], book: Rulebook) -> tuple[Alarm, ...]:
    """Return what was seen in a whole history, in its order, by the rules of `book`.

    Source: issue practice; a local choice where the line is drawn.
    """
    found: list[Alarm] = []
    case: Case | None = None
    for event in events:
        before, case = case, evolve(case, event)
        if before is not None:
            found += seen(event, before, case, book)
    return tuple(found)


def seen(event: AnyCaseEvent, before: Case, after: Case, book: Rulebook) -> Iterator[Alarm]:
    """Yield what was seen in one event, with the case before and after it."""
    match event:
        case Suspended() | HungUp():
            yield from _paused(before, after, event.at, book)
        case Reopened():
            if before.stage is Stage.CLOSED or event.round >= _MANY_ROUNDS:
                yield _alarm(AlarmKind.CLOSED_THEN_REOPENED, before, after, event.at)
        case Screened() | PolicyMoved():
            yield from _moved(before, after, event.at, book)
        case Resolved():
            # What was imported is not told in full, and a case that follows another has its leader's contact.
            told = before.intake.origin is None and before.links.leading is None
            if told and not _reached(before):
                yield _alarm(AlarmKind.CONTACTED_NOBODY, before, after, event.at)
        case _:
            return


def _reached(case: Case) -> bool:
    """Whether the resident was reached in this round, by whichever unit had the case."""
    mark = f"{case.round}/{Obligation.CONTACT.value}"
    return any(one.ending is Ending.MET and one.key.startswith(mark) for one in case.clocks)


def _paused(before: Case, after: Case, at: datetime, book: Rulebook) -> Iterator[Alarm]:
    policy = book.rules(before)
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


def _moved(before: Case, after: Case, at: datetime, book: Rulebook) -> Iterator[Alarm]:
    if book.rules(before) is book.rules(after):
        return  # as with most screenings: the same rules give the same limits
    for clock in before.clocks:
        new = find(after.clocks, clock.key)
        if clock.open and new is not None:
            was, now = book.due(before, clock), book.due(after, new)
            if was is not None and (now is None or now.at > was.at):
                yield _alarm(
                    AlarmKind.RECATEGORISED, before, after, at, clock, was.at, None if now is None else now.at
                )


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
