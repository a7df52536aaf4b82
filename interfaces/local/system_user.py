"""Finds the user that PostgreSQL runs as when root starts it, since it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from functools import lru_cache

from interfaces.local.errors import PostgresNotStarted
from interfaces.local.processes import Owner

NAME = "echowall"


@lru_cache(maxsize=1)
def server_owner() -> Owner | None:
    """Return the user for the server: nothing unless root asks, else the user `echowall`, made if need be.

    Raises:
        PostgresNotStarted: postgres_not_started, when that user can't be made.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _make_user()
        entry = pwd.getpwnam(NAME)
    return Owner(entry.pw_uid, entry.pw_gid)


def _make_user() -> None:
    if shutil.which("useradd"):
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", NAME]
    else:  # small systems have adduser only
        command = ["adduser", "-S", "-D", "-H", "-s", "/bin/false", NAME]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise PostgresNotStarted(_advice(str(error))) from error
    if result.returncode not in (0, 9):  # 9: another process made it meanwhile
        raise PostgresNotStarted(_advice(result.stderr.strip()))


def _advice(cause: str) -> str:
    return f"PostgreSQL can't run as root, nor can the user {NAME} be made ({cause}); start as another user."
