from __future__ import annotations

from tests.interfaces.http.city import AUDITOR, CITY, GRID, HEAT, NORTH, RESIDENT, SOUTH, WATER, WATER_HEAD
from tests.interfaces.http.desk import WORDS, Desk
from tests.support.asks import EVIDENCE


def test_a_case_goes_from_report_to_strike_off_in_the_hands_of_its_roles(desk: Desk) -> None:
    case = desk.case(RESIDENT)
    desk.done(NORTH, case, "screen", {"kind": "issue", "category": "water supply"})
    desk.done(NORTH, case, "assign", {"unit": "city.water", "co_units": ["city.heat"]})
    desk.done(WATER, case, "accept")
    desk.done(WATER, case, "contact", {"means": "telephone"})
    desk.done(WATER, case, "progress", {"note": "A valve is being replaced."})
    desk.done(NORTH, case, "whistle", {"departments": ["city.heat"], "help": "Open the trench."})
    desk.done(HEAT, case, "answer-whistle", {"number": 1, "answer": "arrived"})
    desk.done(
        WATER, case, "resolve", {"answers": [{"claim": 1, "outcome": "solved", "measure": "New valve."}]}
    )
    judged = {"claim": 1, "solved": False, "satisfaction": 1, "words": "Still dry."}
    desk.done(NORTH, case, "visit", {"reached": True, "judgements": [judged]})
    again = desk.get(RESIDENT, f"/v1/cases/{case}").json()
    assert (again["stage"], again["round"]) == ("assigned", 2)
    desk.done(WATER, case, "accept")
    desk.done(
        WATER, case, "resolve", {"answers": [{"claim": 1, "outcome": "solved", "measure": "New pipe."}]}
    )
    judged = {"claim": 1, "solved": True, "satisfaction": 5}
    desk.done(NORTH, case, "visit", {"reached": True, "judgements": [judged]})
    struck = desk.done(NORTH, case, "strike-off")
    closed = desk.get(RESIDENT, f"/v1/cases/{case}").json()
    assert (closed["stage"], closed["clocks"], closed["bucket"]) == ("closed", [], "struck_off")
    accounts = desk.get(
        CITY, "/v1/ledgers/accounts/city.water/struck_off", at_least=struck["position"]
    ).json()
    assert [(row["case"], row["amount"]) for row in accounts["items"]] == [(case, 1)]
    assert accounts["position"] >= struck["position"]


def test_a_case_says_what_its_reader_may_do_now_and_by_when(desk: Desk) -> None:
    case = desk.case(GRID)
    seen = desk.get(NORTH, f"/v1/cases/{case}").json()
    assert {"screen", "refuse", "merge"} <= set(seen["actions"])
    assert "accept" not in seen["actions"]
    clock = seen["clocks"][0]
    assert (clock["obligation"], clock["owner"], clock["overdue"]) == ("dispatch", "city.north", False)
    assert clock["due_at"] is not None
    assert seen["next_step"]["action"] == "remind"
    actions = desk.get(NORTH, f"/v1/cases/{case}/actions").json()
    assert [one["verb"] for one in actions["actions"]] == seen["actions"]


def test_words_are_read_by_those_who_work_on_the_case_and_not_by_an_auditor(desk: Desk) -> None:
    case = desk.case(RESIDENT)
    for reader in (NORTH, CITY, RESIDENT, GRID):
        seen = desk.get(reader, f"/v1/cases/{case}").json()
        assert seen["claims"][0]["words"]["text"] == WORDS
        assert seen["resident"]["telephone"]["text"] == "555 0100"
        assert WORDS in desk.get(reader, f"/v1/cases/{case}/history").json()["texts"].values()
    for path in ("", "/history", "/replay?version=1"):
        answer = desk.get(AUDITOR, f"/v1/cases/{case}{path}")
        assert answer.status_code == 200
        assert WORDS not in answer.text
        assert "555 0100" not in answer.text
    assert len(desk.get(AUDITOR, f"/v1/cases/{case}").json()["claims"][0]["words"]["commitment"]) == 64


def test_a_resident_is_told_what_happened_and_not_who_at_the_office_did_it(desk: Desk) -> None:
    case = desk.case(RESIDENT)
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    told = desk.get(RESIDENT, f"/v1/cases/{case}/history")
    assert [event["actor"]["id"] for event in told.json()["events"]] == [RESIDENT.id, None]
    assert NORTH.id not in told.text
    full = desk.get(NORTH, f"/v1/cases/{case}/history").json()["events"]
    assert [event["actor"]["id"] for event in full] == [RESIDENT.id, NORTH.id]
    assert all(event["happened_at"] <= event["recorded_at"] for event in full)


def test_a_resident_learns_neither_names_of_staff_nor_what_offices_say_to_each_other(desk: Desk) -> None:
    case = desk.case(RESIDENT)
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    desk.done(WATER, case, "accept")
    desk.done(WATER, case, "ask-extension", {"by": "1 working_day", "reason": "No valve in store."})
    desk.done(CITY, case, "refuse-extension", {"reason": "There are three of them."})
    desk.done(CITY, case, "hold-accountable", {"clock": "1/resolve", "note": "Slept over it."})
    desk.done(WATER, case, "answer-accountability", {"entry": 1, "words": "We were all at a fire."})
    desk.done(
        WATER, case, "resolve", {"answers": [{"claim": 1, "outcome": "solved", "measure": "New valve."}]}
    )
    told, full = (desk.get(one, f"/v1/cases/{case}/history") for one in (RESIDENT, CITY))
    inside = ("No valve in store.", "There are three of them.", "Slept over it.", "We were all at a fire.")
    for secret in (*inside, WATER.id, NORTH.id, CITY.id):
        assert secret not in told.text
        assert secret in full.text
    assert {WORDS, "New valve."} <= set(told.json()["texts"].values())
    assert [one["name"] for one in told.json()["events"]] == [one["name"] for one in full.json()["events"]]


def test_a_case_of_another_street_answers_as_if_it_did_not_exist(desk: Desk) -> None:
    case = desk.case(GRID)
    nothing = "7b0c2c8e-43a5-4a8c-9f6d-0a4a3b9c1d2e"
    for path in ("", "/history", "/actions", "/replay?version=1"):
        there = desk.get(SOUTH, f"/v1/cases/{case}{path}")
        nowhere = desk.get(SOUTH, f"/v1/cases/{nothing}{path}")
        assert (there.status_code, there.json()) == (nowhere.status_code, nowhere.json())
        assert there.json()["code"] == "unknown_case"
    there = desk.post(SOUTH, f"/v1/cases/{case}/screen", {"kind": "issue"}, version=1)
    nowhere = desk.post(SOUTH, f"/v1/cases/{nothing}/screen", {"kind": "issue"}, version=1)
    assert (there.status_code, there.json()) == (nowhere.status_code, nowhere.json()) == (404, there.json())
    position = desk.done(NORTH, case, "screen", {"kind": "issue"})["position"]
    listed = desk.get(SOUTH, "/v1/worklist", at_least=position, limit=200).json()
    assert case not in [row["case"] for row in listed["items"]]


def test_a_case_is_replayed_at_a_version_and_at_a_moment_of_either_time(desk: Desk) -> None:
    case = desk.case(GRID, happened_at="2026-01-05T09:00:00+08:00")
    desk.done(NORTH, case, "screen", {"kind": "issue", "happened_at": "2026-01-06T09:00:00+08:00"})
    path = f"/v1/cases/{case}/replay"
    assert desk.get(AUDITOR, path, version=1).json()["stage"] == "collected"
    assert desk.get(AUDITOR, path, happened_at="2026-01-05T12:00:00+08:00").json()["stage"] == "collected"
    assert desk.get(AUDITOR, path, happened_at="2026-01-06T12:00:00+08:00").json()["stage"] == "screened"
    early = desk.get(AUDITOR, path, recorded_at="2026-01-06T12:00:00+08:00")
    assert (early.status_code, early.json()["code"]) == (404, "nothing_then")
    assert desk.get(AUDITOR, path, recorded_at="2199-01-01T00:00:00Z").json()["version"] == 2
    for query in (
        {},
        {"version": 1, "happened_at": "2026-01-06T12:00:00Z"},
        {"version": 0},
        {"recorded_at": "x"},
    ):
        assert desk.get(AUDITOR, path, **query).status_code == 422


def test_two_signatures_and_a_merge_work_over_the_api(desk: Desk) -> None:
    leading, following = desk.case(GRID), desk.case(GRID)
    merged = desk.done(NORTH, following, "merge", {"into": leading})
    assert desk.get(NORTH, f"/v1/cases/{leading}").json()["links"]["followers"] == [following]
    assert merged["events"] == ["case.merged"]
    desk.done(NORTH, following, "unmerge")
    unknown = desk.give(NORTH, following, "merge", {"into": "7b0c2c8e-43a5-4a8c-9f6d-0a4a3b9c1d2e"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_case")
    desk.done(NORTH, leading, "screen", {"kind": "issue"})
    desk.done(NORTH, leading, "assign", {"unit": "city.water"})
    desk.done(WATER, leading, "accept")
    terms = {"reason": "awaits_budget", "until": "2027-03-01T00:00:00Z", "evidence": EVIDENCE}
    desk.done(WATER_HEAD, leading, "hang-up", terms)
    assert desk.get(WATER, f"/v1/cases/{leading}").json()["proposals"][0]["act"] == "hang_up"
    desk.done(CITY, leading, "hang-up", terms)
    held = desk.get(WATER, f"/v1/cases/{leading}").json()
    assert (held["stage"], held["hold"]["kind"], held["clocks"][0]["paused"]) == ("hung_up", "hang_up", True)
