"""Finds a Temporal development server, in an order that works on a closed network too."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from interfaces.local.data_dir import choose_data_dir
from interfaces.local.errors import TemporalNotFound

_MODULE = "github.com/temporalio/cli"
_HERE = Path(__file__).resolve().parent
_BUILD_FOLDERS = (_HERE / "temporal_build", _HERE.parents[1] / "deploy" / "temporal")
_FETCH_SECONDS = 120.0
_BUILD_SECONDS = 1800.0


def cache_dir() -> Path:
    """Return the folder that tests and runs share for programs fetched or built once; not made yet."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "echowall"


def find_program(data_dir: Path, say: Callable[[str], None] = lambda line: None) -> Path:
    """Return a `temporal` program, built if need be.

    Tried in this order: on PATH; in the data directory or the cache from an earlier time; the SDK's own
    download; a build with Go. TEMPORAL_ADDRESS comes before all of these and is the caller's to read.

    Args:
        data_dir: The data directory; a program may lie in its `bin`.
        say: Told with one line before a step that takes long.

    Raises:
        TemporalNotFound: temporal_not_found, with what was tried and why each failed.
    """
    tried: list[str] = []
    on_path = shutil.which("temporal")
    if on_path:
        if _is_temporal(Path(on_path)):
            return Path(on_path)
        tried.append(f"{on_path} on PATH: it is not the Temporal program")
    else:
        tried.append("PATH: no program named temporal")
    found = _kept(data_dir)
    if found is not None:
        return found
    tried.append(f"from before: none in {data_dir / 'bin'} or {cache_dir()}")
    cache_dir().mkdir(parents=True, exist_ok=True)
    # Two processes that both need it build it once.
    with (cache_dir() / "temporal.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = _kept(data_dir) or _fetched(tried, say) or _built(tried, say)
    if found is None:
        raise TemporalNotFound(_advice(tried))
    return found


def pinned_version() -> str:
    """Return the version that the build module pins, for example `1.5.1`; empty without the module."""
    folder = _build_folder()
    if folder is None:
        return ""
    match = re.search(rf"{re.escape(_MODULE)} v(\S+)", (folder / "go.mod").read_text())
    return match.group(1) if match else ""


def _build_folder() -> Path | None:
    return next((folder for folder in _BUILD_FOLDERS if (folder / "go.mod").exists()), None)


def _kept(data_dir: Path) -> Path | None:
    candidates = [
        data_dir / "bin" / "temporal",
        _built_path(),
        *sorted(cache_dir().glob("temporal-sdk-python-*")),
    ]
    return next((path for path in candidates if path.is_file() and _is_temporal(path)), None)


def _built_path() -> Path:
    return cache_dir() / f"temporal-{pinned_version()}"


def _is_temporal(program: Path) -> bool:
    try:
        result = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0 and "temporal" in result.stdout.lower()


def _fetched(tried: list[str], say: Callable[[str], None]) -> Path | None:
    """Let the SDK fetch its server; it does so only while starting one."""
    say("Fetching a Temporal development server")
    failure: list[BaseException] = []

    def fetch() -> None:
        try:
            asyncio.run(_start_once())
        except Exception as error:  # whatever it is, the next way is tried
            failure.append(error)

    # A thread of its own: the caller may be inside a running event loop.
    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(_FETCH_SECONDS)
    found = next(iter(sorted(cache_dir().glob("temporal-sdk-python-*"))), None)
    if found is not None and not failure and not thread.is_alive():
        return found
    tried.append(f"the SDK's download: {failure[0] if failure else f'nothing within {_FETCH_SECONDS:.0f} s'}")
    return None


async def _start_once() -> None:
    from temporalio.testing import WorkflowEnvironment

    async with await WorkflowEnvironment.start_local(download_dest_dir=str(cache_dir())):
        pass


def _built(tried: list[str], say: Callable[[str], None]) -> Path | None:
    go, folder = shutil.which("go"), _build_folder()
    if go is None or folder is None:
        tried.append("a build: Go is not installed" if go is None else "a build: deploy/temporal is not here")
        return None
    say(f"Building the Temporal server {pinned_version()} with Go; this first time takes some minutes")
    target = _built_path()
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    command = [
        go,
        "build",
        "-mod=readonly",
        "-trimpath",
        "-ldflags=-s -w",
        "-o",
        str(partial),
        f"{_MODULE}/cmd/temporal",
    ]
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-buildvcs=false"},
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        tried.append(f"a build with {go}: not done within {_BUILD_SECONDS:.0f} s")
        return None
    if result.returncode != 0:
        tried.append(f"a build with {go}: {result.stderr.strip()[-400:]}")
        partial.unlink(missing_ok=True)
        return None
    partial.rename(target)
    return target


def _advice(tried: list[str]) -> str:
    steps = "\n".join(f"  - {step}" for step in tried)
    return (
        f"No Temporal server was found. Tried:\n{steps}\n"
        "Set TEMPORAL_ADDRESS to a server, put the temporal program on PATH, or install Go and start again."
    )


def main() -> int:
    """Have a program ready before the tests, whose time limits a first build would break."""
    if os.environ.get("TEMPORAL_ADDRESS"):
        return 0
    try:
        find_program(choose_data_dir().path, lambda line: print(line, file=sys.stderr, flush=True))
    except TemporalNotFound as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
