"""What a unit has otherwise is laid over the calendar that it inherits, the nearer unit's on top."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.calendar import Calendar, CalendarAmended, CalendarInvalid, Overlay, read_calendar
from domain.case.book import Known
from engine.amendments import Amendment, amended
from tests.domain.calendar.support import calendar
from tests.support import town

MARCH = date(2026, 3, 9)
SATURDAY = date(2026, 3, 14)
HOURS = ((30_600, 41_400), (50_400, 64_800))


def changed(*overlays: Overlay, unit: str | None = None, known: Known | None = None) -> Calendar:
    book = replace(town.rulebook(), overlays=overlays)
    return book.calendar_of("china", unit, known)


def test_a_day_off_may_be_worked_and_a_workday_may_be_off() -> None:
    china = calendar("china")
    new = Overlay("china", None, 3, off=frozenset({MARCH}), worked=frozenset({SATURDAY})).over(china)
    assert (china.is_workday(MARCH), new.is_workday(MARCH)) == (True, False)
    assert (china.is_workday(SATURDAY), new.is_workday(SATURDAY)) == (False, True)
    assert new.version == 3
    back = Overlay("china", None, 4, off=frozenset({SATURDAY}), worked=frozenset({MARCH})).over(new)
    assert (back.days_off, back.make_up_workdays) == (china.days_off, china.make_up_workdays)


def test_a_unit_inherits_from_its_parent_and_the_nearer_one_counts() -> None:
    street = Overlay("china", town.EAST, 4, off=frozenset({MARCH}), office_hours=HOURS)
    community = Overlay("china", town.PINE, 5, worked=frozenset({MARCH}))
    over = {
        unit: changed(community, street, unit=unit)
        for unit in (None, town.DISTRICT, town.WEST, town.EAST, town.LAKE, town.PINE, town.GRID_1)
    }
    assert [unit for unit, one in over.items() if not one.is_workday(MARCH)] == [town.EAST, town.LAKE]
    assert [unit for unit, one in over.items() if one.office_hours == HOURS] == [
        town.EAST, town.LAKE, town.PINE, town.GRID_1,
    ]  # fmt: skip
    assert [one.version for one in over.values()] == [3, 3, 3, 4, 4, 5, 5]


def test_a_year_that_is_published_takes_the_place_of_what_was_expected() -> None:
    china = calendar("china")
    days = frozenset({date(2027, 1, 1)})
    new = changed(Overlay("china", None, 3, off=days, years=frozenset({2027})))
    assert (china.is_provisional(date(2027, 5, 3)), china.is_workday(date(2027, 5, 3))) == (True, False)
    assert (new.is_provisional(date(2027, 5, 3)), new.is_workday(date(2027, 5, 3))) == (False, True)
    assert new.is_provisional(date(2028, 5, 3))
    assert not new.is_workday(date(2027, 1, 1))


FLOOD, NEW_YEAR, MAY = date(2027, 1, 12), date(2027, 1, 1), date(2027, 5, 3)
"""A Tuesday that nobody expects to be off, and two weekdays that are expected to be."""


def test_what_was_amended_stays_when_its_year_is_published() -> None:
    make_up = date(2027, 1, 16)
    flood = Overlay("china", None, 4, off=frozenset({FLOOD}), worked=frozenset({make_up}))
    notice = Overlay("china", None, 5, off=frozenset({NEW_YEAR}), years=frozenset({2027}))
    new = changed(flood, notice)
    assert not new.is_workday(FLOOD)
    assert new.is_workday(make_up)
    assert not new.is_workday(NEW_YEAR)
    # What nobody named but the law's expectation falls away.
    assert new.is_workday(MAY)
    assert not new.is_provisional(FLOOD)


def test_a_notice_that_says_otherwise_of_a_day_counts() -> None:
    flood = Overlay("china", None, 4, off=frozenset({FLOOD}))
    notice = Overlay("china", None, 5, worked=frozenset({FLOOD}), years=frozenset({2027}))
    assert changed(flood, notice).is_workday(FLOOD)


def test_an_expected_day_that_was_amended_is_no_longer_only_expected() -> None:
    sure = Overlay("china", None, 4, off=frozenset({MAY}))
    taken_back = Overlay("china", None, 5, worked=frozenset({NEW_YEAR}))
    notice = Overlay("china", None, 6, years=frozenset({2027}))
    assert not changed(sure, notice).is_workday(MAY)
    assert changed(taken_back, notice).is_workday(NEW_YEAR)
    wanted = Amendment("china", "A fair", "Order 8", off=frozenset({MAY}))
    book = town.rulebook()
    made = amended(wanted, book, datetime(2026, 3, 9, 6, tzinfo=UTC))
    assert made is not None
    assert amended(wanted, replace(book, overlays=(made.overlay(),)), made.at) is None


def test_days_that_a_later_file_expects_fall_away_like_those_of_the_first() -> None:
    late = date(2027, 6, 10)
    later_file = Overlay("china", None, 4, off=frozenset({late}), from_file=True)
    notice = Overlay("china", None, 5, years=frozenset({2027}))
    assert not changed(later_file).is_workday(late)
    assert changed(later_file, notice).is_workday(late)
    both = Overlay("china", None, 4, off=frozenset({late}), years=frozenset({2027}), from_file=True)
    assert not changed(both, notice).is_workday(late)


def test_only_what_was_known_then_counts_for_what_was_judged_then() -> None:
    at = datetime(2026, 3, 9, 6, tzinfo=UTC)
    snow = Overlay("china", None, 3, off=frozenset({MARCH}), known_at=at)
    assert changed(snow, known=Known(at - timedelta(seconds=1))).is_workday(MARCH)
    assert not changed(snow, known=Known(at)).is_workday(MARCH)
    assert not changed(snow, known=Known(at - timedelta(days=9), version=3)).is_workday(MARCH)


UNIT_FILE = """
inherits = "china"
unit = "yuhua.east"
version = 1
source = "Rules of the street office"
office_hours = ["08:30-11:30", "14:00-18:00"]
[days_off]
2026 = "03-09"
[make_up_workdays]
2026 = "03-14"
"""


def test_a_unit_has_a_file_of_its_own() -> None:
    found = read_calendar(UNIT_FILE)
    assert isinstance(found, Overlay)
    assert (found.unit, found.office_hours, found.known_at) == (town.EAST, HOURS, None)
    assert not changed(found, unit=town.PINE).is_workday(MARCH)
    assert changed(found, unit=town.PINE).is_workday(SATURDAY)
    assert changed(found, unit=town.MILL).is_workday(MARCH)


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("03-14", "03-09", "both off and worked"),
        ("11:30", "15:00", "in order"),
        ("yuhua.east", "Yuhua East", "unit"),
        ("version = 1", "version = 1\nlunch = 1", "lunch"),
    ],
)
def test_a_wrong_file_of_a_unit_is_refused_with_its_fault_named(right: str, wrong: str, fault: str) -> None:
    with pytest.raises(CalendarInvalid, match=fault):
        read_calendar(UNIT_FILE.replace(right, wrong))


def test_an_amendment_says_what_is_laid_over() -> None:
    at = datetime(2026, 3, 9, 6, tzinfo=UTC)
    event = CalendarAmended(
        at=at, calendar="china", version=3, unit=town.EAST, off=(MARCH,), worked=(SATURDAY,),
        office_hours=("08:30-11:30", "14:00-18:00"), cause="Snow", instrument="Order 7",
    )  # fmt: skip
    assert event.overlay() == Overlay(
        "china", town.EAST, 3, frozenset({MARCH}), frozenset({SATURDAY}), frozenset(), HOURS, at, "Snow"
    )
    with pytest.raises(ValueError, match="in order"):
        event.model_copy(update={"office_hours": ("14:00-18:00", "08:30-11:30")}).overlay()
