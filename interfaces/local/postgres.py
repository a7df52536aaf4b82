"""An embedded PostgreSQL server, so that one command runs the system on a machine that has no database."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from interfaces.local.data_dir import make_folder
from interfaces.local.errors import PostgresNotStarted
from interfaces.local.postgres_program import make_cluster, program_dir
from interfaces.local.processes import Child, Program, wait_until
from interfaces.local.system_user import server_owner

DATABASE = "echowall"
_PORT = 5432  # only a part of the socket's name: nothing listens on the network
_LONGEST_SOCKET_DIR = 85  # the system's limit for the whole path is 104 to 108 bytes
_PID_FILE = "postmaster.pid"

SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


@dataclass(frozen=True)
class _Postmaster:
    pid: int
    status: str


class LocalPostgres:
    """One server on one data directory, listening on a unix socket only.

    Several processes may use the same directory: the first one starts the server, the others attach to it,
    and only the one that started it stops it. When that one is killed, the server shuts down by itself.

    Args:
        data_dir: Folder for the server's files, see `data_dir.data_dir`.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.pgdata = data_dir / "postgres"
        self._child: Child | None = None

    @property
    def name(self) -> str:
        """Name for messages."""
        return "postgres"

    @property
    def socket_dir(self) -> Path:
        """Folder of the unix socket: in the data directory, or a short one if that path is too long."""
        folder = self.data_dir / "run"
        if len(os.fsencode(folder)) <= _LONGEST_SOCKET_DIR:
            return folder
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"echowall-{os.geteuid()}-{digest}"

    @property
    def log_path(self) -> Path:
        """The server's log."""
        return self.data_dir / "logs" / "postgres.log"

    @property
    def pid(self) -> int | None:
        """Process id of the server on this folder, whoever started it; nothing when none runs."""
        found = self._postmaster()
        return None if found is None else found.pid

    @property
    def owned(self) -> bool:
        """Whether this object started the server that runs now."""
        return self._child is not None and self._child.alive()

    def url(self, database: str = DATABASE) -> str:
        """Return the address of one database; `psycopg.conninfo.conninfo_to_dict` takes it apart."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://postgres@/{quote(database)}?host={host}&port={_PORT}"

    def alive(self) -> bool:
        """Whether a server runs on this folder now."""
        return self.pid is not None

    def start(self, seconds: float = 60.0) -> str:
        """Start the server, or attach to the one that runs, and make the database `echowall`.

        Args:
            seconds: How long it may take to become ready; recovery after a crash is part of it.

        Returns:
            The address of the database.

        Raises:
            PostgresNotStarted: postgres_not_started, with the last lines of the log.
        """
        make_folder(self.data_dir)
        with _exclusive(self.data_dir / "postgres.lock"):
            found = self._postmaster()
            if found is not None and found.status == "stopping":
                wait_until(lambda: self._postmaster() is None, seconds)
                found = self._postmaster()
            if found is None:
                self._launch()
            self._await_ready(seconds)
            self._make_database()
        return self.url()

    def stop(self, seconds: float | None = None) -> None:
        """Stop the server if this object started it; others' servers are left alone."""
        child, self._child = self._child, None
        if child is None:
            return
        child.stop(seconds)
        self._end_orphans()

    def kill(self) -> None:
        """End the server as a crash would: SIGKILL to its first process."""
        pid = self.pid
        if self.owned and self._child is not None:
            self._child.kill()
        elif pid is not None:
            os.kill(pid, signal.SIGKILL)

    def restart(self, seconds: float = 60.0) -> str:
        """Stop the server if it is ours and start one, whatever the last one left; return the address."""
        self.stop()
        return self.start(seconds)

    def _launch(self) -> None:
        owner = server_owner()
        programs = program_dir(owner)
        make_cluster(self.pgdata, programs, owner)
        self._end_orphans()
        # The server would refuse a file whose process id now belongs to another program of its user.
        (self.pgdata / _PID_FILE).unlink(missing_ok=True)
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        if owner is not None:
            os.chown(self.socket_dir, owner.uid, owner.gid)
        elif self.socket_dir.stat().st_uid != os.geteuid():
            raise PostgresNotStarted(f"{self.socket_dir} belongs to another user; remove it.")
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket_dir)}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        program = Program(
            name="postgres",
            command=[str(programs / "postgres"), "-D", str(self.pgdata), *options],
            environment={"LC_ALL": "C", "TZ": "UTC"},
            stop_signal=signal.SIGINT,  # a fast shutdown: it ends the sessions and leaves a clean state
            stop_seconds=20.0,
            owner=owner,
            folder=self.pgdata,
        )
        self._child = Child(program, self.log_path.parent)
        self._child.start()

    def _await_ready(self, seconds: float) -> None:
        def ended_or_ready() -> bool:
            return (self._child is not None and not self._child.alive()) or self._answers()

        wait_until(ended_or_ready, seconds)
        if not self._answers():
            tail = self._child.log_tail() if self._child is not None else ""
            self.stop(0.0)
            raise PostgresNotStarted(
                f"PostgreSQL is not ready on {self.pgdata}; see {self.log_path}.\n{tail}"
            )

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _make_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _postmaster(self) -> _Postmaster | None:
        try:
            lines = (self.pgdata / _PID_FILE).read_text().splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        if not _runs_in(pid, self.pgdata):
            return None
        return _Postmaster(pid, lines[7].strip() if len(lines) > 7 else "starting")  # noqa: PLR2004 - line 8: status

    def _end_orphans(self) -> None:
        """End a killed server's sessions: a new one can't start while they hold the shared memory."""
        left = [
            process
            for process in psutil.process_iter(["name"])
            if process.info["name"] == "postgres" and _runs_in(process.pid, self.pgdata)
        ]
        for process in left:
            _quietly(process, signal.SIGQUIT)
        _, stuck = psutil.wait_procs(left, timeout=2)
        for process in stuck:
            _quietly(process, signal.SIGKILL)
        psutil.wait_procs(stuck, timeout=5)


def _runs_in(pid: int, pgdata: Path) -> bool:
    """Whether that process is a living PostgreSQL one that works in this folder."""
    try:
        process = psutil.Process(pid)
        if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()) == pgdata.resolve()
    except psutil.Error:
        return False


def _quietly(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        pass


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, so that two of them never start a server on one folder."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
