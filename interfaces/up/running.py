"""One `up` for each data folder, and how other programs find the servers that it runs."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from interfaces.local.errors import LocalError

_LOCK = "up.lock"
_ADDRESSES = "up.json"


class AlreadyRunning(LocalError):
    """Another `echowall up` holds the data folder."""

    code = "already_running"


@dataclass(frozen=True)
class Running:
    """Where the servers of an `up` are; None where it runs without.

    Attributes:
        pid: Process id of the `up` itself.
        policy: Id of the policy for cases that name none.
    """

    pid: int
    database_url: str
    api: str
    policy: str
    temporal_address: str | None = None
    temporal_ui: str | None = None


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Hold the folder; the lock ends with this process, however it ends.

    Raises:
        AlreadyRunning: already_running.
    """
    with (data_dir / _LOCK).open("a+") as lock:
        if not _take(lock):
            raise AlreadyRunning(
                f"Another `echowall up` runs on {data_dir}; stop it, or set another ECHOWALL_DATA_DIR."
            )
        try:
            yield
        finally:
            (data_dir / _ADDRESSES).unlink(missing_ok=True)


def announce(data_dir: Path, running: Running) -> None:
    """Write down the addresses for `find`; only this user may read them."""
    draft = data_dir / f"{_ADDRESSES}.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(running), file)
    draft.replace(data_dir / _ADDRESSES)


def find(data_dir: Path) -> Running | None:
    """Return where the servers are of the `up` that holds the folder now; None when none does."""
    try:
        with (data_dir / _LOCK).open("a+") as lock:
            if _take(lock):
                return None
        return Running(**json.loads((data_dir / _ADDRESSES).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
