"""The published description holds: schemathesis asks of every operation what it promises and refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from domain.actor import Actor, Role
from domain.case.commands import CASE_COMMANDS
from engine import clock
from engine.settings import Settings
from interfaces import compose
from interfaces.http.server import Server, listen
from interfaces.tokens import issue
from tests.interfaces.http.city import BY_ROLE, CITY, GRID, NORTH
from tests.interfaces.http.desk import Desk

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "100"))
"""Examples an operation."""
PHASES = os.environ.get("CONTRACT_PHASES", "examples,coverage,fuzzing,stateful")
WELL = Actor(id="well-1", role=Role.CASE_WORKER, unit="city.north.well")
SPEAKS_FROM = {Role.CASE_WORKER: "city.north.well", Role.UNIT_HEAD: "city.north.well"}
HOOKS = "tests.interfaces.http.contract_hooks"
# Not positive_data_acceptance: a fit body may still be refused for what it asks (a unit that doesn't exist).
LEFT_OUT = "positive_data_acceptance"
# A missing If-Match answers 428 (RFC 6585), which the program doesn't expect by itself.
CONFIG = """
[checks]
missing_required_header.expected-statuses = [400, 401, 403, 428]
"""


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    listener = listen("127.0.0.1", 0)
    started = threading.Event()
    server = Server(uvicorn.Config(app, lifespan="on", log_config=None), started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert started.wait(30)
        host, port = listener.getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


@pytest.mark.slow
@pytest.mark.timeout(1_500)
def test_the_api_keeps_what_it_publishes(
    address: str, desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    key = compose.token_key(settings)
    tokens = {
        role.value: issue(key, everywhere(role), now=clock.now(), life=timedelta(hours=6)) for role in BY_ROLE
    }
    told = tmp_path / "tokens.json"
    told.write_text(json.dumps({"address": address, "tokens": tokens, "cases": live_cases(desk)}))
    told.chmod(0o600)
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    ran = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={config}",
            "run",
            f"{address}/openapi.json",
            f"--max-examples={EXAMPLES}",
            f"--phases={PHASES}",
            "--checks=all",
            f"--exclude-checks={LEFT_OUT}",
            "--workers=1",
            "--continue-on-failure",
            "--suppress-health-check=all",
            "--no-shrink",
            "--seed=1",
            "--warnings=off",
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": HOOKS,
            "ECHOWALL_CONTRACT": str(told),
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "NO_COLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    print(ran.stdout[-30_000:], ran.stderr[-5_000:])
    assert ran.returncode == 0
    assert "stateful" not in PHASES or min(stateful(ran.stdout)) > 0, "no scenario followed a link"
    answers = heard(desk)
    assert answers["/v1/cases", 201] > 10
    # Commands met cases that exist; nearly all were refused for how the case stands, and many carried out.
    assert sum(answers[f"/v1/cases/{{case_id}}/{command.VERB}", 409] > 0 for command in CASE_COMMANDS) > 20
    assert sum(answers[f"/v1/cases/{{case_id}}/{command.VERB}", 200] > 0 for command in CASE_COMMANDS) > 10
    assert all(status < 500 for _, status in answers)


def stateful(printed: str) -> tuple[int, int]:
    """How many scenarios the stateful phase ran, and how many links it followed; 0 when it did not run."""
    scenarios = re.search(r"^ *Scenarios: +(\d+)$", printed, re.M)
    links = re.search(r"^ *API Links: +(\d+) covered ", printed, re.M)
    return (int(scenarios[1]) if scenarios else 0), (int(links[1]) if links else 0)


def test_a_run_without_its_stateful_phase_is_told() -> None:
    shown = " ✅  Stateful (in 31.30s)\n\n     Scenarios:    2\n     API Links:    3 covered / 145 total\n"
    assert stateful(shown) == (2, 3)
    assert stateful(" ⏭  Stateful (skipped)\n") == (0, 0)


def live_cases(desk: Desk) -> list[str]:
    """Cases that go several ways, some in every stage from collection to strike-off."""
    answers = [{"claim": 1, "outcome": "solved", "measure": "New valve."}]
    steps: list[tuple[Actor, str, dict[str, object]]] = [
        (NORTH, "screen", {"kind": "issue"}),
        (NORTH, "assign", {"unit": "city.north.well"}),
        (WELL, "accept", {}),
        (WELL, "resolve", {"answers": answers}),
        (CITY, "visit", {"reached": True, "judgements": [{"claim": 1, "solved": True, "satisfaction": 5}]}),
        (CITY, "strike-off", {}),
    ]
    cases = []
    for length in (0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6):
        case = desk.case(GRID)
        for actor, verb, body in steps[:length]:
            desk.done(actor, case, verb, body)
        cases.append(case)
    return cases


def everywhere(role: Role) -> Actor:
    """An actor of a role who sees every case that was collected for a resident of the city."""
    return Actor(
        id=f"contract-{role.value}",
        role=role,
        unit=SPEAKS_FROM.get(role, "city") if BY_ROLE[role].unit else None,
    )


def heard(desk: Desk) -> Counter[tuple[str, int]]:
    """How often each route answered with each status."""
    page = desk.client.get("/metrics").text
    found = re.findall(
        r'^echowall_http_requests_total\{method="\w+",route="(.+)",status="(\d+)"\} (\S+)$', page, re.M
    )
    answers: Counter[tuple[str, int]] = Counter()
    for route, status, count in found:
        answers[route, int(status)] += int(float(count))
    return answers


def test_a_new_case_is_linked_to_everything_that_may_be_done_with_it(desk: Desk) -> None:
    published = desk.client.get("/openapi.json").json()
    links = published["paths"]["/v1/cases"]["post"]["responses"]["201"]["links"]
    wanted = {command.VERB.replace("-", "_") for command in CASE_COMMANDS} - {"collect"}
    assert set(links) == wanted | {"case", "history", "replay", "actions", "clocks"}


def test_every_operation_declares_its_problems_and_its_security(desk: Desk) -> None:
    published = desk.client.get("/openapi.json").json()
    for path, item in published["paths"].items():
        for operation in item.values():
            assert operation["summary"], path
            if not path.startswith("/v1"):
                continue
            assert operation["security"] == [{"bearer": []}]
            assert {"401", "403", "503"} <= set(operation["responses"])
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (path, status)
