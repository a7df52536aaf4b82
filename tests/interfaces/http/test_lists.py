from __future__ import annotations

from typing import Any

import pytest

from domain.actor import Actor
from tests.interfaces.http.city import (
    ADMIN,
    AUDITOR,
    CITY,
    GRID,
    NORTH,
    OTHER_RESIDENT,
    RESIDENT,
    SOUTH,
    VISITOR,
    WATER,
    WATER_HEAD,
)
from tests.interfaces.http.desk import Desk

STAFF_LEDGERS = [
    "/v1/ledgers/accounts",
    "/v1/ledgers/accounts/city.north/to_screen",
    "/v1/escalations",
    "/v1/escalations/rungs",
    "/v1/escalations/units",
    "/v1/escalations/weeks",
    "/v1/accountability-entries",
    "/v1/whistles",
    "/v1/whistles/units",
    "/v1/alarms",
    "/v1/alarms/units",
]
OPEN_LEDGERS = ["/v1/worklist", "/v1/trial-balance"]
RULES = ["/v1/units", "/v1/policies", "/v1/policies/demo/1"]


@pytest.fixture(scope="module")
def position(desk: Desk) -> int:
    """A log with cases of two streets, of which one went as far as an accountability entry."""
    for _ in range(5):
        desk.case(GRID)
    desk.case(SOUTH, place={"unit": "city.south.gate"}, happened_at="2026-01-05T09:00:00+08:00")
    desk.case(RESIDENT)
    then = {"happened_at": "2026-01-05T09:00:00+08:00"}
    late = desk.case(GRID, **then)
    desk.done(NORTH, late, "screen", {"kind": "issue", **then})
    desk.done(NORTH, late, "assign", {"unit": "city.water", **then})
    for verb in ("remind", "hold-accountable"):
        given = desk.done(CITY, late, verb, {"clock": "1/accept"})
    given = desk.done(WATER, late, "answer-accountability", {"entry": 1, "words": "The letter came late."})
    return int(given["position"])


def timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what grows from one second to the next."""
    return [{name: value for name, value in row.items() if name != "over_seconds"} for row in rows]


def everything(desk: Desk, actor: Actor, path: str, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = desk.get(actor, path, **query, **({"cursor": cursor} if cursor else {})).json()
        rows += page["items"]
        cursor = page["next"]
        if cursor is None:
            return rows


def test_every_list_answers_staff_at_the_position_asked_for(desk: Desk, position: int) -> None:
    for path in STAFF_LEDGERS + OPEN_LEDGERS:
        for actor in (NORTH, CITY, AUDITOR, ADMIN):
            if actor is ADMIN and path.endswith("to_screen"):
                continue
            answer = desk.get(actor, path, at_least=position)
            assert answer.status_code == 200, f"{path}: {answer.text}"
            assert answer.json()["position"] >= position
    for path in RULES:
        assert desk.get(RESIDENT, path).status_code == 200


def test_residents_see_their_own_cases_and_no_ledger_of_the_staff(desk: Desk, position: int) -> None:
    for path in STAFF_LEDGERS:
        refused = desk.get(RESIDENT, path)
        assert (refused.status_code, refused.json()["code"]) == (403, "role_not_allowed")
    own = desk.get(RESIDENT, "/v1/worklist", at_least=position).json()["items"]
    assert own
    assert desk.get(OTHER_RESIDENT, "/v1/worklist", at_least=position).json()["items"] == []


def test_pages_by_cursor_show_every_row_once(desk: Desk, position: int) -> None:
    whole = desk.get(CITY, "/v1/worklist", limit=200, at_least=position).json()["items"]
    paged = everything(desk, CITY, "/v1/worklist", limit=2)
    assert [row["case"] for row in paged] == [row["case"] for row in whole]
    assert len({row["case"] for row in whole}) == len(whole) >= 8
    for path in ("/v1/escalations", "/v1/escalations/rungs", "/v1/accountability-entries"):
        whole = desk.get(CITY, path, limit=200).json()["items"]
        assert timeless(everything(desk, CITY, path, limit=1)) == timeless(whole)
    account = "/v1/ledgers/accounts/city.north/to_screen"
    for path in ("/v1/escalations/rungs", account):
        count = len(desk.get(CITY, path, limit=200).json()["items"])
        assert count > 1
        page = desk.get(CITY, path, limit=count).json()
        assert (len(page["items"]), page["next"]) == (count, None)
    assert everything(desk, CITY, account, limit=3) == desk.get(CITY, account, limit=200).json()["items"]


def test_a_cursor_serves_its_own_query_and_reader_only(desk: Desk, position: int) -> None:
    cursor = desk.get(CITY, "/v1/worklist", limit=1, at_least=position).json()["next"]
    assert desk.get(CITY, "/v1/worklist", limit=3, cursor=cursor).status_code == 200
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for actor, path, query in [
        (CITY, "/v1/worklist", {"cursor": cursor, "unit": "city.north"}),
        (CITY, "/v1/escalations", {"cursor": cursor}),
        (NORTH, "/v1/worklist", {"cursor": cursor}),
        (CITY, "/v1/worklist", {"cursor": changed}),
        (CITY, "/v1/worklist", {"cursor": "A"}),
        (CITY, "/v1/worklist", {"cursor": cursor[:20]}),
    ]:
        answer = desk.get(actor, path, **query)
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")


def test_filters_narrow_the_worklist(desk: Desk, position: int) -> None:
    def cases(**query: Any) -> list[dict[str, Any]]:
        return everything(desk, CITY, "/v1/worklist", limit=200, **query)

    assert {row["unit"] for row in cases(unit="city.south")} == {"city.south"}
    assert {row["bucket"] for row in cases(bucket="to_accept")} == {"to_accept"}
    assert {row["stage"] for row in cases(stage="collected")} == {"collected"}
    late = cases(overdue=True)
    assert late
    assert all(row["due_at"] < "2026-11-22" for row in late)
    assert len(late) < len(cases())
    assert {row["case"] for row in late} <= {row["case"] for row in cases(due_before="2199-01-01T00:00:00Z")}
    assert cases(unit="city.nowhere") == []


def test_the_board_counts_by_unit_and_by_week(desk: Desk, position: int) -> None:
    told = desk.get(CITY, "/v1/escalations/units").json()
    board = everything(desk, CITY, "/v1/escalations", limit=200)
    by_unit = {row["unit"]: row for row in told["items"]}
    assert sum(row["open"] for row in told["items"]) == len(board)
    water = by_unit["city.water"]
    assert (water["level"], water["overdue"] >= 2) == ("department", True)
    assert by_unit["city.north"]["due_soon"] <= by_unit["city.north"]["open"]
    level = desk.get(CITY, "/v1/escalations/units", level="department", unit="city").json()["items"]
    assert {row["level"] for row in level} == {"department"}
    weeks = desk.get(CITY, "/v1/escalations/weeks", weeks=1, unit="city.water").json()
    assert [(row["rung"], row["taken"], row["by_hand"]) for row in weeks["items"]] == [
        ("hold_accountable", 1, 1),
        ("remind", 1, 1),
    ]
    assert desk.get(SOUTH, "/v1/escalations/weeks").json()["items"] == []
    assert {row["unit"] for row in desk.get(SOUTH, "/v1/escalations/units").json()["items"]} == {"city.south"}


def test_the_board_the_rungs_and_the_entries_tell_of_lateness(desk: Desk, position: int) -> None:
    board = everything(desk, CITY, "/v1/escalations", overdue=True, obligation="accept")
    assert {row["owner"] for row in board} == {"city.water"}
    assert board[0]["rungs"] == []  # none by the ladder yet
    assert all(row["overdue"] and row["over_seconds"] > 86_400 for row in board)
    assert board[0]["next_action"] is not None
    case = board[0]["case"]
    assert {row["case"] for row in everything(desk, CITY, "/v1/escalations", case=case)} == {case}
    streets = everything(desk, CITY, "/v1/escalations", level="street", limit=200)
    assert {row["owner"] for row in streets} <= {"city.north", "city.south"}
    rungs = everything(desk, CITY, "/v1/escalations/rungs", unit="city.water")
    assert [(row["rung"], row["by_ladder"]) for row in rungs] == [
        ("remind", False),
        ("hold_accountable", False),
    ]
    assert everything(desk, CITY, "/v1/escalations/rungs", case=case) == rungs
    entries = everything(desk, WATER_HEAD, "/v1/accountability-entries", status="answered")
    assert [(row["unit"], row["status"]) for row in entries] == [("city.water", "answered")]
    assert everything(desk, SOUTH, "/v1/accountability-entries") == []
    assert everything(desk, SOUTH, "/v1/escalations/rungs") == []


def test_the_books_balance_and_count_every_case(desk: Desk, position: int) -> None:
    books = desk.get(RESIDENT, "/v1/trial-balance", at_least=position).json()
    assert (books["total"], books["astray"], books["unbalanced"], books["sound"]) == (0, 0, 0, True)
    accounts = desk.get(AUDITOR, "/v1/ledgers/accounts", at_least=books["position"]).json()
    assert sum(row["cases"] for row in accounts["items"]) == books["cases"]
    listed = everything(desk, AUDITOR, "/v1/worklist", limit=200)
    assert len(listed) == books["cases"]


def test_an_account_of_another_subtree_is_not_found(desk: Desk, position: int) -> None:
    assert desk.get(NORTH, "/v1/ledgers/accounts/city.north/to_screen").status_code == 200
    for path in ("city.south/to_screen", "city.nowhere/to_screen"):
        answer = desk.get(NORTH, f"/v1/ledgers/accounts/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_account_tells_nothing_of_a_case_that_one_no_longer_sees(desk: Desk) -> None:
    case = desk.case(GRID)
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    desk.done(WATER, case, "object", {"reason": "not_competent", "explanation": "Not a pipe of ours."})
    account = "/v1/ledgers/accounts/city.water/to_accept"
    ruled = desk.done(NORTH, case, "rule-objection", {"upheld": True, "explanation": "So it is."})
    seen = {
        reader.id: {row["case"] for row in everything(desk, reader, account, at_least=ruled["position"])}
        for reader in (WATER, CITY)
    }
    assert desk.get(WATER, f"/v1/cases/{case}").status_code == 404
    assert (case in seen[WATER.id], case in seen[CITY.id]) == (False, True)


def test_a_position_that_the_log_has_not_reached_is_refused_at_once(desk: Desk, position: int) -> None:
    answer = desk.get(CITY, "/v1/worklist", at_least=position + 10_000)
    assert (answer.status_code, answer.json()["code"]) == (422, "position_unknown")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/worklist", {"unit": "city\x00"}),
        ("/v1/worklist", {"unit": "city%"}),
        ("/v1/worklist", {"unit": "'; DROP TABLE ledger.worklist"}),
        ("/v1/worklist", {"bucket": "somewhere"}),
        ("/v1/worklist", {"limit": 0}),
        ("/v1/worklist", {"limit": 201}),
        ("/v1/worklist", {"limit": "9" * 5_000}),
        ("/v1/worklist", {"due_before": "yesterday"}),
        ("/v1/worklist", {"due_before": "9999-12-31T23:59:59-12:00"}),
        ("/v1/worklist", {"cursor": "ü"}),
        ("/v1/worklist", {"at_least": -1}),
        ("/v1/worklist", {"at_least": 2**64}),
        ("/v1/accountability-entries", {"status": "forgiven"}),
        ("/v1/policies/demo/0", {}),
        ("/v1/policies/demo/99999999999999", {}),
    ],
)
def test_a_query_that_does_not_fit_is_refused(desk: Desk, path: str, query: dict[str, Any]) -> None:
    answer = desk.get(CITY, path, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert "DROP" not in answer.text


def test_units_and_policies_are_told(desk: Desk) -> None:
    under = desk.get(VISITOR, "/v1/units", under="city.north").json()["items"]
    assert [unit["id"] for unit in under] == ["city.north", "city.north.well", "city.north.well.g1"]
    streets = desk.get(VISITOR, "/v1/units", level="street").json()["items"]
    assert {unit["id"] for unit in streets} == {"city.north", "city.south"}
    listed = desk.get(VISITOR, "/v1/policies").json()["items"]
    assert {"demo", "boston-2015", "hotline-five-working-days"} <= {one["id"] for one in listed}
    assert [one["id"] for one in listed if one["default"]] == ["hotline-five-working-days"]
    full = desk.get(VISITOR, "/v1/policies/hotline-five-working-days/1").json()
    assert full["policy"]["obligations"]["resolve"]["limit"] == {"amount": 5, "unit": "working_day"}
    assert desk.get(VISITOR, "/v1/policies/nowhere/1").status_code == 404


def test_two_versions_are_told_apart_and_a_text_is_told_once_it_is_adopted(desk: Desk) -> None:
    same = desk.get(VISITOR, "/v1/policies/demo/1/differences", other=1).json()
    assert same == {"older": "demo@1", "newer": "demo@1", "differences": []}
    assert desk.get(VISITOR, "/v1/policies/demo/1/differences", other=7).status_code == 404
    assert desk.get(VISITOR, "/v1/policies/demo/1/text").status_code == 404


@pytest.mark.parametrize(
    ("actor", "status"), [(CITY, 200), (ADMIN, 200), (VISITOR, 403)], ids=["supervisor", "admin", "visitor"]
)
def test_a_policy_is_tried_by_those_who_may_weigh_it(desk: Desk, actor: Actor, status: int) -> None:
    answer = desk.client.post(
        "/v1/whatif", headers=desk.headers(actor), json={"policy_id": "digital-city-hours", "most": 3}
    )
    assert answer.status_code == status, answer.text
    if status == 200:
        body = answer.json()
        assert body["cases"] > 0
        assert body["all"]["clocks"] > 0
        assert len(body["differing"]) <= 3
