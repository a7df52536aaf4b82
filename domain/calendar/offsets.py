"""How the rungs of a ladder stand before and after a due moment."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from domain.calendar.clock import MomentOutOfRange
from domain.calendar.days import Calendar
from domain.calendar.moments import as_utc
from domain.calendar.units import Duration, TimeUnit

_DAY = timedelta(days=1)
_ELAPSED = {TimeUnit.SECOND: timedelta(seconds=1), TimeUnit.URGENT_HOUR: timedelta(hours=1)}


def shift(at: datetime, by: Duration, calendar: Calendar, *, backwards: bool = False) -> datetime:
    """Return the UTC moment that lies `by` after `at`, or before it when `backwards`.

    Days keep the local time of day; midnight is read as the end of the day before, so that one working day
    after the end of Friday is the end of Monday, and one before the end of Monday is the end of Friday.
    Working hours pass only in office hours; seconds and urgent hours are elapsed time. An amount of 0 gives
    `at` itself.

    Raises:
        MomentNaive: moment_naive; `at` carries no zone.
        MomentOutOfRange: moment_out_of_range; outside the years 1 to 9999.
    """
    start = as_utc(at)
    sign = -1 if backwards else 1
    try:
        if by.amount == 0:
            return start
        if by.unit in _ELAPSED:
            return start + sign * by.amount * _ELAPSED[by.unit]
        if by.unit is TimeUnit.WORKING_HOUR:
            return _by_office_hours(start, timedelta(hours=by.amount), calendar, sign)
        return _by_days(start, by, calendar, sign)
    except OverflowError as error:
        message = "The moment lies outside the years 1 to 9999: choose a shorter offset."
        raise MomentOutOfRange(message) from error


def shift_office(at: datetime, by: timedelta, calendar: Calendar, *, backwards: bool = False) -> datetime:
    """As `shift`, by an exact span of office time. Raises: as `shift`."""
    start = as_utc(at)
    return _by_office_hours(start, by, calendar, -1 if backwards else 1) if by else start


def _by_days(start: datetime, by: Duration, calendar: Calendar, sign: int) -> datetime:
    local = start.astimezone(calendar.tz).replace(tzinfo=None)
    day = local.date()
    clock = local - datetime(day.year, day.month, day.day)  # noqa: DTZ001 - two readings of one wall clock
    if not clock:
        day, clock = day - _DAY, _DAY
    moved = _moved(day, by.amount * sign, by.unit, calendar)
    return calendar.end_of(moved) if clock == _DAY else calendar.instant(moved, clock)


@lru_cache(maxsize=65_536)
def _moved(day: date, amount: int, unit: TimeUnit, calendar: Calendar) -> date:
    """Return the day that lies so many days after `day`, or before it; cases share most of them."""
    step = _DAY if amount > 0 else -_DAY
    left = abs(amount)
    while left:
        day += step
        if unit is TimeUnit.NATURAL_DAY or calendar.is_workday(day):
            left -= 1
    return day


def _by_office_hours(start: datetime, left: timedelta, calendar: Calendar, sign: int) -> datetime:
    day = calendar.local_day(start)
    while True:
        for begin, end in _spans_from(start, day, calendar, sign):
            if left <= end - begin:
                return begin + left if sign > 0 else end - left
            left -= end - begin
        day += sign * _DAY


def _spans_from(start: datetime, day: date, calendar: Calendar, sign: int) -> list[tuple[datetime, datetime]]:
    """Return the office spans of `day` on the far side of `start`, the nearest first."""
    spans = calendar.office_spans(day)
    if sign > 0:
        return [(max(opens, start), closes) for opens, closes in spans if closes > start]
    return [(opens, min(closes, start)) for opens, closes in reversed(spans) if opens < start]
