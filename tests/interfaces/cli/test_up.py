"""`echowall up` from the outside: it starts, mends, stops what is its own, and goes on with its data.

Thirty rows stand for the 5,000 of the sample, whose import has tests of its own.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest

from domain.actor import Role
from engine import clock
from interfaces.local.processes import wait_until
from interfaces.up.ports import free_port
from tests.interfaces.cli.conftest import environment, run_program
from tests.interfaces.tokens.provider import ec, provider

pytestmark = [pytest.mark.postgres, pytest.mark.temporal, pytest.mark.slow, pytest.mark.timeout(1200)]

START_SECONDS = 900.0  # a first build of the Temporal server takes minutes


@dataclass
class Up:
    """An `up` under test, with what it has said so far."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    @property
    def summary(self) -> dict[str, Any]:
        return dict(json.loads(self.out.read_text()))

    def await_summary(self) -> dict[str, Any]:
        wait_until(
            lambda: self.out.read_text().endswith("\n") or self.process.poll() is not None, START_SECONDS
        )
        assert self.process.poll() is None, self.err.read_text()
        return self.summary

    def children(self) -> dict[str, psutil.Process]:
        """Its living children by name: our own by their command, servers by their program."""
        return dict(named(child) for child in psutil.Process(self.process.pid).children() if runs(child))


def runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and bool(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def named(process: psutil.Process) -> tuple[str, psutil.Process]:
    command = process.cmdline()
    ours = "interfaces.cli.main"
    return (command[command.index(ours) + 1] if ours in command else Path(command[0]).name), process


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that no `up` started."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


@contextmanager
def up(folder: Path, rows: Path, *more: str, **variables: str) -> Iterator[Up]:
    out, err = folder / "test.out", folder / "test.err"
    command = [sys.executable, "-m", "interfaces.cli.main", "up", "--json", "--port", "0", "--no-temporal-ui"]
    with out.open("wb") as output, err.open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--sample", str(rows), *more],
            env=environment(folder, **variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield Up(process, out, err)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def get(url: str, token: str | None = None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with urlopen(Request(url, headers=headers), timeout=10) as answer:
        return json.load(answer)


def ready(api: str) -> bool:
    try:
        return bool(get(f"{api}/readyz")["ready"])
    except OSError:
        return False


def events(folder: Path) -> int:
    ended = run_program(("reconcile", "--json"), environment(folder))
    assert ended.code == 0, ended.out + ended.err
    return int(ended.data["events"])


def test_up_starts_mends_stops_its_own_and_goes_on(
    data_folder: Path, few_rows: Path, bystander: subprocess.Popen[bytes]
) -> None:
    with up(data_folder, few_rows) as first:
        summary = first.await_summary()
        api = summary["api"]
        assert f"its API will answer at {api}" in first.err.read_text().splitlines()[0]
        assert "moved" in first.err.read_text()
        assert wait_until(lambda: ready(api), 60)

        tokens = {person["role"]: person for person in summary["tokens"]}
        assert len(tokens) == 10
        worklist = get(f"{api}/v1/worklist", tokens["supervisor"]["token"])
        assert worklist

        # Any command in the same folder finds these servers; a second `up` is refused and harms nothing.
        assert run_program(("doctor", "--json"), environment(data_folder)).code == 0
        second = run_program(("up", "--json"), environment(data_folder))
        assert (second.code, second.refusal["code"]) == (4, "already_running")

        family = first.children()
        assert {"serve", "worker", "relay", "projector", "postgres"} <= family.keys()
        family["serve"].kill()
        family["projector"].kill()
        assert wait_until(lambda: {"serve", "projector"} <= first.children().keys() and ready(api), 60)
        recorded = events(data_folder)

        everybody = psutil.Process(first.process.pid).children(recursive=True)
        os.killpg(first.process.pid, signal.SIGINT)
        assert first.process.wait(60) == 0, first.err.read_text()
        assert not [child for child in everybody if runs(child)]
    assert bystander.poll() is None

    with (
        provider() as issuer,
        up(data_folder, few_rows, "--no-temporal", ECHOWALL_OIDC_ISSUER=issuer.issuer) as again,
    ):
        issuer.publish(ec())
        summary = again.await_summary()
        assert "was loaded before" in again.err.read_text()
        assert f"Tokens come from {issuer.issuer}" in again.err.read_text()
        assert summary["tokens"] == []
        theirs = issuer.token(clock.now(), role="auditor", unit=None)
        assert get(f"{summary['api']}/v1/worklist", theirs)["items"]
        assert not {"worker", "relay"} & again.children().keys()
        assert events(data_folder) == recorded
        again.process.terminate()
        assert again.process.wait(60) == 0
    assert run_program(("doctor",), environment(data_folder)).code == 1


def test_tokens_are_there_even_when_the_sample_can_not_be_loaded(data_folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("this,is,no,file,of,the,city\n")
    with up(data_folder, broken, "--no-temporal") as started:
        summary = started.await_summary()
        assert "boston_header" in started.err.read_text()
        # The units are recorded before the first row is read, so that each role has one.
        assert {role.value for role in Role} - {"system"} <= {person["role"] for person in summary["tokens"]}
        token = next(person["token"] for person in summary["tokens"] if person["role"] == "supervisor")
        assert get(f"{summary['api']}/v1/worklist", token)["items"] == []
        started.process.terminate()
        assert started.process.wait(60) == 0


def test_a_port_that_is_taken_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port
    assert free_port(port) == port
