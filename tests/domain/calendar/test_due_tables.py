"""Due moments worked out by hand: the wall clock at the start, what was given, the wall clock at the end."""

import time
from datetime import UTC, datetime

import pytest

from domain.calendar import Counting, Duration, MomentNaive, MomentOutOfRange, Pause, TimeUnit, due, shift
from tests.domain.calendar.support import amount, calendar, wall

PLAIN = Counting()
FIRST = Counting(first_day_counted=True)
STRAIGHT = Counting(roll_on_holiday=False)


def pauses(text: str, name: str) -> list[Pause]:
    """Read `start/end` pairs; an empty end is still open."""
    spans = [span.split("/") for span in text.split()]
    return [Pause(wall(start, name), wall(end, name) if end else None) for start, end in spans]


# Days off and make-up workdays of 2026: State Council Office, notice for 2026 of 4 November 2025,
# 国办发明电〔2025〕7号: Spring Festival 15 to 23 February, worked on Saturdays 14 and 28 February; Labour
# Day 1 to 5 May, worked on 9 May. The leap day: 2024 has one by the Gregorian rule (divisible by 4, and not
# by 100 unless by 400), and the notice for 2024 of 25 October 2023, 国办发明电〔2023〕7号, leaves Thursday
# 29 February a workday. First day not counted, and a last day off moves to the next: Civil Code of China,
# Arts. 201, 203.
# How pauses and hours are counted is a local choice: docs/policies.md.
TABLE = [
    ("make-up Saturday, then festival", "2026-02-13T10:00", "5 working_day", "", PLAIN, "2026-02-28T00:00"),
    ("make-up Saturday is day six", "2026-02-13T10:00", "6 working_day", "", PLAIN, "2026-03-01T00:00"),
    ("Friday 17:59 is Friday", "2026-02-13T17:59", "1 working_day", "", PLAIN, "2026-02-15T00:00"),
    ("first day counted", "2026-02-13T17:59", "1 working_day", "", FIRST, "2026-02-14T00:00"),
    ("first day counted on a day off", "2026-02-15T09:00", "1 working_day", "", FIRST, "2026-02-25T00:00"),
    ("natural days roll over", "2026-02-10T09:00", "7 natural_day", "", PLAIN, "2026-02-25T00:00"),
    ("natural days straight on", "2026-02-10T09:00", "7 natural_day", "", STRAIGHT, "2026-02-18T00:00"),
    ("last day is a make-up Saturday", "2026-02-13T09:00", "1 natural_day", "", PLAIN, "2026-02-15T00:00"),
    ("a leap day is a day", "2024-02-27T09:00", "2 natural_day", "", PLAIN, "2024-03-01T00:00"),
    ("a leap day is a workday", "2024-02-28T09:00", "2 working_day", "", PLAIN, "2024-03-02T00:00"),
    ("60 natural days", "2026-03-02T09:00", "60 natural_day", "", PLAIN, "2026-05-07T00:00"),
    ("hours skip lunch", "2026-03-02T11:00", "2 working_hour", "", PLAIN, "2026-03-02T14:00"),
    ("hours end at closing time", "2026-03-02T16:00", "2 working_hour", "", PLAIN, "2026-03-02T18:00"),
    ("hours go on the next workday", "2026-02-14T17:00", "2 working_hour", "", PLAIN, "2026-02-24T10:00"),
    ("hours from a day off", "2026-02-18T03:00", "1 working_hour", "", PLAIN, "2026-02-24T10:00"),
    ("Friday 17:59 has a minute left", "2026-03-06T17:59", "1 working_hour", "", PLAIN, "2026-03-09T09:59"),
    ("urgent hours run at night", "2026-02-17T22:00", "3 urgent_hour", "", PLAIN, "2026-02-18T01:00"),
    ("seconds", "2026-02-17T23:59:58", "3 second", "", PLAIN, "2026-02-18T00:00:01"),
    ("nothing given is over at once", "2026-02-17T10:00", "0 working_day", "", PLAIN, "2026-02-17T10:00"),
    (
        "a pause within one day gains nothing",
        "2026-03-02T09:00", "3 working_day", "2026-03-03T10:00/2026-03-03T16:00", PLAIN, "2026-03-06T00:00",
    ),
    (
        "a pause over two counted midnights gains two days",
        "2026-03-02T09:00", "3 working_day", "2026-03-03T10:00/2026-03-05T16:00", PLAIN, "2026-03-10T00:00",
    ),
    (
        "a pause over a weekend gains Friday only",
        "2026-03-05T09:00", "2 working_day", "2026-03-06T17:00/2026-03-09T09:00", PLAIN, "2026-03-11T00:00",
    ),
    (
        "a pause over a make-up Saturday gains that Saturday",
        "2026-02-12T09:00", "2 working_day", "2026-02-14T08:00/2026-02-24T09:00", PLAIN, "2026-02-25T00:00",
    ),
    (
        "paused on the last day, due at the end of the day of resuming",
        "2026-03-02T09:00", "1 working_day", "2026-03-03T16:00/2026-03-05T09:00", PLAIN, "2026-03-06T00:00",
    ),
    (
        "paused from the first minute",
        "2026-03-02T09:00", "1 natural_day", "2026-03-02T09:00/2026-03-04T09:00", PLAIN, "2026-03-05T00:00",
    ),
    (
        "working hours are stopped to the second",
        "2026-03-02T10:00", "3 working_hour", "2026-03-02T11:30:15/2026-03-02T14:00:45",
        PLAIN, "2026-03-02T15:30:30",
    ),
    (
        "a pause out of office hours gains no working hour",
        "2026-03-02T10:00", "3 working_hour", "2026-03-02T12:00/2026-03-02T13:00", PLAIN, "2026-03-02T14:00",
    ),
    (
        "overlapping pauses are one",
        "2026-03-02T10:00", "10 second",
        "2026-03-02T10:00:05/2026-03-02T10:00:09 2026-03-02T10:00:07/2026-03-02T10:00:20",
        PLAIN, "2026-03-02T10:00:25",
    ),
    (
        "a pause before the start takes nothing",
        "2026-03-02T10:00", "10 second", "2026-03-01T10:00/2026-03-02T10:00", PLAIN, "2026-03-02T10:00:10",
    ),
    (
        "an open pause after the end changes nothing",
        "2026-03-02T10:00", "10 second", "2026-03-02T10:00:10/", PLAIN, "2026-03-02T10:00:10",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "start", "limit", "stops", "counting", "over"), TABLE, ids=[row[0] for row in TABLE]
)
def test_due_in_china(story: str, start: str, limit: str, stops: str, counting: Counting, over: str) -> None:
    moment = due(wall(start), amount(limit), pauses(stops, "china"), None, counting, calendar("china"))
    assert moment is not None
    assert (moment.at, moment.at.tzinfo, moment.provisional) == (wall(over), UTC, False), story


@pytest.mark.parametrize(
    ("start", "limit", "over"),
    [
        # Energy Policy Act of 2005, sec. 110 (15 U.S.C. 260a): clocks go forward on the second Sunday of
        # March (13 March 2016) and back on the first of November (1 November 2015), at 2 o'clock. A day
        # stays a day, an hour an hour. Holidays: General Laws of Massachusetts, c. 4, s. 7, cl. 18: Friday
        # 2015-07-03 is worked, for a Saturday is not moved; 2016-12-26 is off for Sunday 25.
        ("2016-03-11T10:00", "2 natural_day", "2016-03-15T00:00"),
        ("2016-03-12T22:00", "6 urgent_hour", "2016-03-13T05:00"),
        ("2015-10-31T22:00", "6 urgent_hour", "2015-11-01T03:00"),
        ("2015-10-30T16:30", "1 working_hour", "2015-11-02T09:30"),
        ("2015-07-02T10:00", "1 working_day", "2015-07-04T00:00"),
        ("2016-12-23T10:00", "1 working_day", "2016-12-28T00:00"),
        ("2015-04-17T10:00", "1 working_day", "2015-04-22T00:00"),
    ],
)
def test_due_in_boston(start: str, limit: str, over: str) -> None:
    moment = due(wall(start, "boston"), amount(limit), (), None, PLAIN, calendar("boston"))
    assert moment is not None
    assert moment.at == wall(over, "boston")


@pytest.mark.parametrize(
    ("limit", "extra", "over"),
    [
        ("5 working_day", "5 working_day", "2026-03-17T00:00"),
        ("1 working_day", "2 natural_day", "2026-03-06T00:00"),
        # 23:00 is out of office: the two hours are over on Tuesday at 11:00, and Wednesday is the day after.
        ("2 working_hour", "1 working_day", "2026-03-05T00:00"),
        ("1 working_day", "2 working_hour", "2026-03-04T11:00"),
        ("0 working_day", "1 working_day", "2026-03-04T00:00"),
        ("5 natural_day", "1 working_hour", "2026-03-09T10:00"),
    ],
)
def test_extra_time_follows_the_limit_in_its_own_unit(limit: str, extra: str, over: str) -> None:
    moment = due(wall("2026-03-02T23:00"), amount(limit), (), amount(extra), PLAIN, calendar("china"))
    assert moment is not None
    assert moment.at == wall(over)


@pytest.mark.parametrize(
    "limit", ["3 second", "3 urgent_hour", "3 working_hour", "3 working_day", "3 natural_day"]
)
def test_a_clock_that_stands_still_has_no_due_moment(limit: str) -> None:
    start = wall("2026-03-02T10:00")
    assert due(start, amount(limit), [Pause(start, None)], None, PLAIN, calendar("china")) is None
    assert (
        due(start, amount(limit), [Pause(start, None)], amount("1 second"), PLAIN, calendar("china")) is None
    )


@pytest.mark.parametrize(
    ("start", "limit", "counting", "provisional"),
    [
        ("2026-12-30T10:00", "1 working_day", PLAIN, False),
        ("2026-12-30T10:00", "2 working_day", PLAIN, True),
        ("2026-12-30T10:00", "1 natural_day", PLAIN, False),
        ("2026-12-30T10:00", "2 natural_day", PLAIN, True),
        ("2026-12-30T10:00", "2 natural_day", STRAIGHT, False),
        ("2026-12-31T17:00", "1 working_hour", PLAIN, False),
        ("2026-12-31T17:00", "2 working_hour", PLAIN, True),
        ("2026-12-31T17:00", "20 urgent_hour", PLAIN, False),
    ],
)
def test_a_moment_is_provisional_when_an_unpublished_day_decided_it(
    start: str, limit: str, counting: Counting, provisional: bool
) -> None:
    moment = due(wall(start), amount(limit), (), None, counting, calendar("china"))
    assert moment is not None
    assert moment.provisional is provisional


@pytest.mark.parametrize(
    ("at", "by", "backwards", "then"),
    [
        # The end of Friday 6 March, as a due moment says it, is Saturday 00:00.
        ("2026-03-07T00:00", "1 working_day", False, "2026-03-10T00:00"),
        ("2026-03-07T00:00", "1 working_day", True, "2026-03-06T00:00"),
        ("2026-03-10T00:00", "1 working_day", True, "2026-03-07T00:00"),
        ("2026-02-28T00:00", "5 working_day", False, "2026-03-06T00:00"),
        ("2026-03-06T15:30", "2 working_day", False, "2026-03-10T15:30"),
        ("2026-03-10T15:30", "2 working_day", True, "2026-03-06T15:30"),
        ("2026-03-06T15:30", "2 natural_day", False, "2026-03-08T15:30"),
        ("2026-03-06T17:00", "2 working_hour", False, "2026-03-09T10:00"),
        ("2026-03-09T10:00", "2 working_hour", True, "2026-03-06T17:00"),
        ("2026-03-09T13:30", "2 working_hour", True, "2026-03-09T10:30"),
        ("2026-03-08T00:00", "1 urgent_hour", True, "2026-03-07T23:00"),
        ("2026-03-08T00:00", "1 second", True, "2026-03-07T23:59:59"),
        ("2026-03-08T00:00", "0 working_day", True, "2026-03-08T00:00"),
    ],
)
def test_a_rung_stands_before_or_after_the_due_moment(at: str, by: str, backwards: bool, then: str) -> None:
    moved = shift(wall(at), amount(by), calendar("china"), backwards=backwards)
    assert (moved.at, moved.at.tzinfo, moved.provisional) == (wall(then), UTC, False)


@pytest.mark.parametrize(
    ("at", "by", "backwards", "then", "provisional"),
    [
        ("2026-12-30T00:00", "2 working_day", False, "2027-01-01T00:00", False),
        # 1 January is a statutory day off; that nothing else is off or worked in 2027 is expected only.
        ("2026-12-31T00:00", "2 working_day", False, "2027-01-05T00:00", True),
        ("2026-12-30T00:00", "10 working_day", False, "2027-01-14T00:00", True),
        ("2027-01-05T00:00", "2 working_day", True, "2026-12-31T00:00", True),
        ("2026-12-31T10:00", "2 natural_day", False, "2027-01-02T10:00", False),
        ("2026-12-31T17:00", "1 working_hour", False, "2026-12-31T18:00", False),
        ("2026-12-31T17:00", "2 working_hour", False, "2027-01-04T10:00", True),
        ("2026-12-31T23:00", "2 urgent_hour", False, "2027-01-01T01:00", False),
    ],
)
def test_a_rung_is_provisional_when_working_time_of_an_unpublished_year_decides_it(
    at: str, by: str, backwards: bool, then: str, provisional: bool
) -> None:
    moved = shift(wall(at), amount(by), calendar("china"), backwards=backwards)
    assert (moved.at, moved.provisional) == (wall(then), provisional)


def test_days_keep_the_wall_clock_when_the_offset_changes() -> None:
    before = wall("2016-03-11T10:00", "boston")
    after = shift(before, amount("1 working_day"), calendar("boston")).at
    assert after == wall("2016-03-14T10:00", "boston")
    assert shift(after, amount("1 working_day"), calendar("boston"), backwards=True).at == before


def test_a_moment_without_zone_is_refused() -> None:
    naive = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - the point of the test
    with pytest.raises(MomentNaive):
        due(naive, amount("1 second"), (), None, PLAIN, calendar("china"))
    with pytest.raises(MomentNaive):
        due(
            wall("2026-03-02T10:00"), amount("9 second"), [Pause(naive, None)], None, PLAIN, calendar("china")
        )
    with pytest.raises(MomentNaive):
        shift(naive, amount("1 second"), calendar("china"))


@pytest.mark.parametrize("unit", TimeUnit)
def test_a_moment_beyond_the_years_is_refused(unit: TimeUnit) -> None:
    with pytest.raises(MomentOutOfRange):
        due(
            datetime(9999, 12, 31, 20, tzinfo=UTC),
            Duration(amount=30_000, unit=unit),
            (),
            None,
            PLAIN,
            calendar("china"),
        )
    with pytest.raises(MomentOutOfRange):
        early = datetime(1, 1, 1, 2, tzinfo=UTC)
        shift(early, Duration(amount=30_000, unit=unit), calendar("china"), backwards=True)


def test_the_longest_limit_is_reckoned_in_less_than_two_seconds() -> None:
    began = time.process_time()
    century = due(wall("2026-03-02T10:00"), amount("36525 working_day"), (), None, PLAIN, calendar("china"))
    assert century is not None
    assert century.provisional
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text", ["5", "working_day", "-1 working_day", "1.5 working_day", "5 fortnight", "36526 natural_day"]
)
def test_a_wrong_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        amount(text)


def test_a_duration_reads_back_from_its_text_and_its_fields() -> None:
    five = Duration(amount=5, unit=TimeUnit.WORKING_DAY)
    assert str(five) == "5 working_day"
    assert Duration.model_validate(str(five)) == five
    assert Duration.model_validate_json(five.model_dump_json()) == five
