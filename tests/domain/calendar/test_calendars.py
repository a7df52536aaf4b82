"""The shipped calendars agree, day by day, with two packages and with published lists."""

from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from domain.calendar import CalendarInvalid, parse_calendar
from tests.domain.calendar.support import calendar


def days(first: int, last: int) -> list[date]:
    start = date(first, 1, 1)
    return [start + timedelta(days=n) for n in range((date(last + 1, 1, 1) - start).days)]


LACKED_BY_CHINESECALENDAR = {
    # Saturday, "12月31日（星期六）上班": State Council Office, notice for 2006 of 16 December 2005,
    # 国办发明电〔2005〕35号.
    date(2005, 12, 31),
}
"""Days of which chinesecalendar 1.11.0 says otherwise than the notice."""


def test_china_agrees_with_chinesecalendar_on_each_day_from_2004_to_2026() -> None:
    china = calendar("china")
    differ = {day for day in days(2004, 2026) if china.is_workday(day) != chinese_calendar.is_workday(day)}
    assert differ == LACKED_BY_CHINESECALENDAR
    assert all(china.is_workday(day) for day in LACKED_BY_CHINESECALENDAR)


def test_china_agrees_with_holidays_on_each_day_from_2004_to_2026() -> None:
    china, other = calendar("china"), holidays.country_holidays("CN", years=range(2004, 2027))
    assert [day for day in days(2004, 2026) if china.is_workday(day) != other.is_working_day(day)] == []


def test_china_works_248_days_in_2026_with_six_make_up_workdays() -> None:
    china = calendar("china")
    assert sum(china.is_workday(day) for day in days(2026, 2026)) == 248
    assert sorted(day.strftime("%m-%d") for day in china.make_up_workdays if day.year == 2026) == [
        "01-04", "02-14", "02-28", "05-09", "09-20", "10-10",
    ]  # fmt: skip


def test_china_is_provisional_in_a_year_not_published_with_the_statutory_days_off() -> None:
    china = calendar("china")
    assert not china.is_provisional(date(2026, 12, 31))
    assert china.is_provisional(date(2027, 1, 1))
    assert not china.is_workday(date(2027, 1, 1))
    assert not china.is_workday(date(2027, 1, 2))
    # Labour Day falls on a Saturday and a Sunday: the Monday and the Tuesday after are expected to be off.
    assert not china.is_workday(date(2027, 5, 3))
    assert not china.is_workday(date(2027, 5, 4))
    assert china.is_workday(date(2027, 5, 5))


def test_the_statutory_rule_agrees_with_holidays_on_each_day_of_the_years_not_published() -> None:
    china, other = calendar("china"), holidays.country_holidays("CN", years=range(2027, 2051))
    differ = [day for day in days(2027, 2050) if china.is_workday(day) != other.is_working_day(day)]
    # In 2039 Mid-Autumn is the second National Day, a Sunday: the package makes up for both festivals.
    assert differ == [date(2039, 10, 6)]


def test_beyond_the_festivals_that_are_reckoned_only_days_of_fixed_date_are_expected() -> None:
    china = calendar("china")
    off = [day for day in days(2060, 2060) if day.isoweekday() < 6 and not china.is_workday(day)]
    assert [day.strftime("%m-%d") for day in off] == ["01-01", "05-03", "05-04", "10-01", "10-04", "10-05"]


def test_boston_agrees_with_holidays_on_each_day_it_publishes() -> None:
    boston, other = calendar("boston"), holidays.country_holidays("US", subdiv="MA", years=range(2015, 2027))
    assert [day for day in days(2015, 2026) if boston.is_workday(day) != other.is_working_day(day)] == []


def test_boston_keeps_the_list_of_the_massachusetts_courts_for_2015_and_2016() -> None:
    listed = """2015-01-01 2015-01-19 2015-02-16 2015-04-20 2015-05-25 2015-09-07 2015-10-12 2015-11-11
        2015-11-26 2015-12-25 2016-01-01 2016-01-18 2016-02-15 2016-04-18 2016-05-30 2016-07-04 2016-09-05
        2016-10-10 2016-11-11 2016-11-24 2016-12-26"""
    kept = {day for day in calendar("boston").days_off if day.year in (2015, 2016)}
    assert kept == {date.fromisoformat(day) for day in listed.split()}


def test_always_works_round_the_clock_and_is_never_provisional() -> None:
    always = calendar("always")
    for day in days(2026, 2026):
        assert always.is_workday(day)
        assert sum((closes - opens).total_seconds() for opens, closes in always.office_spans(day)) == 86_400
    assert not always.is_provisional(date(2999, 1, 1))


GOOD = """
id = "street"
version = 1
zone = "Asia/Shanghai"
source = "test"
weekend = ["saturday", "sunday"]
office_hours = ["09:00-12:00", "13:00-18:00"]
published = "2026-2026"
[days_off]
2026 = "01-01..01-02"
"""


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ('"Asia/Shanghai"', '"Mars/Olympus"', "not an IANA time zone"),
        ('"09:00-12:00", "13:00-18:00"', '"13:00-18:00", "09:00-12:00"', "in order"),
        ('"09:00-12:00"', '"12:00-09:00"', "end after it begins"),
        ('"09:00-12:00"', '"9-12"', "write office hours"),
        ('"2026-2026"', '"soon"', "years published"),
        ('"2026-2026"', '"2027-2026"', "end before they begin"),
        ('"2026-2026"', '"2027-2027"', "outside the years published"),
        ("01-01..01-02", "01-03", "off by the week already"),
        ("01-01..01-02", "01-02..01-01", "ends before it begins"),
        ("01-01..01-02", "13-45", "2026"),
        ("[days_off]", "[make_up_workdays]", "worked by the week already"),
        ('["saturday", "sunday"]', '["caturday"]', "by name"),
        (
            '["saturday", "sunday"]',
            '["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]',
            "must be worked",
        ),
        ("[days_off]", '[statutory]\nevery = "02-29"\n[days_off]', "02-29 is no day"),
        ('source = "test"', 'source = "test"\nlunch = "noodles"', "lunch"),
        ("version = 1", "version = ", "not TOML"),
    ],
)
def test_a_wrong_calendar_file_is_refused_with_its_fault_named(right: str, wrong: str, fault: str) -> None:
    assert parse_calendar(GOOD).id == "street"
    with pytest.raises(CalendarInvalid, match=fault) as refused:
        parse_calendar(GOOD.replace(right, wrong))
    assert refused.value.code == "calendar_invalid"
