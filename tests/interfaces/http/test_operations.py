from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from domain.actor import Actor, Role
from engine.store.horizon import Figures
from interfaces import compose
from interfaces.cli import doctor
from interfaces.http import operations
from tests.interfaces.http.city import CITY, GRID, NORTH, RESIDENT
from tests.interfaces.http.desk import WORDS, Desk

STATIC = Path(operations.__file__).parent / "static"


def test_the_process_says_that_it_lives_is_ready_and_what_it_is(desk: Desk) -> None:
    assert desk.client.get("/livez").json() == {"status": "ok"}
    ready = desk.client.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (200, "ok")
    assert ready.json()["temporal"] == "not configured"
    assert desk.client.get("/version").json()["name"] == "echowall"


def test_a_temporal_that_is_away_is_told_and_fails_nothing(program: compose.Program, desk: Desk) -> None:
    settings = program.settings.model_copy(update={"temporal_address": "127.0.0.1:1"})
    with TestClient(compose.app(replace(program, settings=settings))) as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["temporal"]) == (200, "unreachable")


def test_the_measures_tell_the_lag_and_no_personal_data(desk: Desk) -> None:
    case = desk.case(RESIDENT)
    position = desk.done(NORTH, case, "screen", {"kind": "issue"})["position"]
    assert desk.get(CITY, "/v1/worklist", at_least=position).status_code == 200
    page = desk.client.get("/metrics").text
    assert 'echowall_http_requests_total{method="POST",route="/v1/cases",status="201"}' in page
    assert 'route="/v1/cases/{case_id}/screen"' in page
    assert "echowall_database_up 1.0" in page
    for name in ("log_head_position", "ledgers_position"):
        found = re.search(rf"^echowall_{name} (\S+)$", page, re.M)
        assert found is not None
        assert float(found[1]) >= position
    assert 'echowall_ledger_applied_events{ledger="worklist"}' in page
    assert "echowall_parked_cases 0.0" in page
    assert "echowall_steps_swept 0.0" in page
    assert "echowall_steps_overdue 0.0" in page
    assert "echowall_relay_parked_cases 0.0" in page
    assert "echowall_relay_position 0.0" in page, "no relay runs beside these tests"
    for secret in (case, WORDS, RESIDENT.id, "555 0100"):
        assert secret not in page


def test_a_long_transaction_that_holds_readers_back_is_shown(
    program: compose.Program, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the measures and by the doctor, with who it is."""
    monkeypatch.setattr(doctor, "TRANSACTION_ALLOWED", 0.0)
    with psycopg.connect(program.settings.database_url or "", application_name="dawdler") as other:
        other.execute("SELECT pg_current_xact_id()")
        desk.case(RESIDENT)
        page = desk.client.get("/metrics").text
        found = doctor.readers_check(program.engine.store.figures())
    for name in ("readers_behind_positions", "oldest_transaction_seconds"):
        shown = re.search(rf"^echowall_{name} (\S+)$", page, re.M)
        assert shown is not None
        assert float(shown[1]) > 0, name
    assert not found.ok
    assert "dawdler" in found.found


def test_an_age_that_may_not_be_seen_is_a_warning() -> None:
    unseen = doctor.readers_check(Figures(7, 5, 4711, "echowall", "psql", None))
    assert (unseen.ok, unseen.warning) == (True, True)
    assert "pg_read_all_stats" in unseen.advice
    behind = doctor.readers_check(Figures(doctor.LAG_ALLOWED + 8, 7, None, None, None, 0.0))
    assert (behind.ok, behind.warning) == (True, True)
    still = doctor.readers_check(Figures(7, 7, None, None, None, 0.0))
    assert (still.ok, still.warning) == (True, False)


def test_the_api_page_loads_nothing_from_elsewhere_and_runs_no_inline_script(desk: Desk) -> None:
    page = desk.client.get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert sources
    for source in sources:
        assert source.startswith("/docs/")
        assert desk.client.get(source).status_code == 200
    assert not re.search(r"<script>|<script [^>]*>[^<]| on[a-z]+=|style=", page.text)
    policy = page.headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split(";") if "script-src" in part)
    assert scripts.split() == ["script-src", "'self'"]
    assert desk.client.get("/docs/vendored.lock.json").status_code == 404
    assert desk.client.get("/docs/..%2fapp.py").status_code == 404


def test_what_is_vendored_is_what_the_lock_says() -> None:
    locked = json.loads((STATIC / "vendored.lock.json").read_text())
    files = {
        name: file["sha256"] for package in locked["packages"] for name, file in package["files"].items()
    }
    here = {path.name: path for path in STATIC.iterdir()} | {}
    assert set(files) == set(here) - {"vendored.lock.json", "docs.js"}
    for name, digest in files.items():
        assert hashlib.sha256(here[name].read_bytes()).hexdigest() == digest, name
    assert [(one["name"], one["version"]) for one in locked["packages"]] == [("swagger-ui-dist", "5.35.0")]


def test_every_answer_has_its_id_and_safe_headers(desk: Desk) -> None:
    for path in ("/livez", "/nowhere", "/v1/worklist", "/openapi.json"):
        answer = desk.client.get(path, headers={"X-Request-ID": "trace-7"})
        assert answer.headers["X-Request-ID"] == "trace-7"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for given in ("a b", "x" * 65, "<script>"):
        made = desk.client.get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{32}", made)


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured  # type: ignore[misc]


def test_the_log_has_a_line_for_each_request_and_no_personal_data(
    desk: Desk, lines: list[dict[str, object]]
) -> None:
    case = desk.case(RESIDENT)
    desk.get(NORTH, f"/v1/cases/{case}")
    desk.collect(NORTH, telephone=["13800001234"])
    told = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in told] == [
        ("POST", "/v1/cases", 201),
        ("GET", "/v1/cases/{case_id}", 200),
        ("POST", "/v1/cases", 422),
    ]
    assert all(line["request_id"] for line in told)
    text = repr(lines)
    for secret in (case, WORDS, RESIDENT.id, "13800001234", "555 0100"):
        assert secret not in text


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/worklist", "/v1", "/v1/nowhere", "/v1/units"])
@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token_missing"),
        ("", "token_refused"),
        ("Bearer", "token_refused"),
        ("Bearer ", "token_refused"),
        ("Bearer x.y.z", "token_refused"),
        ("Basic bGk6bGk=", "token_refused"),
    ],
)
def test_nothing_under_v1_is_told_without_a_token(
    desk: Desk, path: str, header: str | None, code: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    for method in ("GET", "POST", "PUT", "OPTIONS"):
        answer = desk.client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_two_tokens_at_once_are_refused(desk: Desk) -> None:
    both = [(b"authorization", f"Bearer {desk.token(actor)}".encode()) for actor in (NORTH, CITY)]
    assert desk.client.get("/v1/units", headers=both).status_code == 401


def test_a_role_that_speaks_for_a_unit_needs_one_that_exists(desk: Desk) -> None:
    for actor, code in [
        (Actor(id="li", role=Role.CASE_WORKER), "unit_required"),
        (Actor(id="li", role=Role.SUPERVISOR), "unit_required"),
        (Actor(id="li", role=Role.CASE_WORKER, unit="city.moon"), "unit_unknown"),
        (Actor(id="li", role=Role.AUDITOR, unit="moon"), "unit_unknown"),
    ]:
        for path in ("/v1/worklist", "/v1/units"):
            answer = desk.get(actor, path)
            assert (answer.status_code, answer.json()["code"]) == (403, code)


def test_an_address_or_method_that_is_not_served_is_a_problem(desk: Desk) -> None:
    nowhere = desk.get(NORTH, "/v1/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    wrong = desk.client.delete("/v1/cases", headers=desk.headers(NORTH))
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["Allow"]) == (
        405,
        "method_not_allowed",
        "POST",
    )
    assert desk.post(GRID, "/v1/cases/x/fly", {}).status_code == 404


def test_while_the_database_is_away_the_api_says_so_and_nothing_else(desk: Desk, app: FastAPI) -> None:
    program: compose.Program = app.state.program
    away = program.settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    ledgers = compose.open_ledgers(away)
    try:
        with TestClient(compose.app(replace(program, settings=away, ledgers=ledgers))) as client:
            headers = desk.headers(CITY)
            answer = client.get("/v1/worklist", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            assert "127.0.0.1" not in answer.text
            assert client.get("/livez").status_code == 200
            assert "echowall_database_up 0.0" in client.get("/metrics").text
            ready = client.get("/readyz").json()
            assert (ready["ready"], ready["ledgers"]) == (True, None)
    finally:
        ledgers.close()


def test_a_fault_of_ours_is_told_without_its_inside(program: compose.Program, desk: Desk) -> None:
    app = compose.app(program)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("select secret from vault")

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert "secret" not in answer.text
