"""Shares one PostgreSQL and one Temporal server between all processes of a test session."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql

from interfaces.local.processes import wait_until

ROOT = Path(__file__).parents[2]
# A first build of the Temporal server takes minutes.
PATIENCE = {"postgres": 150.0, "temporal": 1800.0}


def session_process() -> int:
    """The process that lives as long as the session: xdist's controller, or this one."""
    return os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()


def shared_server(kind: str, folder: Path) -> str:
    """Return the address of this session's server of that kind, started by the first caller."""
    answer = folder / f"{kind}.address"
    with (folder / f"{kind}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            _start_keeper(kind, answer)
    return answer.read_text()


def _start_keeper(kind: str, answer: Path) -> None:
    log = answer.with_suffix(".log")
    command = [sys.executable, "-m", "tests.support.keeper", kind, str(answer), str(session_process())]
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    answer.with_suffix(".pid").write_text(str(keeper.pid))
    wait_until(lambda: answer.exists() or keeper.poll() is not None, PATIENCE[kind])
    keeper.returncode = 0  # it outlives this worker on purpose: no warning about a child still running
    assert answer.exists(), f"the {kind} server did not start:\n{log.read_text()}"


def stop_servers(folder: Path) -> None:
    """End this session's servers and wait for them; they would end by themselves a little later."""
    for file in folder.glob("*.pid"):
        try:
            keeper = psutil.Process(int(file.read_text()))
            keeper.terminate()
            keeper.wait(30)
        except (psutil.NoSuchProcess, psutil.TimeoutExpired):
            pass


def with_database(url: str, database: str) -> str:
    """Return the same server's address with another database."""
    parts = urlsplit(url)
    address = urlunsplit(("postgresql", parts.netloc or "placeholder", f"/{database}", parts.query, ""))
    return address if parts.netloc else address.replace("//placeholder", "//", 1)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """A new empty database on that server, dropped at the end whoever is still connected."""
    name = f"t_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield with_database(server, name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
