"""A due moment told day by day adds up, and measuring is the other side of adding."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Counting, Duration, Pause, TimeUnit, Why, due, measure, reckon
from tests.domain.calendar.support import amount, calendar, wall
from tests.domain.calendar.test_due_properties import CALENDARS, COUNTINGS, LIMITS, paused

PLAIN, FIRST = Counting(), Counting(first_day_counted=True, roll_on_holiday=False)
SPLIT = st.integers(0, 60 * 86_400).map(lambda n: timedelta(seconds=n))
PER = {TimeUnit.URGENT_HOUR: 3_600, TimeUnit.WORKING_HOUR: 3_600}


@given(paused(), LIMITS, COUNTINGS, CALENDARS)
def test_adding_a_limit_and_measuring_up_to_its_end_gives_it_back(
    case: tuple[datetime, list[Pause]], limit: Duration, counting: Counting, of: Calendar
) -> None:
    start, pauses = case
    straight = Counting(first_day_counted=counting.first_day_counted, roll_on_holiday=False)
    moment = due(start, limit, pauses, None, straight, of)
    assert moment is not None
    used = measure(start, moment.at, limit.unit, pauses, straight, of)
    assert used == limit.amount * PER.get(limit.unit, 1)


@given(paused(), SPLIT, SPLIT, st.sampled_from(TimeUnit), CALENDARS)
def test_splitting_a_span_anywhere_changes_nothing(
    case: tuple[datetime, list[Pause]], one: timedelta, two: timedelta, unit: TimeUnit, of: Calendar
) -> None:
    start, pauses = case
    middle, end = start + one, start + one + two
    parts = measure(start, middle, unit, pauses, FIRST, of) + measure(middle, end, unit, pauses, FIRST, of)
    assert parts == measure(start, end, unit, pauses, FIRST, of)


@given(paused(), SPLIT, SPLIT, st.sampled_from(TimeUnit), COUNTINGS, CALENDARS)
def test_a_longer_span_never_measures_less(
    case: tuple[datetime, list[Pause]],
    one: timedelta,
    two: timedelta,
    unit: TimeUnit,
    counting: Counting,
    of: Calendar,
) -> None:
    start, pauses = case
    shorter = measure(start, start + one, unit, pauses, counting, of)
    assert shorter <= measure(start, start + one + two, unit, pauses, counting, of)


@given(paused(), LIMITS, st.none() | LIMITS, COUNTINGS, SPLIT, CALENDARS)
def test_the_days_of_a_reckoning_add_up_to_what_is_given_and_end_at_the_due_moment(
    case: tuple[datetime, list[Pause]],
    limit: Duration,
    extra: Duration | None,
    counting: Counting,
    later: timedelta,
    of: Calendar,
) -> None:
    start, pauses = case
    stretches = reckon(start, limit, pauses, extra, counting, of, start + later)
    moment = due(start, limit, pauses, extra, counting, of)
    assert moment is not None
    assert stretches[-1].until is not None
    assert stretches[-1].until.at == moment.at
    for one in stretches:
        if one.complete and one.amount:
            assert one.days[-1].total == one.amount == sum(row.counted for row in one.days)
        assert 0 <= one.used <= one.amount
        assert not (one.over and one.left)


@given(paused(), LIMITS, COUNTINGS, CALENDARS)
def test_what_is_left_is_nothing_at_the_due_moment(
    case: tuple[datetime, list[Pause]], limit: Duration, counting: Counting, of: Calendar
) -> None:
    start, pauses = case
    moment = due(start, limit, pauses, None, counting, of)
    assert moment is not None
    (one,) = reckon(start, limit, pauses, None, counting, of, moment.at)
    assert (one.left, one.over) == (0, 0)


@given(paused(), LIMITS, st.integers(0, 86_399), CALENDARS)
def test_a_cut_off_hour_never_makes_it_due_earlier_and_a_later_start_never_either(
    case: tuple[datetime, list[Pause]], limit: Duration, hour: int, of: Calendar
) -> None:
    start, pauses = case
    cut = Counting(cut_off=hour)
    before, plain = due(start, limit, pauses, None, cut, of), due(start, limit, pauses, None, PLAIN, of)
    after = due(start + timedelta(hours=5), limit, pauses, None, cut, of)
    assert before is not None
    assert plain is not None
    assert after is not None
    assert plain.at <= before.at <= max(after.at, before.at)
    if not pauses:
        assert before.at <= after.at


def test_the_first_working_days_after_spring_festival_2026_are_told_day_by_day() -> None:
    # The State Council's notice for 2026: off 15 to 23 February, worked on Saturdays 14 and 28 February.
    (one,) = reckon(
        wall("2026-02-13T17:59"),
        amount("3 working_day"),
        (),
        None,
        PLAIN,
        calendar("china"),
        wall("2026-02-24T09:00"),
    )
    told = [(row.day.strftime("%m-%d"), row.counted, row.why) for row in one.days]
    assert told[:2] == [("02-13", 0, Why.FIRST_DAY), ("02-14", 1, Why.MAKE_UP)]
    assert {why for day, _, why in told if "02-15" < day <= "02-20"} == {Why.HOLIDAY}
    assert told[-2:] == [("02-24", 1, Why.COUNTED), ("02-25", 1, Why.COUNTED)]
    assert (one.used, one.left, one.counted_in) == (1, 2, "day")
    assert one.until is not None
    assert one.until.at == wall("2026-02-26T00:00")


@pytest.mark.parametrize(
    ("story", "start", "limit", "over"),
    [
        ("before the hour it is Friday", "2026-03-06T16:59", "1 working_day", "2026-03-10T00:00"),
        ("from the hour on it is Monday", "2026-03-06T17:00", "1 working_day", "2026-03-11T00:00"),
        ("what comes on a day off comes on Monday", "2026-03-07T09:00", "1 working_day", "2026-03-11T00:00"),
        ("natural days as well", "2026-03-06T17:59", "2 natural_day", "2026-03-12T00:00"),
        ("office hours begin on Monday", "2026-03-06T17:59", "2 working_hour", "2026-03-09T11:00"),
        ("urgent hours know no cut-off", "2026-03-06T17:59", "2 urgent_hour", "2026-03-06T19:59"),
        ("a make-up Saturday is a workday", "2026-02-14T16:00", "1 working_day", "2026-02-25T00:00"),
    ],
)
def test_what_comes_after_the_cut_off_hour_comes_on_the_next_workday(
    story: str, start: str, limit: str, over: str
) -> None:
    counting = Counting(cut_off=17 * 3_600)
    moment = due(wall(start), amount(limit), (), None, counting, calendar("china"))
    assert moment is not None
    assert moment.at == wall(over), story


def test_natural_days_that_end_on_a_day_off_are_told_as_rolled() -> None:
    (one,) = reckon(
        wall("2026-02-10T09:00"),
        amount("7 natural_day"),
        (),
        None,
        PLAIN,
        calendar("china"),
        wall("2026-03-01T00:00"),
    )
    assert [(row.day, row.why) for row in one.days[-2:]] == [
        (date(2026, 2, 23), Why.ROLLED),
        (date(2026, 2, 24), Why.ROLLED),
    ]
    assert (one.used, one.left, one.over) == (7, 0, 4)


def test_a_day_of_25_hours_counts_25_hours_where_the_clocks_go_back() -> None:
    # The clocks went back on 1 November 2015 (Energy Policy Act of 2005: first Sunday in November).
    (one,) = reckon(
        wall("2015-10-31T22:00", "boston"),
        amount("40 urgent_hour"),
        (),
        None,
        PLAIN,
        calendar("boston"),
        wall("2015-11-02T00:00", "boston"),
    )
    assert [row.counted // 3_600 for row in one.days] == [2, 25, 13]
    assert one.used == 27 * 3_600


def test_fractions_of_a_second_are_not_lost_from_day_to_day() -> None:
    start = datetime(2026, 3, 2, 1, 0, 0, 600_000, tzinfo=UTC)
    pauses = [
        Pause(start + timedelta(hours=24 * n), start + timedelta(hours=24 * n, microseconds=300_000))
        for n in (1, 2)
    ]
    moment = due(start, amount("100 urgent_hour"), pauses, None, PLAIN, calendar("china"))
    assert moment is not None
    assert measure(start, moment.at, TimeUnit.URGENT_HOUR, pauses, PLAIN, calendar("china")) == 360_000


def test_an_open_pause_is_told_up_to_now() -> None:
    start = wall("2026-03-02T09:00")
    (one,) = reckon(
        start,
        amount("5 working_day"),
        [Pause(wall("2026-03-04T10:00"), None)],
        None,
        PLAIN,
        calendar("china"),
        wall("2026-03-06T10:00"),
    )
    assert one.until is None
    assert [row.why for row in one.days] == [
        Why.FIRST_DAY, Why.COUNTED, Why.PAUSED, Why.PAUSED, Why.NOT_OVER,
    ]  # fmt: skip
    assert (one.used, one.left) == (1, 4)
