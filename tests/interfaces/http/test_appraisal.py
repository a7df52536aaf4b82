"""Whistles with both of their sides, alarms over all cases, and the board's question of tomorrow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import clock
from tests.interfaces.http.city import AUDITOR, CITY, GRID, HEAT, NORTH, SOUTH, WATER
from tests.interfaces.http.desk import Desk


@pytest.fixture(scope="module")
def position(desk: Desk) -> int:
    """One case with a whistle that one department answered, resolved with nobody reached."""
    case = desk.case(GRID)
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    desk.done(WATER, case, "accept")
    desk.done(
        NORTH, case, "whistle", {"departments": ["city.heat", "city.petitions"], "help": "Shut the valve"}
    )
    desk.done(HEAT, case, "answer-whistle", {"number": 1, "answer": "did"})
    answers = [{"claim": 1, "outcome": "solved", "measure": "New valve"}]
    return int(desk.done(WATER, case, "resolve", {"answers": answers})["position"])


def test_a_whistle_tells_of_the_called_and_of_the_caller(desk: Desk, position: int) -> None:
    rows = desk.get(CITY, "/v1/whistles", at_least=position).json()["items"]
    told = {row["department"]: row for row in rows}
    assert told["city.heat"]["response"] == "on_time"
    assert told["city.heat"]["outcomes"] == ["solved"]
    assert told["city.petitions"]["response"] == "waiting"
    assert {(row["caller"], row["number"], row["solved"]) for row in rows} == {("city.north", 1, None)}
    units = desk.get(CITY, "/v1/whistles/units").json()
    assert [(one["unit"], one["calls"], one["on_time"], one["waiting"]) for one in units["called"]] == [
        ("city.heat", 1, 1, 0),
        ("city.petitions", 1, 0, 1),
    ]
    (street,) = units["callers"]
    assert (street["whistles"], street["calls"], street["answered"], street["judged"]) == (1, 2, 1, 0)


def test_whistles_are_filtered_by_side_and_by_what_one_may_see(desk: Desk, position: int) -> None:
    def departments(**query: object) -> list[str]:
        return [one["department"] for one in desk.get(CITY, "/v1/whistles", **query).json()["items"]]

    assert departments(unit="city.heat") == ["city.heat"]
    assert departments(unit="city.heat", side="caller") == []
    assert departments(unit="city.north", side="caller", response="waiting") == ["city.petitions"]
    assert departments(since=(clock.now() + timedelta(hours=1)).isoformat()) == []
    assert desk.get(SOUTH, "/v1/whistles").json()["items"] == []
    assert desk.get(SOUTH, "/v1/whistles/units").json()["called"] == []
    first = desk.get(CITY, "/v1/whistles", limit=1).json()
    second = desk.get(CITY, "/v1/whistles", limit=1, cursor=first["next"]).json()
    assert [one["items"][0]["department"] for one in (first, second)] == ["city.heat", "city.petitions"]
    assert second["next"] is None


def test_alarms_of_all_cases_are_listed_and_counted(desk: Desk, position: int) -> None:
    (alarm,) = desk.get(CITY, "/v1/alarms", at_least=position).json()["items"]
    assert (alarm["kind"], alarm["unit"], alarm["clock"]) == ("contacted_nobody", "city.water", None)
    history = desk.get(CITY, f"/v1/cases/{alarm['case']}/history").json()["events"]
    assert [one["name"] for one in history if one["position"] == alarm["position"]] == ["case.resolved"]
    counts = desk.get(AUDITOR, "/v1/alarms/units").json()["items"]
    assert counts == [{"unit": "city.water", "kind": "contacted_nobody", "alarms": 1, "cases": 1}]
    assert desk.get(CITY, "/v1/alarms", kind="recategorised").json()["items"] == []
    assert desk.get(CITY, "/v1/alarms", unit="city.south").json()["items"] == []
    assert desk.get(SOUTH, "/v1/alarms").json()["items"] == []


def test_the_board_says_what_will_be_late_within_a_day(desk: Desk, position: int) -> None:
    whole = desk.get(CITY, "/v1/escalations", limit=200).json()["items"]
    soon = desk.get(CITY, "/v1/escalations", limit=200, within_hours=24 * 31).json()["items"]
    now = clock.now()
    expected = {
        (row["case"], row["clock"])
        for row in whole
        if row["due_at"] and row["due_at"] < (now + timedelta(days=31)).isoformat() and not row["overdue"]
    }
    assert {(row["case"], row["clock"]) for row in soon} == expected
    assert expected
    assert desk.get(CITY, "/v1/escalations", within_hours=1, overdue=True).json()["items"] == []


def test_a_history_says_by_which_rules_each_event_was_decided(desk: Desk, position: int) -> None:
    (alarm,) = desk.get(CITY, "/v1/alarms").json()["items"]
    case = desk.get(CITY, f"/v1/cases/{alarm['case']}").json()
    events = desk.get(CITY, f"/v1/cases/{alarm['case']}/history").json()["events"]
    assert [one["policy"] for one in events] == [case["policy"]] * len(events)
    assert all(one["calendar"] >= 1 for one in events)
