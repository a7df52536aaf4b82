"""A whole installation that a test can break: real servers and one process for each part."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil
import psycopg

from domain.actor import LADDER
from engine.errors import Unavailable
from engine.handle import Engine
from engine.settings import Settings
from interfaces import compose
from interfaces.local.postgres import LocalPostgres
from interfaces.local.processes import Child, wait_until
from interfaces.local.temporal import LocalTemporal
from interfaces.tokens import TokenKey
from interfaces.up.children import child, environment
from interfaces.up.ports import free_port
from projections import progress
from tests.support import town
from workers.relay.table import RelayTable
from workers.temporal.timers import Timers

ROOT = Path(__file__).parents[2]
PROCESSES = ("serve", "worker", "relay", "projector")
POSTGRES = "postgres"
RUNGS = ("case.reminded", "case.supervised", "case.raised", "case.held_accountable")
PATIENCE = 60.0


class Site:
    """Servers and processes on one folder.

    Args:
        folder: Empty, and open to the servers' own user.
    """

    def __init__(self, folder: Path) -> None:
        self.postgres = LocalPostgres(folder)
        self.temporal = LocalTemporal(folder)
        found = {
            "database_url": self.postgres.start(),
            "temporal_address": self.temporal.start(),
            "data_dir": folder,
            "port": free_port(0),
        }
        self.settings = Settings().model_copy(update=found)
        compose.migrate(self.settings)
        self.key = TokenKey.load(self.settings.token_key_path, create=True)
        self.engine = Engine.open(self.settings)
        self.engine.rules.establish(town.FOUNDED, LADDER)
        self.children: dict[str, Child] = {name: child(name, self.settings) for name in PROCESSES}
        for process in self.children.values():
            process.start()
        self.until(self.ready, "the API answers")

    @property
    def url(self) -> str:
        assert self.settings.database_url is not None
        return self.settings.database_url

    def close(self) -> None:
        """Stop everything that was started."""
        self.engine.close()
        for process in self.children.values():
            process.ask_to_stop()
        for process in self.children.values():
            process.stop()
        self.temporal.stop()
        self.postgres.stop()

    def kill(self, victim: str) -> None:
        """Kill a process, or every process of PostgreSQL, with SIGKILL."""
        if victim != POSTGRES:
            self.children[victim].kill()
            return
        assert self.postgres.pid is not None
        first = psutil.Process(self.postgres.pid)
        # Sessions are in groups of their own: they would outlive the first process for a while.
        for process in (first, *first.children(recursive=True)):
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                pass
        self.until(lambda: not self.postgres.alive(), "PostgreSQL is gone")

    def start(self, victim: str) -> None:
        """Start again what was killed."""
        if victim == POSTGRES:
            self.postgres.restart()
        else:
            self.children[victim].start()

    def pids(self) -> dict[str, int | None]:
        """Process ids of our own processes; None for one that has ended."""
        return {name: process.pid for name, process in self.children.items()}

    def logs(self) -> str:
        """The last lines of every log, for a failure's report."""
        return "\n".join(f"--- {name}\n{one.log_tail(12)}" for name, one in self.children.items())

    def until(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Wait for a condition; that a server is away meanwhile only means: not yet."""

        def holds() -> bool:
            try:
                return condition()
            except (Unavailable, psycopg.OperationalError):
                return False

        assert wait_until(holds, seconds, every=0.02), f"waited {seconds:.0f} s until {what}\n{self.logs()}"

    def ready(self) -> bool:
        """Whether the API says that it can serve."""
        connection = HTTPConnection("127.0.0.1", self.settings.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def rungs(self) -> int:
        """Rungs in the log, whoever took them."""
        with psycopg.connect(self.url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT count(*) FROM log.events WHERE topic = ANY(%s)", (list(RUNGS),)
            ).fetchone()
            assert row is not None
            return int(row[0])

    def relayed(self) -> int:
        """Position up to which the relay has followed the log."""
        with RelayTable(self.url) as table:
            return table.position()

    def projected(self) -> int:
        """Position up to which the ledgers have followed the log."""
        with psycopg.connect(self.url, connect_timeout=5) as connection:
            return progress.position(connection)

    def timers(self) -> Timers:
        """A client of Temporal."""
        return Timers.connect(self.settings)

    def program(self, *arguments: str) -> dict[str, Any]:
        """Run a command of the program as an operator would; return what it printed with --json."""
        done = subprocess.run(
            [sys.executable, "-m", "interfaces.cli.main", *arguments, "--json"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment(self.settings)},
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def site() -> Iterator[Site]:
    """An installation in a short folder of its own, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="echowall-crash-"))
    folder.chmod(0o711)
    opened: Site | None = None
    try:
        opened = Site(folder)
        yield opened
    finally:
        if opened is not None:
            opened.close()
        shutil.rmtree(folder, ignore_errors=True)
