"""Children end when they should: asked, forced, or orphaned; and the supervisor keeps and stops them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from interfaces.local.errors import ChildNotStarted
from interfaces.local.processes import Child, Program, wait_until
from interfaces.local.supervisor import _FIRST_PAUSE, _LONGEST_PAUSE, _STEADY_AFTER, Supervisor

ROOT = Path(__file__).parents[3]
SLEEP = (sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(300)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(300)",
)
PARENT = """
import sys, time
from pathlib import Path
from interfaces.local.processes import Child, Program
child = Child(Program("child", ("sleep", "300")), Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(300)
"""
SUPERVISED = """
import sys
from pathlib import Path
from interfaces.local.processes import Child, Program
from interfaces.local.supervisor import Supervisor
code = 0
with Supervisor(print) as supervisor:
    for name in ("first", "second"):
        child = Child(Program(name, ("sleep", "300")), Path(sys.argv[1]))
        supervisor.start(child)
        print(child.pid, flush=True)
    print("up", flush=True)
    code = supervisor.run()
print("stopped", flush=True)
sys.exit(code)
"""


def child_of(tmp_path: Path, command: tuple[str, ...], name: str = "child") -> Child:
    child = Child(Program(name, command), tmp_path)
    child.start()
    assert wait_until(lambda: "ready" in child.log_tail(), 20)
    return child


def python(script: str, folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, str(folder)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_has_a_session_of_its_own_and_its_log_in_a_file(tmp_path: Path) -> None:
    child = child_of(tmp_path, SLEEP)
    assert child.pid is not None
    assert os.getsid(child.pid) == child.pid
    child.stop()
    assert not child.alive()
    assert child.returncode == -signal.SIGTERM


def test_a_child_that_ignores_the_stop_signal_is_killed_after_its_time(tmp_path: Path) -> None:
    child = child_of(tmp_path, STUBBORN)
    child.stop(seconds=0.2)
    assert child.returncode == -signal.SIGKILL


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    with python(PARENT, tmp_path) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert wait_until(lambda: ended(pid), 10)


def test_a_child_started_in_a_short_thread_outlives_that_thread(tmp_path: Path) -> None:
    child = Child(Program("child", SLEEP), tmp_path)
    thread = threading.Thread(target=child.start)
    thread.start()
    thread.join()
    assert wait_until(lambda: "ready" in child.log_tail(), 20)
    assert child.alive()
    child.stop()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    child = Child(Program("child", SLEEP, folder=tmp_path / "missing"), tmp_path)
    with pytest.raises(ChildNotStarted, match="child could not be started"):
        child.start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_ends_without_an_error(tmp_path: Path, number: signal.Signals) -> None:
    with python(SUPERVISED, tmp_path) as supervised:
        assert supervised.stdout is not None
        pids = [int(supervised.stdout.readline()) for _ in range(2)]
        assert supervised.stdout.readline() == "up\n"
        os.killpg(supervised.pid, number)
        assert supervised.stdout.read() == "stopped\n"
        assert supervised.wait(20) == 0
    assert all(ended(pid) for pid in pids)


def test_a_killed_service_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    child = Child(Program("service", SLEEP), tmp_path)
    with Supervisor(said.append) as supervisor:
        supervisor.start(child)
        before = child.pid
        child.kill()

        def end_once_restarted() -> None:
            wait_until(lambda: child.pid not in (None, before), 20)
            supervisor.end()

        watcher = threading.Thread(target=end_once_restarted)
        watcher.start()
        assert supervisor.run(every=0.05) == 0
        watcher.join()
        assert child.alive()
    assert not child.alive()
    assert said == ["service ended; starting it again in 1.0 s"]


def test_a_signal_does_not_wait_for_a_service_that_is_being_started_again() -> None:
    said: list[str] = []
    stuck = threading.Event()

    class Stuck:
        name = "stuck"
        starts = 0

        def start(self) -> None:
            self.starts += 1
            if self.starts > 1:
                stuck.set()
                wait_until(lambda: False, 30)  # as services wait for what they started

        def alive(self) -> bool:
            return False

        def stop(self, seconds: float | None = None) -> None:
            said.append("stopped")

    def interrupt() -> None:
        stuck.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    with Supervisor(said.append) as supervisor:
        supervisor.start(Stuck())
        watcher = threading.Thread(target=interrupt)
        watcher.start()
        began = time.monotonic()
        assert supervisor.run(every=0.05) == 0
        assert time.monotonic() - began < 20
        watcher.join()
    assert said == ["stuck ended; starting it again in 1.0 s", "stopped"]


def test_the_end_of_a_service_without_restart_ends_the_rest(tmp_path: Path) -> None:
    said: list[str] = []
    other, once = Child(Program("other", SLEEP), tmp_path), Child(Program("once", ("true",)), tmp_path)
    with Supervisor(said.append) as supervisor:
        supervisor.start(other)
        supervisor.start(once, restart=False)
        assert supervisor.run(every=0.05) == 1
    assert said == ["once ended; stopping everything"]
    assert not other.alive()


def test_services_stop_in_reverse_order_and_one_failure_does_not_spare_the_others() -> None:
    stopped: list[str] = []
    said: list[str] = []

    class Recorded:
        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> str:
            return f"{self.name} is up"

        def alive(self) -> bool:
            return True

        def stop(self, seconds: float | None = None) -> None:
            stopped.append(self.name)
            if self.name == "second":
                raise OSError("no")

    with Supervisor(said.append) as supervisor:
        answers = [supervisor.start(Recorded(name)) for name in ("first", "second", "third")]
    assert answers == ["first is up", "second is up", "third is up"]
    assert stopped == ["third", "second", "first"]
    assert said == ["second was not stopped: no"]


def test_the_page_tells_the_pauses_before_a_restart() -> None:
    pause, pauses = _FIRST_PAUSE, []
    for _ in range(4):
        pause = min(2 * pause, _LONGEST_PAUSE)
        pauses.append(f"{pause:.0f} s")
    assert pauses[-2:] == [pauses[-1]] * 2
    told = (
        f"after {_FIRST_PAUSE} s if it had run for {_STEADY_AFTER:.0f} s, "
        f"else after {pauses[0]}, then {pauses[1]}, then {pauses[2]} each time."
    )
    assert told in (ROOT / "docs" / "operations.md").read_text("utf-8")
