"""The servers and processes of the demonstration, each of which it can kill and start again by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from engine.settings import Settings
from interfaces.local.postgres import LocalPostgres
from interfaces.local.processes import Child, wait_until
from interfaces.local.temporal import LocalTemporal
from interfaces.up.children import child
from interfaces.up.ports import free_port

PROCESSES = ("serve", "projector", "relay", "worker")


class Stack:
    """PostgreSQL, Temporal, and one process for each part; a context manager that stops what it started.

    Args:
        settings: Whose addresses are filled in once the servers run.
        say: Called with one line for each thing a person should know.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.postgres = LocalPostgres(settings.data_dir)
        self.temporal = LocalTemporal(settings.data_dir, namespace=settings.temporal_namespace, say=say)
        self._say = say
        self._children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._children.values():
            process.ask_to_stop()
        for process in self._children.values():
            process.stop()
        self.temporal.stop()
        self.postgres.stop()

    def start_servers(self) -> Settings:
        """Start PostgreSQL and Temporal; return the settings with their addresses."""
        url = self.postgres.start()
        address = self.temporal.start()
        self._say(f"PostgreSQL is up, and Temporal at {address}")
        found = {
            "database_url": url,
            "temporal_address": address,
            "port": free_port(0),
            "log_level": "WARNING",
        }
        self.settings = self.settings.model_copy(update=found)
        return self.settings

    def start_processes(self, healthy: Callable[[], bool], seconds: float = 60.0) -> None:
        """Start the API, the projector, the relay and the worker, and wait until the API answers.

        Raises:
            TimeoutError: It does not; the end of its log is in the message.
        """
        for name in PROCESSES:
            self._children[name] = child(name, self.settings)
            self._children[name].start()
        if not wait_until(healthy, seconds):
            raise TimeoutError(f"the API does not answer\n{self._children['serve'].log_tail()}")
        self._say(f"the API answers at http://127.0.0.1:{self.settings.port}")

    def kill(self) -> None:
        """Kill the Temporal server and the worker at once, as a failing machine would."""
        self.temporal.kill()
        self._children["worker"].kill()

    def mend(self) -> None:
        """Start an empty Temporal server and a worker again."""
        self.temporal.restart()
        self._children["worker"].start()


def fresh(folder: Path) -> bool:
    """Whether a folder is absent or empty."""
    return not folder.exists() or not any(folder.iterdir())
