"""The servers and processes of the demonstration, each of which it can kill and start again by itself."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from interfaces.local.postgres import LocalPostgres
from interfaces.local.processes import Child, Program, wait_until
from interfaces.local.temporal import LocalTemporal

PROCESSES = ("serve", "worker", "relay", "projector")


class Stack:
    """PostgreSQL, Temporal, and one process for each part; a context manager that stops what it started.

    Args:
        data_dir: Where the embedded servers keep their data.
        say: Called with one line for each thing a person should know.
    """

    def __init__(self, data_dir: Path, say: Callable[[str], None]) -> None:
        self.say = say
        self.data_dir = data_dir
        self.postgres = LocalPostgres(data_dir)
        self.temporal = LocalTemporal(data_dir)
        self.children: dict[str, Child] = {}
        self.environment: Mapping[str, str] = {}

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *error: object) -> None:
        for child in self.children.values():
            child.ask_to_stop()
        for child in self.children.values():
            child.stop()
        self.temporal.stop()
        self.postgres.stop()

    def start_servers(self) -> str:
        """Start PostgreSQL and Temporal; return the database's address."""
        url = self.postgres.start()
        self.say("PostgreSQL is up")
        address = self.temporal.start()
        self.say(f"Temporal is up at {address}")
        self.environment = {
            "DATABASE_URL": url,
            "TEMPORAL_ADDRESS": address,
            "ECHOWALL_DATA_DIR": str(self.data_dir),
            "LOG_LEVEL": "WARNING",
        }
        os.environ.update(self.environment)
        return url

    def start_processes(self, port: int) -> None:
        """Start the API, the worker, the relay and the projector."""
        for name in PROCESSES:
            command = [sys.executable, "-m", "interfaces.cli.main", name]
            environment = {**self.environment, "PORT": str(port)}
            self.children[name] = Child(Program(name, command, environment), self.data_dir / "log")
            self.children[name].start()

    def kill(self) -> None:
        """Kill the Temporal server and the worker at once, as a failing machine would."""
        self.temporal.kill()
        self.children["worker"].kill()

    def mend(self) -> None:
        """Start an empty Temporal server and a worker again."""
        self.temporal.restart()
        self.children["worker"].start()

    def await_healthy(self, healthy: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until the API answers.

        Raises:
            TimeoutError: It did not; the end of its log is in the message.
        """
        if not wait_until(healthy, seconds):
            raise TimeoutError(f"the API does not answer\n{self.children['serve'].log_tail()}")
