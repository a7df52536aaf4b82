"""Calendars on the command line: shown, amended, and asked for before a year begins."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import Calendar
from interfaces.cli.doctor import calendar_check
from tests.interfaces.cli.conftest import Program

pytestmark = pytest.mark.postgres
SHANGHAI = ZoneInfo("Asia/Shanghai")


def published(*years: int) -> Calendar:
    return Calendar("china", 2, "Asia/Shanghai", ((32_400, 43_200),), years=frozenset(years))


@pytest.mark.parametrize(
    ("now", "years", "ok", "warning", "advice"),
    [
        ("2026-11-30T23:59:59", (2025, 2026), True, False, ""),
        ("2026-12-01T00:00:00", (2025, 2026), True, True, "the notice for 2027"),
        ("2026-12-31T12:00:00", (2026, 2027), True, False, ""),
        ("2027-01-01T00:00:00", (2025, 2026), False, False, "the notice for 2027"),
    ],
)
def test_doctor_warns_from_the_first_of_december_that_the_next_year_is_not_published(
    now: str, years: tuple[int, ...], ok: bool, warning: bool, advice: str
) -> None:
    check = calendar_check(published(*years), datetime.fromisoformat(now).replace(tzinfo=SHANGHAI))
    assert (check.ok, check.warning) == (ok, warning)
    assert advice in check.advice
    assert bool(check.advice) is bool(advice)


def test_a_calendar_is_shown_amended_and_shown_again(program: Program, tmp_path: Path) -> None:
    assert program("migrate").code == 0
    before = program("calendar", "show", "china", "--year", "2026", "--json")
    assert before.code == 0, before.err
    (china,) = before.data["calendars"]
    assert (china["version"], len(china["make_up_workdays"]), china["published"]) == (3, 6, "2004-2026")
    assert before.data["amendments"] == []

    days = ("--off", "2026-03-09", "--work", "2026-03-14")
    done = program("calendar", "amend", *days, "--cause", "Snow", "--instrument", "Order 7", "--json")
    assert done.code == 0, done.err
    assert (done.data["amended"]["version"], done.data["moved"]) == (4, 0)
    again = program("calendar", "amend", *days, "--cause", "Snow", "--json")
    assert (again.code, again.data["amended"]) == (0, None)
    after = program("calendar", "show", "china", "--year", "2026", "--json")
    assert date(2026, 3, 9).isoformat() in after.data["calendars"][0]["days_off"]
    assert [one["cause"] for one in after.data["amendments"]] == ["Snow"]

    file = tmp_path / "2027.toml"
    file.write_text('calendar = "china"\ncause = "2027"\ninstrument = "Notice"\npublishes = [2027]\n')
    assert program("calendar", "amend", str(file), "--json").data["amended"]["years"] == [2027]
    assert program("calendar", "recalibrate", "--cause", "2027").code == 0
    listed = program("calendar", "show")
    assert "2004-2027" in listed.out


def test_what_can_not_be_amended_is_refused(program: Program) -> None:
    assert program("migrate").code == 0
    assert program("calendar", "amend", "--off", "soon", "--cause", "x").code == 2
    assert program("calendar", "amend", "--off", "2026-03-09").code == 2
    assert program("calendar", "show", "mars").code == 2
    asked = ("calendar", "amend", "--off", "2026-03-10", "--cause", "x", "--json")
    assert program(*asked, "--role", "auditor").refusal["code"] == "role_not_allowed"
    assert program(*asked, "--unit", "city.east").refusal["code"] == "not_your_unit"
    assert program(*asked, "--calendar", "mars").refusal["code"] == "amendment_invalid"
