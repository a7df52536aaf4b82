"""The API as a process of its own: its database goes away and comes back, and it ends in order."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from engine import clock
from engine.settings import Settings
from interfaces import compose
from interfaces.local.postgres import LocalPostgres
from interfaces.tokens import issue
from tests.interfaces.http.city import NORTH, establish
from tests.interfaces.http.desk import COLLECT

PROGRAM = """
import sys
from pathlib import Path
from engine.settings import Settings
from interfaces.http.server import run
settings = Settings(data_dir=Path(sys.argv[2])).model_copy(update={"database_url": sys.argv[1], "port": 0})
run(settings, ready=lambda address: print(address, flush=True))
"""


def until_served(client: httpx2.Client) -> httpx2.Response:
    """Repeat a command as a client would: each 503 says that asking again may help."""
    end = time.monotonic() + 60
    while True:
        answer = client.post("/v1/cases", json=COLLECT)
        if answer.status_code != 503 or time.monotonic() > end:
            return answer


@pytest.fixture
def postgres() -> Iterator[LocalPostgres]:
    # Not below pytest's own folder, which the server's user may not enter.
    with tempfile.TemporaryDirectory(prefix="echowall-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        server = LocalPostgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def test_commands_wait_out_a_database_that_goes_away_and_the_process_ends_in_order(
    postgres: LocalPostgres, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path).model_copy(update={"database_url": postgres.url()})
    compose.migrate(settings)
    with compose.open_program(settings) as program:
        establish(program.engine)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, postgres.url(), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        token = issue(compose.token_key(settings), NORTH, now=clock.now())
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
        with httpx2.Client(base_url=address, headers=headers, timeout=60) as client:
            first = client.post("/v1/cases", json=COLLECT)
            assert first.status_code == 201, first.text
            postgres.stop()
            answer = client.post("/v1/cases", json=COLLECT)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            assert "Traceback" not in answer.text
            assert client.get("/readyz").status_code == 503
            assert client.get("/livez").status_code == 200
            postgres.start()
            again = until_served(client)
            assert (again.status_code, again.json()) == (201, first.json())
            assert "Server" not in again.headers
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode in {0, -signal.SIGTERM}, errors
    assert "Traceback" not in errors
    assert "Traceback" not in output
