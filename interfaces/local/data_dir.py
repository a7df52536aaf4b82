"""Decides where the servers keep their data: PostgreSQL refuses root and needs a folder it can enter."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from interfaces.local.errors import DataDirUnusable

VARIABLE = "ECHOWALL_DATA_DIR"
DEFAULT = ".echowall"
_FOR_ROOT = Path("/var/lib/echowall")


@dataclass(frozen=True)
class DataDir:
    """A data directory and how it was chosen.

    Attributes:
        path: Absolute path; not made yet.
        asked: The path that the environment or the default named; differs from `path` when that one can't
            serve.
    """

    path: Path
    asked: Path

    @property
    def note(self) -> str:
        """One line for a person when the data lies elsewhere than asked, else empty."""
        if self.path == self.asked:
            return ""
        return (
            f"PostgreSQL can't run as root, and its own user can't enter {self.asked}; "
            f"the data is kept in {self.path}. Set {VARIABLE} to choose another folder."
        )


def choose_data_dir(asked: Path | None = None, *, root: bool | None = None) -> DataDir:
    """Choose the data directory without making it.

    Args:
        asked: The folder wanted; by default the variable ECHOWALL_DATA_DIR, else `.echowall` in the working
            directory.
        root: Whether to choose for the user root; by default whether this process is root's.
    """
    named = asked or Path(os.environ.get(VARIABLE) or DEFAULT)
    wanted = named.expanduser().resolve()
    is_root = os.geteuid() == 0 if root is None else root
    if not is_root or open_to_others(wanted):
        return DataDir(wanted, wanted)
    digest = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    return DataDir(_FOR_ROOT / digest, wanted)


def data_dir(asked: Path | None = None, *, say: Callable[[str], None] | None = None) -> Path:
    """Return the data directory, made if need be; `say` (default: standard error) hears if it lies elsewhere.

    Raises:
        DataDirUnusable: data_dir_unusable, when it can't be made.
    """
    chosen = choose_data_dir(asked)
    if chosen.note:
        (say or _to_stderr)(chosen.note)
    make_folder(chosen.path)
    return chosen.path


def make_folder(path: Path) -> None:
    """Make a folder that only this user reads; for root, others may pass through, as the servers' user must.

    Raises:
        DataDirUnusable: data_dir_unusable, when it can't be made.
    """
    if path.is_dir():
        return
    root = os.geteuid() == 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(exist_ok=True)
        path.chmod(0o711 if root else 0o700)
    except OSError as error:
        raise DataDirUnusable(
            f"{path} can't be made ({error.strerror}); set {VARIABLE} to another folder."
        ) from error


def open_to_others(path: Path) -> bool:
    """Whether every user may pass through all folders of `path` that exist."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.is_dir())


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
