"""The server that a benchmark runs on, a database of its own there, and an engine with a small city in it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.actor import Actor, Role
from domain.organisation import UnitEstablished
from engine.handle import Engine
from engine.migrate import migrate
from engine.settings import Settings
from interfaces.local.postgres import LocalPostgres

UNITS = (
    ("city", None, "district"),
    ("city.east", "city", "street"),
    ("city.east.lane", "city.east", "community"),
    ("city.roads", "city", "department"),
)
SYSTEM = Actor(id="import", role=Role.SYSTEM)
_READ_BACK = (
    "server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "wal_level",
    "max_wal_size", "wal_compression", "checkpoint_timeout", "max_connections",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a benchmark works.

    Attributes:
        url: Address of an empty database of its own.
        folder: An empty folder of its own.
    """

    url: str
    folder: Path

    def settings(self, pool_size: int = 8) -> Settings:
        """Return an installation's settings for this place."""
        return Settings(DATABASE_URL=self.url, data_dir=self.folder, pool_size=pool_size)


@contextmanager
def server() -> Iterator[tuple[str, Path]]:
    """The server of DATABASE_URL, or an embedded one that ends here, and a folder that is removed."""
    folder = Path(tempfile.mkdtemp(prefix="echowall-bench-"))
    folder.chmod(0o711)  # the server may run as another user
    own = None if os.environ.get("DATABASE_URL") else LocalPostgres(folder)
    try:
        yield os.environ["DATABASE_URL"] if own is None else own.start(120.0), folder
    finally:
        if own is not None:
            own.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def place(server_url: str, folder: Path) -> Iterator[Place]:
    """A new database there, dropped at the end."""
    name = f"bench_{uuid4().hex}"
    _run(server_url, "CREATE DATABASE {}", name)
    keys = folder / name
    keys.mkdir()
    try:
        yield Place(make_conninfo(server_url, dbname=name), keys)
    finally:
        _run(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _run(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def settings_of(url: str) -> dict[str, Any]:
    """Read back the server's settings, and what it runs on."""
    with psycopg.connect(url) as connection:
        found: dict[str, Any] = {}
        for name in _READ_BACK:
            row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            found[name] = row[0] if row else None
    return {**found, "cores": os.cpu_count(), "load_1min": os.getloadavg()[0]}


@contextmanager
def engine_at(where: Place, pool_size: int = 8) -> Iterator[Engine]:
    """An engine on the migrated database, with the small city established."""
    migrate(where.url)
    engine = Engine.open(where.settings(pool_size))
    try:
        establish(engine)
        yield engine
    finally:
        engine.close()


def establish(engine: Engine) -> None:
    """Establish the small city."""
    engine.rules.establish(_units(), SYSTEM)


def _units() -> list[UnitEstablished]:
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    return [
        UnitEstablished.model_validate(
            {"at": begin, "unit": unit, "parent": parent, "level": level, "name_en": unit, "name_zh": unit}
        )
        for unit, parent, level in UNITS
    ]


def library_env(url: str, pool: int) -> dict[str, str]:
    """Return what the eventsourcing library wants instead of a URL; all else is left at its defaults."""
    given = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given["dbname"]),
        "POSTGRES_HOST": str(given["host"]),
        "POSTGRES_PORT": str(given.get("port", 5432)),
        "POSTGRES_USER": str(given.get("user", "postgres")),
        "POSTGRES_PASSWORD": str(given.get("password", "none")),
        "POSTGRES_POOL_SIZE": str(pool),
        "POSTGRES_MAX_OVERFLOW": "10",
    }
