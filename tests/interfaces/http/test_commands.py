from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from domain.actor import Role
from domain.case.commands import CASE_COMMANDS, AnyCaseCommand, Collect
from interfaces.http.bodies import body_model
from tests.interfaces.http.city import AUDITOR, BY_ROLE, CITY, GRID, NORTH, RESIDENT, SOUTH, WATER
from tests.interfaces.http.desk import COLLECT, Desk
from tests.support.who import roles

CELLS = list(product(BY_ROLE, CASE_COMMANDS))
NOWHERE = "7b0c2c8e-43a5-4a8c-9f6d-0a4a3b9c1d2e"


@pytest.mark.parametrize(
    ("role", "command"), CELLS, ids=[f"{role.value}-{command.VERB}" for role, command in CELLS]
)
def test_a_role_outside_of_the_table_is_refused_and_one_inside_is_heard(
    desk: Desk, role: Role, command: type[AnyCaseCommand]
) -> None:
    path = "/v1/cases" if command is Collect else f"/v1/cases/{NOWHERE}/{command.VERB}"
    answer = desk.post(BY_ROLE[role], path, {"unheard_of": 1}, version=None if command is Collect else 1)
    if role in roles(command.VERB):
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")


def test_every_command_of_the_domain_has_a_route_with_its_own_fields(desk: Desk) -> None:
    published = desk.client.get("/openapi.json").json()
    posts = {path for path, item in published["paths"].items() if "post" in item}
    wanted = {"/v1/cases/{case_id}/" + command.VERB for command in CASE_COMMANDS if command is not Collect}
    assert posts == wanted | {"/v1/cases", "/v1/whatif"}
    for command in CASE_COMMANDS:
        assert set(body_model(command).model_fields) == {*command.model_fields, "happened_at"}
        assert "happened_at" not in command.model_fields


def test_a_command_asked_twice_is_done_once_and_gets_the_first_answer(desk: Desk) -> None:
    key = str(uuid4())
    first = desk.post(RESIDENT, "/v1/cases", COLLECT, key=key)
    second = desk.post(RESIDENT, "/v1/cases", COLLECT, key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"] == f"/v1/cases/{first.json()['case']}"
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(desk.get(RESIDENT, first.headers["Location"] + "/history").json()["events"]) == 1


def test_a_repeat_is_answered_though_the_case_has_moved_on(desk: Desk) -> None:
    case, key = desk.case(GRID), "screen-once"
    path = f"/v1/cases/{case}/screen"
    first = desk.post(NORTH, path, {"kind": "issue"}, key=key, version=1)
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    again = desk.post(NORTH, path, {"kind": "issue"}, key=key, version=1)
    assert (again.status_code, again.json(), again.headers["ETag"]) == (200, first.json(), '"2"')
    other = desk.post(NORTH, path, {"kind": "need"}, key=key, version=1)
    assert (other.status_code, other.json()["code"]) == (422, "command_id_reused")


def test_a_key_counts_for_its_actor_and_its_address_only(desk: Desk) -> None:
    key = "monday"
    mine, theirs = (desk.post(actor, "/v1/cases", COLLECT, key=key).json()["case"] for actor in (GRID, NORTH))
    assert mine != theirs
    answers = [
        desk.post(NORTH, f"/v1/cases/{case}/screen", {"kind": "issue"}, key=key, version=1)
        for case in (mine, theirs)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("key", [None, "", " ", "with space", "ü", "x" * 101, "tab\there"])
def test_a_command_without_a_fit_key_is_refused(desk: Desk, key: str | None) -> None:
    headers = desk.headers(RESIDENT)
    if key is not None:
        headers["Idempotency-Key"] = key
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = desk.client.post("/v1/cases", headers=raw, json=COLLECT)
    assert answer.status_code == 400
    assert answer.json()["code"] in {"idempotency_key_missing", "idempotency_key_malformed"}


def test_a_command_on_a_case_names_the_version_that_was_seen(desk: Desk) -> None:
    case = desk.case(GRID)
    path = f"/v1/cases/{case}/screen"
    without = desk.post(NORTH, path, {"kind": "issue"})
    assert (without.status_code, without.json()["code"]) == (428, "version_required")
    for tag in ('W/"1"', "1", '"1", "2"', "*", '"01"', '"-1"', '"1', '""', '"x"', '"9999999999999999999999"'):
        garbage = desk.post(NORTH, path, {"kind": "issue"}, version=tag)
        assert (garbage.status_code, garbage.json()["code"]) == (400, "version_malformed"), tag
    assert desk.post(NORTH, path, {"kind": "issue"}, version=1).headers["ETag"] == '"2"'
    stale = desk.post(NORTH, path, {"kind": "need"}, version=1)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")


def test_of_many_at_once_one_wins_and_the_others_are_told(desk: Desk) -> None:
    case = desk.case(GRID)
    kinds = ["issue", "need"] * 6

    def screen(kind: str) -> int:
        return desk.post(NORTH, f"/v1/cases/{case}/screen", {"kind": kind}, version=1).status_code

    with ThreadPoolExecutor(len(kinds)) as pool:
        answers = list(pool.map(screen, kinds))
    assert answers.count(200) == 1
    assert set(answers) <= {200, 409, 412}
    assert desk.get(NORTH, f"/v1/cases/{case}").headers["ETag"] == '"2"'


def test_the_same_command_sent_many_times_at_once_is_done_once(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.post(GRID, "/v1/cases", COLLECT, key="all-at-once"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    path = answers[0].headers["Location"]
    assert len(desk.get(GRID, f"{path}/history").json()["events"]) == 1


def test_refusals_tell_whether_the_request_or_the_case_stands_in_the_way(desk: Desk) -> None:
    case = desk.case(GRID)
    early = desk.give(CITY, case, "assign", {"unit": "city.water"})
    assert (early.status_code, early.json()["code"]) == (409, "wrong_stage")
    desk.done(NORTH, case, "screen", {"kind": "issue"})
    wrong = desk.give(NORTH, case, "assign", {"unit": "city.moon"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_unit")
    desk.done(NORTH, case, "assign", {"unit": "city.water"})
    foreign = desk.give(NORTH, case, "accept")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_your_unit")
    desk.done(WATER, case, "resolve", {"answers": [{"claim": 1, "outcome": "solved", "measure": "Done."}]})
    own = desk.give(BY_ROLE[Role.UNIT_HEAD], case, "visit", {"reached": False})
    assert (own.status_code, own.json()["code"]) == (403, "own_visit")
    future = desk.give(NORTH, case, "visit", {"reached": False, "happened_at": "2190-01-01T00:00:00Z"})
    assert (future.status_code, future.json()["code"]) == (422, "happened_in_future")


def test_an_id_that_is_none_answers_like_a_case_that_does_not_exist(desk: Desk) -> None:
    for text in (
        "x",
        "1",
        "%00",
        "%ff",
        "00000000",
        NOWHERE.replace("-", ""),
        "{" + NOWHERE + "}",
        "..%2f",
        "\u200b",
    ):
        read = desk.get(NORTH, f"/v1/cases/{text}")
        given = desk.post(NORTH, f"/v1/cases/{text}/screen", {"kind": "issue"}, version=1)
        assert read.status_code == given.status_code == 404, text
        assert read.json()["code"] in {"unknown_case", "not_found"}


HOSTILE: list[bytes] = [
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b"\x00", b"[" * 100_000, b'{"a":' * 50_000, b"{}{}",
    b'{"claims": NaN}', b'{"claims": 1e999}', b"9" * 10_000, b'{"channel": "\\ud800"}', b'{"\\ud800": 1}',
    b'{"claims": ["\\udfff"]}', b'{"claims": "' + b"x" * 900_000 + b'"}', b'{"place": {"unit": "a\\u0000"}}',
    b'{"__proto__": {}}',
    b'{"claims": [{"text": "a", "commitment": "b"}]}',
    b'{"happened_at": "0001-01-01T00:00:00Z"}',
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_refused_without_being_repeated(desk: Desk, body: bytes) -> None:
    headers = desk.headers(RESIDENT, **{"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"})
    answer = desk.client.post("/v1/cases", headers=headers, content=body)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.content) < 5_000


@pytest.mark.parametrize(
    "change",
    [
        {"place": {"unit": "city.north", "latitude": "31"}},
        {"claims": [{"text": "x", "commitment": "0" * 64}]},
        {"claims": [7]},
        {"urgency": "whenever"},
        {"happened_at": "2026-01-05T09:00:00"},
        {"happened_at": "1767603600"},
        {"happened_at": 1767603600},
        {"happened_at": "9999-12-31T23:59:59-12:00"},
        {"status": "closed"},
        {"stage": "closed"},
        {"reporter": "somebody"},
        {"category": "line\nbreak"},
    ],
)
def test_a_field_that_does_not_fit_is_named_and_its_value_is_not(desk: Desk, change: dict[str, Any]) -> None:
    answer = desk.collect(NORTH, **change)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    for value in change.values():
        assert json.dumps(value) not in answer.text


def test_a_personal_value_never_comes_back_in_a_refusal(desk: Desk) -> None:
    secret = "13800001234"
    answer = desk.collect(NORTH, telephone={"number": secret}, name=[secret], channel=secret)
    assert answer.status_code == 422
    assert secret not in answer.text


def test_nul_and_emoji_and_long_text_are_kept_as_told(desk: Desk) -> None:
    words = "水管\u0000坏了 \U0001f6b0 " + "长" * 4_900
    case = desk.case(NORTH, claims=[words])
    assert desk.get(NORTH, f"/v1/cases/{case}").json()["claims"][0]["words"]["text"] == words
    long = desk.collect(NORTH, claims=["长" * 5_001])
    assert (long.status_code, long.json()["code"]) == (422, "text_too_long")


@pytest.mark.timeout(60)
def test_the_longest_case_that_fits_is_taken(desk: Desk) -> None:
    claims = ["长" * 5_000] * 50
    case = desk.case(NORTH, claims=claims)
    seen = desk.get(NORTH, f"/v1/cases/{case}").json()["claims"]
    assert [claim["words"]["text"] for claim in seen] == claims


def test_a_body_that_is_too_large_or_of_another_type_is_refused(desk: Desk) -> None:
    headers = desk.headers(RESIDENT, **{"Idempotency-Key": str(uuid4())})
    large = desk.client.post(
        "/v1/cases", headers={**headers, "Content-Type": "application/json"}, content=b" " * 1_000_001
    )
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    streamed = desk.client.post(
        "/v1/cases",
        headers={**headers, "Content-Type": "application/json"},
        content=(b" " * 600_000 for _ in "12"),
    )
    assert (streamed.status_code, streamed.json()["code"]) == (413, "body_too_large")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""):
        wrong = desk.client.post("/v1/cases", headers={**headers, "Content-Type": kind}, content=b"{}")
        assert (wrong.status_code, wrong.json()["code"]) == (415, "media_type_unsupported"), kind


def test_a_split_gives_the_new_cases_their_own_lives(desk: Desk) -> None:
    case = desk.case(GRID, claims=["No water.", "A dark lane.", "A loud bar."])
    desk.done(NORTH, case, "split", {"parts": [[2], [3]]})
    events = desk.get(NORTH, f"/v1/cases/{case}/history").json()["events"]
    parts = [part["case"] for part in events[-1]["data"]["parts"]]
    for part in parts:
        born = desk.get(NORTH, f"/v1/cases/{part}").json()
        assert (born["links"]["split_from"], len(born["claims"])) == (case, 1)
        assert desk.get(SOUTH, f"/v1/cases/{part}").status_code == 404
    assert len(desk.get(AUDITOR, f"/v1/cases/{case}").json()["claims"]) == 1
