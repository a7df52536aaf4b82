"""Nothing unknown is passed over, and each refusal names its place and its reason."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from engine.whatif import Outcome
from interfaces.http import whatif
from tests.interfaces.http.city import ADMIN, AUDITOR, CITY, GRID, NORTH, RESIDENT, WATER, WATER_HEAD
from tests.interfaces.http.desk import COLLECT, Desk


def places(answer: Any) -> dict[str, tuple[str, str]]:
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid"), answer.text
    return {one["location"]: (one["code"], one["message"]) for one in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"place": {"unit": "city.north", "latitude": 1.5}}, "place", "half_a_point"),
        ({"claims": ["   "]}, "claims.0", "blank"),
        ({"claims": [""]}, "claims.0", "blank"),
        ({"claims": [7]}, "claims.0", "plain_text"),
        ({"claims": [{"text": "a"}]}, "claims.0", "plain_text"),
        ({"name": {"text": "a", "commitment": "0" * 64}}, "name", "plain_text"),
        ({"category": "\u3000"}, "category", "string_pattern_mismatch"),
    ],
)
def test_a_value_that_cannot_serve_is_named_with_its_reason(
    desk: Desk, change: dict[str, Any], place: str, code: str
) -> None:
    found = places(desk.collect(NORTH, **change))
    assert found[place][0] == code
    assert found[place][1] != "Can't serve"


def test_the_body_as_a_whole_has_a_name(desk: Desk) -> None:
    assert set(places(desk.post(NORTH, "/v1/cases", []))) == {"body"}


def test_commands_name_the_place_of_what_only_the_whole_shows(desk: Desk) -> None:
    case = desk.case(GRID)
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    ruled = places(desk.give(NORTH, case, "assign", {"unit": "city.water", "why": "rule"}))
    assert ruled == {"rule": ("rule_missing", "a rule that chose is named; give rule")}
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    desk.done(WATER, case, "accept")
    body = {"reason": "awaits_resident", "until": "2151-01-01T00:00:00Z"}
    late = places(desk.give(WATER_HEAD, case, "suspend", body, reader=CITY))
    assert late["until"] == ("moment_out_of_reach", "a moment lies between the years 1990 and 2150")
    more = places(desk.give(WATER, case, "ask-extension", {"by": "five days", "reason": "Rain"}))
    assert more["by"][0] == "duration_format"
    merged = places(desk.give(NORTH, case, "merge", {"into": "zzz"}))
    assert merged["into"] == ("uuid_parsing", "Write a UUID")


def test_a_replay_needs_one_point_that_the_case_has_come_to(desk: Desk) -> None:
    path = f"/v1/cases/{desk.case(GRID)}/replay"
    assert places(desk.get(NORTH, path))["query"][0] == "one_point"
    assert places(desk.get(NORTH, path, version=2))["query.version"][0] == "version_unknown"
    assert desk.get(NORTH, path, version=1).status_code == 200


def test_a_parameter_that_an_address_does_not_have_is_refused(desk: Desk) -> None:
    case = desk.case(GRID)
    for path in ("/v1/worklist", f"/v1/cases/{case}", "/v1/units", "/v1/escalations"):
        assert places(desk.get(NORTH, path, nope=1)) == {"query.?": ("extra_forbidden", "Unknown parameter")}
    assert places(desk.post(NORTH, "/v1/cases?channel=web", COLLECT))
    assert places(desk.post(NORTH, f"/v1/cases/{case}/screen?kind=issue", {"kind": "issue"}, version=1))
    assert desk.get(NORTH, "/v1/worklist", unit="city.north", limit=5, at_least=0).status_code == 200
    assert desk.client.get("/livez?from=balancer").status_code == 200


def test_what_is_read_of_cases_is_not_kept_by_caches(desk: Desk) -> None:
    case = desk.case(GRID)
    for path in ("/v1/worklist", f"/v1/cases/{case}", f"/v1/cases/{case}/history", "/v1/cases/none"):
        assert desk.get(NORTH, path).headers["Cache-Control"] == "no-store", path
    assert desk.collect(NORTH).headers["Cache-Control"] == "no-store"
    assert "max-age" in desk.client.get("/docs/docs.js").headers["Cache-Control"]


def test_the_head_of_an_answer_is_that_of_the_whole(desk: Desk) -> None:
    case = desk.case(GRID)
    for path in ("/livez", "/readyz", "/openapi.json", f"/v1/cases/{case}", "/v1/cases/none", "/nowhere"):
        whole = desk.client.get(path, headers=desk.headers(NORTH))
        head = desk.client.head(path, headers=desk.headers(NORTH))
        assert (head.status_code, head.content) == (whole.status_code, b""), path
        assert head.headers.get("ETag") == whole.headers.get("ETag")
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    refused = desk.client.head(f"/v1/cases/{case}/screen", headers=desk.headers(NORTH))
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
    assert 'method="HEAD",route="/livez",status="200"' in desk.client.get("/metrics").text


def test_a_resident_dates_no_report_back(desk: Desk) -> None:
    back = desk.collect(RESIDENT, channel="web", happened_at="1990-01-02T00:00:00Z")
    assert (back.status_code, back.json()["code"]) == (422, "dated_back")
    assert desk.collect(NORTH, happened_at="2026-01-05T09:00:00+08:00").status_code == 201


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "body"),
        ({"most": 3}, "body"),
        ({"policy_id": "digital-city-hours", "unit": "city.moon"}, "unit"),
        ({"policy_id": "digital-city-hours", "instead_of": "typo"}, "instead_of"),
        ({"policy_id": "typo"}, "policy_id"),
        ({"policy_id": "digital-city-hours", "policy_version": 77}, "policy_id"),
        ({"policy_id": "digital-city-hours", "policy": "x = 1"}, "policy_id"),
        ({"policy_version": 1}, "body"),
        ({"calendar": "x = 1", "policy_version": 1}, "policy_version"),
        ({"policy": "a=" + "[" * 20_000}, "policy"),
        ({"policy": "version=" + "9" * 5_000}, "policy"),
        ({"policy": "x ="}, "policy"),
        ({"calendar": "a=" + "[" * 20_000}, "calendar"),
        ({"calendar": "version=" + "9" * 5_000}, "calendar"),
    ],
    ids=range(14),
)
def test_a_question_that_asks_nothing_or_names_nothing_known_is_refused(
    desk: Desk, body: dict[str, Any], place: str
) -> None:
    answer = desk.client.post("/v1/whatif", headers=desk.headers(CITY), json=body)
    assert place in places(answer)


def test_a_policy_by_a_calendar_that_does_not_exist_is_refused(desk: Desk) -> None:
    desk.case(GRID)
    text = whatif_policy().replace('calendar = "china"', 'calendar = "nope"')
    answer = desk.client.post("/v1/whatif", headers=desk.headers(AUDITOR), json={"policy": text})
    code, message = places(answer)["policy"]
    assert code == "policy_invalid"
    assert message.startswith("There is no calendar nope")


def whatif_policy() -> str:
    from tests.support.town import DATA

    return (DATA / "policies" / "hotline-five-working-days.toml").read_text("utf-8")


def test_a_body_that_is_no_text_is_malformed(desk: Desk) -> None:
    headers = desk.headers(ADMIN, **{"Content-Type": "application/json"})
    answer = desk.client.post("/v1/whatif", headers=headers, content=b'{"policy": "\xff"}')
    assert (answer.status_code, answer.json()["code"]) == (400, "body_malformed")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A question that lasts until it may go on."""
    begun, go_on = threading.Event(), threading.Event()

    def ask(*_: object) -> Outcome:
        begun.set()
        assert go_on.wait(30)
        return Outcome()

    monkeypatch.setattr(whatif, "ask", ask)
    yield begun, go_on
    go_on.set()


def test_one_question_is_worked_on_at_a_time(
    desk: Desk, slow: tuple[threading.Event, threading.Event]
) -> None:
    begun, go_on = slow
    answers: list[int] = []

    def question() -> Any:
        body = {"policy_id": "digital-city-hours"}
        return desk.client.post("/v1/whatif", headers=desk.headers(CITY), json=body)

    first = threading.Thread(target=lambda: answers.append(question().status_code))
    first.start()
    assert begun.wait(30)
    other = question()
    assert (other.status_code, other.json()["code"]) == (503, "whatif_busy")
    assert int(other.headers["Retry-After"]) > 0
    go_on.set()
    first.join(30)
    assert answers == [200]
    assert question().status_code == 200
