"""When a limit is used up, so that a due moment is always derived and never remembered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.calendar.days import Calendar
from domain.calendar.moments import Moment, Pause, as_utc, merged
from domain.calendar.spend import Clock, Counting, spend
from domain.calendar.units import Duration, TimeUnit
from domain.errors import DomainError

_DAY = timedelta(days=1)
_BY_THE_CLOCK = frozenset({TimeUnit.SECOND, TimeUnit.URGENT_HOUR})


class MomentOutOfRange(DomainError):
    """A moment lies beyond the years that can be reckoned with."""

    code: str = "moment_out_of_range"


def due(  # noqa: PLR0917 - what a due moment depends on, in the order in which it is told
    start: datetime,
    limit: Duration,
    pauses: Sequence[Pause],
    extra: Duration | None,
    counting: Counting,
    calendar: Calendar,
) -> Moment | None:
    """Return the moment at which `limit` and `extra` are used up, or None while an open pause prevents it.

    Days end at local midnight, and a day counts when the clock is running as it ends; the day of the start
    counts only if `counting` says so. So a pause within one day gains nothing, one over n counted midnights
    gains n days, and a clock paused on its last day is due at the end of the day on which it resumes. A pause
    of whole days gains each day that it touches and that would have counted.
    Hours and seconds are counted exactly, working hours within office hours only. An `extra` in another unit
    begins when `limit` is used up. A limit of 0 is used up at `start`. A limit used up before an open pause
    began stays due at its moment. With a cut-off hour, a limit in working hours or days begins when what came
    is received.

    Raises:
        MomentNaive: moment_naive; a moment carries no zone.
        MomentOutOfRange: moment_out_of_range; outside the years 1 to 9999.

    Source: local choice for pauses in units of days, docs/policies.md.
    """
    try:
        received = receipt(as_utc(start), limit, counting, calendar)
        clock = Clock.stopped_by(pauses, received.at, counting, calendar)
        moment = _spent(received.at, limit, extra, clock)
    except OverflowError as error:
        message = "The limit ends outside the years 1 to 9999: give another start or a shorter limit."
        raise MomentOutOfRange(message) from error
    if moment is None or not received.provisional:
        return moment
    return replace(moment, provisional=True)


def receipt(start: datetime, limit: Duration, counting: Counting, calendar: Calendar) -> Moment:
    """Return when what came at the UTC moment `start` is received, which a cut-off hour may put off.

    Raises:
        OverflowError: outside the years 1 to 9999.
    """
    if counting.cut_off is None or limit.amount == 0 or limit.unit in _BY_THE_CLOCK:
        return Moment(start, provisional=False)
    day = calendar.local_day(start)
    provisional = calendar.is_provisional(day)
    if calendar.is_workday(day) and start < calendar.instant(day, timedelta(seconds=counting.cut_off)):
        return Moment(start, provisional)
    day += _DAY
    while not calendar.is_workday(day):
        provisional = provisional or calendar.is_provisional(day)
        day += _DAY
    return Moment(calendar.instant(day), provisional or calendar.is_provisional(day))


def _spent(begin: datetime, limit: Duration, extra: Duration | None, clock: Clock) -> Moment | None:
    if extra is None:
        return spend(begin, limit.amount, limit.unit, clock)
    if extra.unit is limit.unit:
        return spend(begin, limit.amount + extra.amount, limit.unit, clock)
    return _one_after_the_other(begin, limit, extra, clock)


def _one_after_the_other(start: datetime, limit: Duration, extra: Duration, clock: Clock) -> Moment | None:
    """Spend `extra` from the moment at which `limit` is used up; only the last end rolls over a day off."""
    straight = replace(clock.counting, roll_on_holiday=False)
    base = spend(start, limit.amount, limit.unit, replace(clock, counting=straight))
    if base is None:
        return None
    last = spend(base.at, extra.amount, extra.unit, second_stretch(start, base, clock))
    return None if last is None else Moment(last.at, base.provisional or last.provisional)


def second_stretch(start: datetime, base: Moment, clock: Clock) -> Clock:
    """Return by what the extra time is counted when the limit from `start` was used up at `base`."""
    # A limit that ends with its day leaves the next day whole, so that this day belongs to the extra time.
    calendar = clock.calendar
    whole = base.at > start and base.at == calendar.instant(calendar.local_day(base.at))
    counting = replace(clock.counting, first_day_counted=clock.counting.first_day_counted or whole)
    return replace(clock, stopped=merged(clock.stopped, base.at), counting=counting)
