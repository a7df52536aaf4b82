"""How a due moment comes about, so that whoever is late can check each day of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from domain.calendar.clock import receipt, second_stretch
from domain.calendar.days import Calendar
from domain.calendar.measure import DAYS, DayCount, Why, day_counts
from domain.calendar.moments import Moment, Pause, as_utc
from domain.calendar.spend import Clock, Counting, spend
from domain.calendar.units import Duration, TimeUnit

MOST_DAYS = 1_100
"""Days of one stretch that are told; a longer limit is told by its sum."""
_PER_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Stretch:
    """A limit, or the time granted after it in another unit.

    Attributes:
        given: What may be used up.
        counted_in: `day` or `second`.
        amount: `given` in what is counted.
        used: What is used up so far, at most `amount`.
        over: What has been used beyond it.
        since: When it begins to count.
        until: When it is used up; None while an open pause prevents it.
        days: Each day up to `until`, the first MOST_DAYS of them.
        complete: Whether all days are told.
    """

    given: Duration
    counted_in: str
    amount: int
    used: int
    over: int
    since: datetime
    until: Moment | None
    days: tuple[DayCount, ...]
    complete: bool

    @property
    def left(self) -> int:
        """What is left, in what is counted."""
        return self.amount - self.used


def reckon(  # noqa: PLR0917 - in the order of `due`
    start: datetime,
    limit: Duration,
    pauses: Sequence[Pause],
    extra: Duration | None,
    counting: Counting,
    calendar: Calendar,
    now: datetime,
) -> tuple[Stretch, ...]:
    """Return how `due` reckons, in one stretch or two, as it stands at `now`.

    The last stretch ends at the moment that `due` gives.

    Raises:
        MomentNaive: moment_naive. OverflowError: outside the years 1 to 9999.
    """
    received = receipt(as_utc(start), limit, counting, calendar)
    clock = Clock.stopped_by(pauses, received.at, counting, calendar)
    if extra is not None and extra.unit is limit.unit:
        limit, extra = Duration(amount=limit.amount + extra.amount, unit=limit.unit), None
    if extra is None:
        return (_stretch(received, limit, clock, as_utc(now)),)
    straight = replace(clock, counting=replace(counting, roll_on_holiday=False))
    first = _stretch(received, limit, straight, as_utc(now))
    if first.until is None:
        return (first,)
    following = second_stretch(received.at, first.until, clock)
    return first, _stretch(first.until, extra, following, as_utc(now))


def _stretch(begin: Moment, given: Duration, clock: Clock, now: datetime) -> Stretch:
    until = spend(begin.at, given.amount, given.unit, clock)
    if until is not None and begin.provisional:
        until = replace(until, provisional=True)
    counted_in = "day" if given.unit in DAYS else "second"
    hours = given.unit in (TimeUnit.WORKING_HOUR, TimeUnit.URGENT_HOUR)
    amount = given.amount * (_PER_HOUR if hours else 1)
    end = until.at if until is not None else max(now, begin.at + timedelta(seconds=1))
    told = (_rolled(row, amount) for row in day_counts(begin.at, end, given.unit, clock))
    shown = tuple(islice(told, MOST_DAYS + 1))
    whole_days = replace(clock, counting=replace(clock.counting, first_day_counted=True))
    return Stretch(
        given=given,
        counted_in=counted_in,
        amount=amount,
        used=min(_sum(begin.at, min(now, end), given.unit, clock), amount),
        over=0 if until is None else _sum(until.at, now, given.unit, whole_days),
        since=begin.at,
        until=until,
        days=shown[:MOST_DAYS],
        complete=len(shown) <= MOST_DAYS,
    )


def _sum(start: datetime, end: datetime, unit: TimeUnit, clock: Clock) -> int:
    return sum(row.counted for row in day_counts(start, end, unit, clock)) if start < end else 0


def _rolled(row: DayCount, amount: int) -> DayCount:
    """Return a day as it counts towards a limit, which may have been used up before it."""
    if row.total <= amount:
        return row
    return replace(row, counted=0, total=amount, why=Why.ROLLED)
