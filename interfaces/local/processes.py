"""Child processes that end with their parent: a forgotten server would hold the data folder and its ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from interfaces.local.errors import ChildNotStarted

_GUARD = Path(__file__).with_name("guard.py")
_LOG_LIMIT = 10 * 1024 * 1024
# Linux ends a child when the *thread* that started it ends, so all children are started by one thread that
# stays.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")


@dataclass(frozen=True)
class Owner:
    """A system user to run as; only root may become another."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to run.

    Attributes:
        name: Short name, also of its log file.
        command: Program and arguments.
        environment: Variables set on top of this process's own.
        stop_signal: Signal that asks it to end; also what it gets when this process is killed.
        stop_seconds: How long it may take to end before it is killed.
        owner: User to run as, or nothing for the present one.
        folder: Working directory, or nothing for the present one.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    owner: Owner | None = None
    folder: Path | None = None


class Child:
    """One running program in a session of its own, so that a Ctrl-C reaches only the supervisor."""

    def __init__(self, program: Program, log_dir: Path) -> None:
        self.program = program
        self.log_path = log_dir / f"{program.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """Process id, or nothing when it is not running."""
        return self._process.pid if self._process is not None and self.alive() else None

    @property
    def returncode(self) -> int | None:
        """Exit code of the last run, negative for a signal; nothing before its first end."""
        return None if self._process is None else self._process.poll()

    def alive(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, unless it runs.

        Raises:
            ChildNotStarted: child_not_started, when the program can't be executed.
        """
        if not self.alive():
            self._process = _SPAWNER.submit(self._spawn).result()

    def _spawn(self) -> subprocess.Popen[bytes]:
        program = self.program
        owner = program.owner or Owner(-1, -1)
        guard = [os.getpid(), int(program.stop_signal), owner.uid, owner.gid]
        command = [sys.executable, "-I", "-S", str(_GUARD), *map(str, guard), *program.command]
        try:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            _rotate(self.log_path)
            with self.log_path.open("ab") as log:
                return subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=program.folder,
                    env={**os.environ, **program.environment},
                    start_new_session=True,
                )
        except OSError as error:
            raise ChildNotStarted(f"{program.name} could not be started: {error}") from error

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once."""
        self._signal(self.program.stop_signal)

    def stop(self, seconds: float | None = None) -> None:
        """End it: the stop signal first, after `seconds` (default: the program's) SIGKILL to its group."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(self.program.stop_seconds if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it and its process group at once with SIGKILL."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.alive():
            self._process.send_signal(number)

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of its log, empty when there is none."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])


def _rotate(path: Path) -> None:
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))


def wait_until(
    condition: Callable[[], bool],
    seconds: float,
    every: float = 0.05,
    pause: Callable[[float], object] = time.sleep,
) -> bool:
    """Wait until `condition` holds, asking `every` so many seconds; return whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        pause(every)
    return True
