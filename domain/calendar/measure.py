"""How much of a limit a span of time uses up, day by day: `due` told the other way round."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar.days import Calendar
from domain.calendar.moments import Pause, as_utc, running_spans
from domain.calendar.spend import Clock, Counting
from domain.calendar.units import TimeUnit

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
DAYS = frozenset({TimeUnit.WORKING_DAY, TimeUnit.NATURAL_DAY})
"""Units of which whole days are counted; all others are counted in seconds."""


class Why(StrEnum):
    """Why a day counts as it does."""

    COUNTED = "counted"
    MAKE_UP = "make_up_workday"
    """It counts, for it is a weekend day that is worked."""
    FIRST_DAY = "first_day"
    """It does not count, for the clock began on it."""
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    PAUSED = "paused"
    """The clock stood still as the day ended or through all of its hours, or a pause took the whole day."""
    PARTLY = "partly"
    """Only some of its hours count: it began, ended or stood still within them."""
    OUT_OF_HOURS = "out_of_hours"
    """The clock ran on it outside office hours only."""
    ROLLED = "rolled"
    """The limit was used up before it, and ends with it or later, for the last day was a day off."""
    NOT_OVER = "not_over"
    """It has not ended yet."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day of a reckoning.

    Attributes:
        counted: Days (0 or 1) or seconds, by the unit.
        total: All that is counted up to its end.
        provisional: Whether its year is not published yet.
    """

    day: date
    counted: int
    total: int
    why: Why
    provisional: bool


def measure(  # noqa: PLR0917 - in the order of `due`
    start: datetime,
    end: datetime,
    unit: TimeUnit,
    pauses: Sequence[Pause],
    counting: Counting,
    calendar: Calendar,
) -> int:
    """Return what a clock that runs from `start` to `end` uses up: whole days, or seconds, by the unit.

    A limit of as much is used up at `end` or before. The cut-off hour is not looked at: `start` is when what
    came is received.

    Raises:
        MomentNaive: moment_naive; a moment carries no zone.
    """
    begin = as_utc(start)
    clock = Clock.stopped_by(pauses, begin, counting, calendar)
    return sum(row.counted for row in day_counts(begin, as_utc(end), unit, clock))


def day_counts(start: datetime, end: datetime, unit: TimeUnit, clock: Clock) -> Iterator[DayCount]:
    """Yield each day on the wall that a clock touches from `start` to `end`, both in UTC, in order."""
    calendar = clock.calendar
    first = day = calendar.local_day(start)
    total, ran = 0, timedelta()
    while calendar.instant(day) < end:
        before = total
        if unit in DAYS:
            counted, why = _whole(day, first, end, unit, clock)
            total += counted
        else:
            span, why = _hours(day, start, end, unit, clock)
            # Fractions of a second are carried from day to day, so that none is lost.
            ran += span
            total = ran // _SECOND
        yield DayCount(day, total - before, total, why, calendar.is_provisional(day))
        day += _DAY


def _whole(day: date, first: date, end: datetime, unit: TimeUnit, clock: Clock) -> tuple[int, Why]:
    calendar = clock.calendar
    if day == first and not clock.counting.first_day_counted:
        return 0, Why.FIRST_DAY
    if unit is TimeUnit.WORKING_DAY and not calendar.is_workday(day):
        return 0, _off(day, calendar)
    if calendar.end_of(day) > end:
        return 0, Why.NOT_OVER
    if not clock.counts(day):
        return 0, Why.PAUSED
    made_up = unit is TimeUnit.WORKING_DAY and day.isoweekday() in calendar.weekend
    return 1, Why.MAKE_UP if made_up else Why.COUNTED


def _off(day: date, calendar: Calendar) -> Why:
    return Why.WEEKEND if day.isoweekday() in calendar.weekend else Why.HOLIDAY


def _hours(day: date, start: datetime, end: datetime, unit: TimeUnit, clock: Clock) -> tuple[timedelta, Why]:
    calendar = clock.calendar
    spans = [(calendar.instant(day), calendar.end_of(day))]
    if unit is TimeUnit.WORKING_HOUR:
        if not calendar.is_workday(day):
            return timedelta(), _off(day, calendar)
        spans = list(calendar.office_spans(day))
    whole = sum((closes - opens for opens, closes in spans), timedelta())
    touched = [(max(opens, start), min(closes, end)) for opens, closes in spans]
    within = sum((to - since for since, to in touched if since < to), timedelta())
    ran = sum(
        (to - since for span in touched for since, to in running_spans(*span, clock.stopped)), timedelta()
    )
    return ran, _why(ran, within, whole, day, calendar)


def _why(ran: timedelta, within: timedelta, whole: timedelta, day: date, calendar: Calendar) -> Why:
    if not within:
        return Why.OUT_OF_HOURS
    if not ran:
        return Why.PAUSED
    if ran < whole:
        return Why.PARTLY
    return Why.MAKE_UP if day.isoweekday() in calendar.weekend else Why.COUNTED
