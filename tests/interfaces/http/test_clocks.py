"""Clocks explained over the API: the rule, the calendar, pauses with their persons, each day."""

from __future__ import annotations

from datetime import timedelta

from engine import clock
from tests.interfaces.http.city import AUDITOR, CITY, NORTH, OTHER_RESIDENT, RESIDENT, WATER, WATER_HEAD
from tests.interfaces.http.desk import Desk
from tests.support.asks import EVIDENCE

POLICY = "hotline-five-working-days"
SUSPENSION = {"reason": "awaits_resident", "evidence": EVIDENCE}


def a_case(desk: Desk) -> str:
    """A resident's case under the policy that counts in days."""
    case = desk.case(RESIDENT)
    desk.done(CITY, case, "move-policy", {"policy": POLICY, "reason": "Counted in days"})
    return case


def test_a_clock_tells_its_rule_its_calendar_its_pauses_and_its_days(desk: Desk) -> None:
    case = a_case(desk)
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    desk.done(WATER, case, "accept")
    until = (clock.now() + timedelta(days=20)).isoformat()
    desk.done(WATER_HEAD, case, "suspend", SUSPENSION | {"until": until})
    answer = desk.get(CITY, f"/v1/cases/{case}/clocks")
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    clocks = {one["key"]: one for one in answer.json()["clocks"]}
    resolve = clocks["1/resolve"]
    assert resolve["rule"]["policy"] == POLICY
    assert (resolve["rule"]["status"], resolve["rule"]["limit"]) == (
        "verified",
        {"amount": 5, "unit": "working_day"},
    )
    assert "Art" in resolve["rule"]["article"]
    assert resolve["calendar"]["id"] == "china"
    (pause,) = resolve["pauses"]
    assert (pause["reason"], pause["counts"], pause["end"]) == ("awaits_resident", True, None)
    assert pause["by"]["id"] == pause["signed_by"][0] == WATER_HEAD.id
    (stretch,) = resolve["stretches"]
    assert (stretch["counted_in"], stretch["used"], stretch["left"]) == ("day", 0, 5)
    assert stretch["days"][0]["why"] == "first_day"
    assert stretch["days"][-1]["total"] == 5
    assert stretch["until"] == resolve["due_at"]
    assert resolve["rule"]["paused_by"] == ["suspension", "hang_up"]
    assert (resolve["levels"], answer.json()["objection"]) == ([], None)
    assert (clocks["1/dispatch"]["ending"], clocks["1/dispatch"]["ended_at"] is None) == ("met", False)


def test_a_resident_reads_the_clocks_of_their_own_case_without_the_names_of_staff(desk: Desk) -> None:
    case = a_case(desk)
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    desk.done(WATER, case, "accept")
    until = (clock.now() + timedelta(days=20)).isoformat()
    desk.done(WATER_HEAD, case, "suspend", SUSPENSION | {"until": until})
    seen = desk.get(RESIDENT, f"/v1/cases/{case}/clocks").json()
    pauses = [pause for one in seen["clocks"] for pause in one["pauses"]]
    assert pauses
    assert all(pause["signed_by"] is None and pause["by"]["id"] is None for pause in pauses)
    assert desk.get(OTHER_RESIDENT, f"/v1/cases/{case}/clocks").status_code == 404


def test_a_resolution_without_a_contact_stands_among_the_alarms(desk: Desk) -> None:
    case = a_case(desk)
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    desk.done(WATER, case, "accept")
    desk.done(WATER, case, "resolve", {"answers": [{"claim": 1, "outcome": "solved", "measure": "New."}]})
    alarms = desk.get(AUDITOR, f"/v1/cases/{case}/clocks").json()["alarms"]
    assert [(one["kind"], one["unit"]) for one in alarms] == [("contacted_nobody", "city.water")]
    assert desk.get(RESIDENT, f"/v1/cases/{case}/clocks").json()["alarms"] == []
