"""How an amount of each unit of time is used up while a clock runs, day by day and without fractions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import assert_never

from domain.calendar.days import Calendar
from domain.calendar.moments import Moment, Pause, running_spans, runs_up_to
from domain.calendar.units import TimeUnit

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counting:
    """How days are counted.

    Attributes:
        first_day_counted: Whether the day on which the clock starts is day one.
        roll_on_holiday: Whether a natural-day limit whose last day is a day off ends on the next workday.
        cut_off: Seconds after local midnight from which what comes is received at the beginning of the next
            workday, as is what comes on a day off; None: there is no such hour.

    Source: Civil Code of China, Arts. 201 and 203, for the defaults; they hold in civil matters, so a policy
    chooses.
    """

    first_day_counted: bool = False
    roll_on_holiday: bool = True
    cut_off: int | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock is counted by; `stopped` is merged, in UTC, and begins at or after the clock's start."""

    stopped: tuple[Pause, ...]
    counting: Counting
    calendar: Calendar

    def stands_still(self, at: datetime) -> bool:
        """Return whether the clock was stopped before `at` with no end in sight."""
        return bool(self.stopped) and self.stopped[-1].end is None and self.stopped[-1].start < at


def spend(start: datetime, amount: int, unit: TimeUnit, clock: Clock) -> Moment | None:
    """Return when `amount` is used up by a clock from `start`, in UTC; None when it stops for good before.

    Raises:
        OverflowError: outside the years 1 to 9999.
    """
    if amount == 0:
        return Moment(start, provisional=False)
    match unit:
        case TimeUnit.SECOND:
            return _spend_elapsed(start, timedelta(seconds=amount), clock)
        case TimeUnit.URGENT_HOUR:
            return _spend_elapsed(start, timedelta(hours=amount), clock)
        case TimeUnit.WORKING_HOUR:
            return _spend_office_hours(start, timedelta(hours=amount), clock)
        case TimeUnit.WORKING_DAY:
            return _spend_working_days(_first_day(start, clock), amount, clock)
        case TimeUnit.NATURAL_DAY:
            return _spend_natural_days(_first_day(start, clock), amount, clock)
        case _:
            assert_never(unit)


def _first_day(start: datetime, clock: Clock) -> date:
    day = clock.calendar.local_day(start)
    return day if clock.counting.first_day_counted else day + _DAY


def _spend_elapsed(start: datetime, left: timedelta, clock: Clock) -> Moment | None:
    for pause in clock.stopped:
        if start + left <= pause.start:
            break
        left -= pause.start - start
        if pause.end is None:
            return None
        start = pause.end
    return Moment(start + left, provisional=False)


def _spend_office_hours(start: datetime, left: timedelta, clock: Clock) -> Moment | None:
    calendar = clock.calendar
    day = calendar.local_day(start)
    provisional = False
    while not clock.stands_still(calendar.instant(day)):
        provisional = provisional or calendar.is_provisional(day)
        for opens, closes in calendar.office_spans(day):
            for begin, end in running_spans(max(opens, start), closes, clock.stopped):
                if left <= end - begin:
                    return Moment(begin + left, provisional)
                left -= end - begin
        day += _DAY
    return None


@lru_cache(maxsize=65_536)
def _unstopped_working_days(day: date, left: int, calendar: Calendar) -> Moment:
    """Count for a clock that never stood still: the same few days and limits for most cases."""
    provisional = False
    while True:
        provisional = provisional or calendar.is_provisional(day)
        if calendar.is_workday(day):
            left -= 1
            if left == 0:
                return Moment(calendar.end_of(day), provisional)
        day += _DAY


def _spend_working_days(day: date, left: int, clock: Clock) -> Moment | None:
    calendar = clock.calendar
    if not clock.stopped:
        return _unstopped_working_days(day, left, calendar)
    provisional = False
    while True:
        provisional = provisional or calendar.is_provisional(day)
        if calendar.is_workday(day) and _ends_running(day, clock):
            left -= 1
            if left == 0:
                return Moment(calendar.end_of(day), provisional)
        day += _DAY
        if clock.stopped and clock.stands_still(calendar.instant(day)):
            return None


def _spend_natural_days(day: date, left: int, clock: Clock) -> Moment | None:
    calendar, roll = clock.calendar, clock.counting.roll_on_holiday
    provisional = False
    while True:
        if _ends_running(day, clock):
            left -= 1
            provisional = provisional or (roll and left <= 0 and calendar.is_provisional(day))
            if left <= 0 and (not roll or calendar.is_workday(day)):
                return Moment(calendar.end_of(day), provisional)
        day += _DAY
        if clock.stopped and clock.stands_still(calendar.instant(day)):
            return None


def _ends_running(day: date, clock: Clock) -> bool:
    return not clock.stopped or runs_up_to(clock.calendar.end_of(day), clock.stopped)
