"""Our own processes as children of `up`: commands of the same program, told by variables where things are."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from interfaces.local.processes import Child, Program

if TYPE_CHECKING:
    from engine.settings import Settings

_STOP_SECONDS: Final = 12.0
"""A little more than a worker takes for the steps under way."""
_HOPELESS: Final = frozenset({2, 3})
"""Exit codes that another try would give again: bad usage, refused."""


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which a process of ours finds what these settings name."""
    from engine.settings import variables

    names = variables()
    fields = (
        "database_url",
        "temporal_address",
        "temporal_namespace",
        "data_dir",
        "port",
        "log_level",
        "default_policy",
    )
    values = {names[field]: getattr(settings, field) for field in fields}
    return {name: str(value) for name, value in values.items() if value is not None}


def child(name: str, settings: Settings, arguments: Sequence[str] = ()) -> Child:
    """Return one process of ours, not started yet; its log is `logs/NAME.log` in the data folder.

    Args:
        name: Name for messages and the log.
        settings: What it is told by its environment.
        arguments: The command, if it isn't the name alone.
    """
    program = Program(
        name=name,
        command=[sys.executable, "-m", "interfaces.cli.main", *(arguments or (name,))],
        environment=environment(settings),
        stop_seconds=_STOP_SECONDS,
    )
    return Child(program, settings.data_dir / "logs")


class Task:
    """A process that runs to its end once, and again when it failed for a cause that may pass.

    The supervisor keeps it like a service: done counts as alive.

    Args:
        process: What to run.
        done: Called once after each success, with the last JSON object that it printed.
        say: Told when it failed.
        cause: Once its answer has changed since the last run, the task runs again; None lets it wait.
    """

    def __init__(
        self,
        process: Child,
        done: Callable[[dict[str, Any]], None],
        say: Callable[[str], None],
        cause: Callable[[], int | None] = lambda: 0,
    ) -> None:
        self._process = process
        self._done = done
        self._say = say
        self._cause = cause
        self._ran_for: int | None = None
        self._told = False

    @property
    def name(self) -> str:
        """Name for messages."""
        return self._process.name

    def start(self) -> None:
        """Run it once more."""
        self._told, self._ran_for = False, self._cause()
        self._process.start()

    def alive(self) -> bool:
        """Whether it runs, is done, waits, or can't succeed; False asks for another run."""
        code, cause = self._process.returncode, self._cause()
        if self._process.alive() or cause is None:
            return True
        if code != 0:
            self._tell_once(f"{self.name} failed; see {self._process.log_path}\n{self._process.log_tail(3)}")
            return code in _HOPELESS
        if not self._told:
            self._told = True
            self._done(_last_object(self._process.log_path))
        return cause == self._ran_for

    def stop(self, seconds: float | None = None) -> None:
        """End it."""
        self._process.stop(seconds)

    def _tell_once(self, line: str) -> None:
        if not self._told:
            self._told = True
            self._say(line)


def _last_object(log: Path) -> dict[str, Any]:
    for line in reversed(log.read_text(errors="replace").splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}
