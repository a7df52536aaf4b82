"""Which running clocks an amendment of their calendar moved; the due moment itself is derived, as ever."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.calendar import Calendar, Moment
from domain.case.book import Known, Rulebook
from domain.case.clocks import Clock, due_moment
from domain.case.rungs import rung_moments
from domain.case.stage import FINAL
from domain.case.state import Case
from domain.policy import Rung

_Told = tuple[Moment | None, tuple[tuple[Rung, Moment], ...]]


@dataclass(frozen=True, slots=True)
class Recalibration:
    """One clock of which something else is told now than before the amendment.

    Attributes:
        was: Its due moment by the calendar as it was known when the clock began or was last recalibrated.
        now: By the calendar as it is known.
    """

    clock: Clock
    was: Moment | None
    now: Moment | None
    calendar: Calendar


def moved(case: Case, book: Rulebook) -> Iterator[Recalibration]:
    """Yield the open clocks whose due moment, its being provisional, or a rung to come has changed."""
    if case.stage in FINAL:
        return
    for clock in case.clocks:
        if clock.open:
            before = book.calendar(case.policy, clock.owner, Known(clock.started_at, clock.calendar_version))
            after = book.calendar(case.policy, clock.owner)
            if before != after:
                was, now = _told(case, clock, book, before), _told(case, clock, book, after)
                if was != now:
                    yield Recalibration(clock, was[0], now[0], after)


def _told(case: Case, clock: Clock, book: Rulebook, calendar: Calendar) -> _Told:
    due = due_moment(clock, book.rules(case), calendar)
    return due, tuple(rung_moments(case, clock, book, calendar=calendar))
