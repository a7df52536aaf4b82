"""What must hold of every due moment, whatever the start, limit, pauses, zone and calendar."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.calendar import Calendar, Counting, Duration, Moment, Pause, TimeUnit, due, shift
from tests.domain.calendar.support import calendar

CALENDARS = st.sampled_from(["china", "boston", "always"]).map(calendar)
COUNTINGS = st.builds(Counting, first_day_counted=st.booleans(), roll_on_holiday=st.booleans())
UNITS = st.sampled_from(TimeUnit)
# Two years each with festivals, make-up workdays, changes of the clocks, a leap day, an unpublished year.
SECONDS = st.integers(0, 2 * 366 * 86_400)
STARTS = st.builds(lambda n: datetime(2015, 6, 1, tzinfo=UTC) + timedelta(seconds=n), SECONDS) | st.builds(
    lambda n: datetime(2025, 6, 1, tzinfo=UTC) + timedelta(seconds=n), SECONDS
)
# Whole quarters of hours make moments meet: pauses that touch, or that begin or end at midnight.
GAPS = st.integers(0, 30 * 96).map(lambda n: timedelta(minutes=15 * n)) | st.integers(0, 10**6).map(
    lambda n: timedelta(seconds=n)
)


def limits(unit: TimeUnit, most: int = 40) -> st.SearchStrategy[Duration]:
    scale = {TimeUnit.SECOND: 86_400, TimeUnit.URGENT_HOUR: 24, TimeUnit.WORKING_HOUR: 8}.get(unit, 1)
    return st.integers(0, most * scale).map(lambda n: Duration(amount=n, unit=unit))


LIMITS = UNITS.flatmap(limits)


@st.composite
def paused(draw: st.DrawFn) -> tuple[datetime, list[Pause]]:
    start = draw(STARTS)
    offsets = draw(st.lists(st.tuples(GAPS, GAPS, st.booleans()), max_size=4))
    return start, [Pause(start + begin, start + begin + length, whole) for begin, length, whole in offsets]


def reckon(start: datetime, limit: Duration, pauses: list[Pause], counting: Counting, of: Calendar) -> Moment:
    moment = due(start, limit, pauses, None, counting, of)
    assert moment is not None
    return moment


@given(paused(), LIMITS, COUNTINGS, CALENDARS)
def test_a_due_moment_is_never_before_its_start_nor_within_a_pause(
    case: tuple[datetime, list[Pause]], limit: Duration, counting: Counting, of: Calendar
) -> None:
    start, pauses = case
    at = reckon(start, limit, pauses, counting, of).at
    assert at >= start
    if limit.amount:
        assert not any(pause.start < at <= pause.end for pause in pauses if pause.end is not None)


@given(paused(), UNITS.flatmap(lambda unit: st.tuples(limits(unit), limits(unit))), COUNTINGS, CALENDARS)
def test_a_longer_limit_is_never_due_earlier(
    case: tuple[datetime, list[Pause]], both: tuple[Duration, Duration], counting: Counting, of: Calendar
) -> None:
    shorter, longer = sorted(both, key=lambda one: one.amount)
    start, pauses = case
    assert reckon(start, shorter, pauses, counting, of).at <= reckon(start, longer, pauses, counting, of).at


@given(paused(), STARTS, LIMITS, COUNTINGS, CALENDARS)
def test_a_later_start_is_never_due_earlier(
    case: tuple[datetime, list[Pause]], other: datetime, limit: Duration, counting: Counting, of: Calendar
) -> None:
    start, pauses = case
    first, second = sorted((start, other))
    assert reckon(first, limit, pauses, counting, of).at <= reckon(second, limit, pauses, counting, of).at


@given(paused(), GAPS, GAPS, LIMITS, COUNTINGS, CALENDARS)
def test_one_more_pause_never_makes_it_due_earlier(
    case: tuple[datetime, list[Pause]],
    gap: timedelta,
    length: timedelta,
    limit: Duration,
    counting: Counting,
    of: Calendar,
) -> None:
    start, pauses = case
    without = reckon(start, limit, pauses, counting, of).at
    stops = reckon(start, limit, [*pauses, Pause(start + gap, start + gap + length)], counting, of).at
    takes = reckon(start, limit, [*pauses, Pause(start + gap, start + gap + length, True)], counting, of).at
    assert without <= stops <= takes


@given(paused(), st.randoms(use_true_random=False), LIMITS, COUNTINGS, CALENDARS)
def test_splitting_and_shuffling_pauses_changes_nothing(
    case: tuple[datetime, list[Pause]], random: Random, limit: Duration, counting: Counting, of: Calendar
) -> None:
    start, pauses = case
    parts = []
    for pause in pauses:
        assert pause.end is not None
        middle = pause.start + random.randint(0, 8) * (pause.end - pause.start) // 8
        whole = pause.whole_days
        parts += [Pause(pause.start, middle, whole), Pause(middle, pause.end, whole)]
    random.shuffle(parts)
    assert reckon(start, limit, parts, counting, of) == reckon(start, limit, pauses, counting, of)


@given(paused(), GAPS, st.booleans(), LIMITS, COUNTINGS, CALENDARS)
def test_an_open_pause_gives_no_moment_or_the_one_reached_before_it(
    case: tuple[datetime, list[Pause]],
    gap: timedelta,
    whole: bool,
    limit: Duration,
    counting: Counting,
    of: Calendar,
) -> None:
    start, pauses = case
    stop = start + gap
    before = reckon(start, limit, pauses, counting, of)
    standing = due(start, limit, [*pauses, Pause(stop, None, whole)], None, counting, of)
    assert standing == (before if before.at <= stop or not limit.amount else None)


@given(STARTS, UNITS.flatmap(lambda unit: st.tuples(limits(unit), limits(unit))), CALENDARS)
def test_extra_time_in_the_same_unit_adds_up(
    start: datetime, both: tuple[Duration, Duration], of: Calendar
) -> None:
    limit, extra = both
    whole = Duration(amount=limit.amount + extra.amount, unit=limit.unit)
    assert due(start, limit, (), extra, Counting(), of) == due(start, whole, (), None, Counting(), of)


@given(paused(), LIMITS, LIMITS, COUNTINGS, CALENDARS)
def test_extra_time_in_any_unit_is_never_due_before_the_limit_alone(
    case: tuple[datetime, list[Pause]], limit: Duration, extra: Duration, counting: Counting, of: Calendar
) -> None:
    start, pauses = case
    straight = Counting(counting.first_day_counted, roll_on_holiday=False)
    alone, both = (
        due(start, limit, pauses, None, straight, of),
        due(start, limit, pauses, extra, straight, of),
    )
    assert alone is not None
    assert both is not None
    assert alone.at <= both.at


@given(STARTS, limits(TimeUnit.WORKING_HOUR), CALENDARS)
def test_the_office_time_between_start_and_due_is_the_limit(
    start: datetime, limit: Duration, of: Calendar
) -> None:
    at = reckon(start, limit, [], Counting(), of).at
    measured, day = timedelta(0), of.local_day(start)
    while day <= of.local_day(at):
        for opens, closes in of.office_spans(day):
            measured += max(min(closes, at) - max(opens, start), timedelta(0))
        day += timedelta(days=1)
    assert measured == timedelta(hours=limit.amount)


@given(STARTS, limits(TimeUnit.WORKING_DAY), CALENDARS)
def test_the_workdays_between_start_and_due_are_the_limit(
    start: datetime, limit: Duration, of: Calendar
) -> None:
    assume(limit.amount)
    at = reckon(start, limit, [], Counting(), of).at
    first, after = of.local_day(start), of.local_day(at)
    between = ((first + timedelta(days=n + 1)) for n in range((after - first).days - 1))
    assert sum(of.is_workday(day) for day in between) == limit.amount
    assert at == of.instant(after)


@given(STARTS, LIMITS, CALENDARS)
def test_a_rung_moved_after_and_before_returns_where_time_was_worked(
    at: datetime, by: Duration, of: Calendar
) -> None:
    due_at = reckon(at, Duration(amount=1, unit=TimeUnit.WORKING_DAY), [], Counting(), of).at
    later = shift(due_at, by, of).at
    assert later >= due_at
    back = shift(later, by, of, backwards=True).at
    if by.unit is TimeUnit.WORKING_HOUR:
        assert shift(back, by, of).at == later
    else:
        assert back == due_at


@given(STARTS, STARTS, LIMITS, CALENDARS, st.booleans())
def test_rungs_keep_the_order_of_their_due_moments(
    one: datetime, other: datetime, by: Duration, of: Calendar, backwards: bool
) -> None:
    earlier, later = sorted(
        reckon(at, Duration(amount=1, unit=TimeUnit.WORKING_DAY), [], Counting(), of).at
        for at in (one, other)
    )
    assert shift(earlier, by, of, backwards=backwards).at <= shift(later, by, of, backwards=backwards).at
