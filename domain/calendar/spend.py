"""How an amount of each unit of time is used up while a clock runs, day by day and without fractions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Self, assert_never

from domain.calendar.days import Calendar
from domain.calendar.moments import Moment, Pause, merged, running_spans, runs_up_to
from domain.calendar.units import TimeUnit
from domain.records import quick

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


@quick
@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock is counted by.

    Attributes:
        stopped: When it stands still: merged, in UTC, from the clock's start on.
        taken: Those of the pauses that take whole days, merged, in UTC, from the day of the start on.
    """

    stopped: tuple[Pause, ...]
    counting: Counting
    calendar: Calendar
    taken: tuple[Pause, ...] = ()

    @classmethod
    def stopped_by(cls, pauses: Iterable[Pause], begin: datetime, counting: Counting, of: Calendar) -> Self:
        """Return by what a clock that begins at the UTC moment `begin` is counted."""
        given = tuple(pauses)
        if not given:
            return cls((), counting, of)
        whole = tuple(one for one in given if one.whole_days)
        # What was taken before the clock began takes its first day as well: a later start gains nothing.
        taken = merged(whole, of.instant(of.local_day(begin))) if whole else ()
        return cls(merged(given, begin), counting, of, taken)

    def stands_still(self, at: datetime) -> bool:
        """Return whether the clock was stopped before `at` with no end in sight."""
        return bool(self.stopped) and self.stopped[-1].end is None and self.stopped[-1].start < at

    def counts(self, day: date) -> bool:
        """Return whether `day` may count as a whole: the clock runs as it ends, and no pause takes it."""
        if not self.stopped and not self.taken:
            return True
        end = self.calendar.end_of(day)
        return runs_up_to(end, self.stopped) and not any(
            one.start < end and (one.end is None or one.end > self.calendar.instant(day))
            for one in self.taken
        )


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
        case TimeUnit.WORKING_DAY | TimeUnit.NATURAL_DAY:
            if not clock.stopped and not clock.taken:
                counting = clock.counting
                return _unstopped(
                    _first_day(start, clock), amount, unit, counting.roll_on_holiday, clock.calendar
                )
            return _SPEND_DAYS[unit](_first_day(start, clock), amount, clock)
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


def _spend_working_days(day: date, left: int, clock: Clock) -> Moment | None:
    calendar, provisional = clock.calendar, False
    while True:
        provisional = provisional or calendar.is_provisional(day)
        if calendar.is_workday(day) and clock.counts(day):
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
        if clock.counts(day):
            left -= 1
            provisional = provisional or (roll and left <= 0 and calendar.is_provisional(day))
            if left <= 0 and (not roll or calendar.is_workday(day)):
                return Moment(calendar.end_of(day), provisional)
        day += _DAY
        if clock.stopped and clock.stands_still(calendar.instant(day)):
            return None


_SPEND_DAYS: Final = {
    TimeUnit.WORKING_DAY: _spend_working_days,
    TimeUnit.NATURAL_DAY: _spend_natural_days,
}


@lru_cache(maxsize=65_536)
def _unstopped(day: date, left: int, unit: TimeUnit, roll: bool, calendar: Calendar) -> Moment | None:
    """Count for a clock that never stood still: the same few days and limits for most cases."""
    return _SPEND_DAYS[unit](day, left, Clock((), Counting(roll_on_holiday=roll), calendar))
