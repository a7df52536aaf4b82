"""How the rungs of a ladder stand before and after a due moment."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from domain.calendar.clock import MomentOutOfRange
from domain.calendar.days import Calendar
from domain.calendar.moments import Moment, as_utc
from domain.calendar.units import Duration, TimeUnit

_DAY = timedelta(days=1)
_MIDNIGHT = time()
_ELAPSED = {TimeUnit.SECOND: timedelta(seconds=1), TimeUnit.URGENT_HOUR: timedelta(hours=1)}


def shift(at: datetime, by: Duration, calendar: Calendar, *, backwards: bool = False) -> Moment:
    """Return the moment that lies `by` after `at`, or before it when `backwards`.

    Days keep the local time of day; midnight is read as the end of the day before, so that one working day
    after the end of Friday is the end of Monday, and one before the end of Monday is the end of Friday.
    Working hours pass only in office hours; seconds and urgent hours are elapsed time. An amount of 0 gives
    `at` itself. It is provisional when working time in a year that is not published decides it.

    Raises:
        MomentNaive: moment_naive; `at` carries no zone.
        MomentOutOfRange: moment_out_of_range; outside the years 1 to 9999.
    """
    start = as_utc(at)
    sign = -1 if backwards else 1
    try:
        if by.amount == 0:
            return Moment(start, provisional=False)
        if by.unit in _ELAPSED:
            return Moment(start + sign * by.amount * _ELAPSED[by.unit], provisional=False)
        if by.unit is TimeUnit.WORKING_HOUR:
            return _by_office_hours(start, timedelta(hours=by.amount), calendar, sign)
        return _by_days(start, by, calendar, sign)
    except OverflowError as error:
        message = "The moment lies outside the years 1 to 9999: choose a shorter offset."
        raise MomentOutOfRange(message) from error


def shift_office(at: datetime, by: timedelta, calendar: Calendar, *, backwards: bool = False) -> Moment:
    """As `shift`, by an exact span of office time. Raises: as `shift`."""
    start = as_utc(at)
    if not by:
        return Moment(start, provisional=False)
    return _by_office_hours(start, by, calendar, -1 if backwards else 1)


def _by_days(start: datetime, by: Duration, calendar: Calendar, sign: int) -> Moment:
    local = start.astimezone(calendar.tz)
    clock = local.time()
    day = local.date() if clock != _MIDNIGHT else local.date() - _DAY
    moved, provisional = _moved(day, by.amount * sign, by.unit, calendar)
    at = calendar.end_of(moved) if clock == _MIDNIGHT else calendar.at(moved, clock)
    return Moment(at, provisional)


@lru_cache(maxsize=65_536)
def _moved(day: date, amount: int, unit: TimeUnit, calendar: Calendar) -> tuple[date, bool]:
    """Return the day that lies so many days after `day`, or before it; cases share most of them.

    Beside it, whether a day that had to be worked to count lies in a year not published.
    """
    step = _DAY if amount > 0 else -_DAY
    left, provisional = abs(amount), False
    while left:
        day += step
        if unit is TimeUnit.NATURAL_DAY:
            left -= 1
            continue
        provisional = provisional or calendar.is_provisional(day)
        if calendar.is_workday(day):
            left -= 1
    return day, provisional


def _by_office_hours(start: datetime, left: timedelta, calendar: Calendar, sign: int) -> Moment:
    day = calendar.local_day(start)
    provisional = False
    while True:
        provisional = provisional or calendar.is_provisional(day)
        for begin, end in _spans_from(start, day, calendar, sign):
            if left <= end - begin:
                return Moment(begin + left if sign > 0 else end - left, provisional)
            left -= end - begin
        day += sign * _DAY


def _spans_from(start: datetime, day: date, calendar: Calendar, sign: int) -> list[tuple[datetime, datetime]]:
    """Return the office spans of `day` on the far side of `start`, the nearest first."""
    spans = calendar.office_spans(day)
    if sign > 0:
        return [(max(opens, start), closes) for opens, closes in spans if closes > start]
    return [(opens, min(closes, start)) for opens, closes in reversed(spans) if opens < start]
