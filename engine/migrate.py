"""Brings a database to the shape that this release needs: SQL files, each applied once, never changed.

Only what roles are given is applied again, whenever something of it is missing: roles belong to the server
and not to the database, so a restore into another server comes without them.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import Traversable
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from engine.errors import MigrationChanged, Unavailable
from engine.store.roles import amiss, mendable

ROLES = "roles"
"""Name under which it is told that roles and what they may do were given again."""
_GIVES_ROLES = ("0004_roles.sql", "0006_begun.sql")
"""Our migrations that may be applied any number of times: those that give roles what they need."""

_LOCK = 0x6563686F  # any number that no other program takes an advisory lock on
_TABLE = """
CREATE TABLE IF NOT EXISTS public.echowall_migrations (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file.

    Attributes:
        name: `folder/file.sql`, the key under which it is remembered.
    """

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Hash of the text, by which a later change is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrate(
    url: str, extra: Sequence[Traversable | Path] = (), roles: Sequence[Traversable] = ()
) -> list[str]:
    """Apply what is not applied yet, the engine's own files first; return the names applied now.

    Args:
        url: Connection string of the owner of the database.
        extra: Further .sql files or folders of them, in the order in which they shall run.
        roles: Further .sql files that give roles what they need; applied when roles were lost.

    Raises:
        MigrationChanged: migration_changed.
        Unavailable: unavailable, when the server can't be reached.
    """
    with _connected(url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            connection.execute(_TABLE)
            todo = _missing(connection, _all(extra))
            for migration in todo:
                _apply(connection, migration)
            mended = _mend(connection, roles)
            return [*(migration.name for migration in todo), *([ROLES] if mended else [])]
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def pending(url: str, extra: Sequence[Traversable | Path] = ()) -> list[str]:
    """Return the names that `migrate` would apply, in order; empty when the database is up to date.

    Raises:
        MigrationChanged: migration_changed.
        Unavailable: unavailable, when the server can't be reached.
    """
    with _connected(url) as connection:
        found = connection.execute("SELECT to_regclass('public.echowall_migrations') IS NOT NULL").fetchone()
        every = list(_all(extra))
        if not found or not found[0]:
            return [one.name for one in every]
        names = [one.name for one in _missing(connection, every)]
        return [*names, ROLES] if not names and _to_mend(connection) else names


def _connected(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    try:
        return psycopg.connect(url, autocommit=True, row_factory=tuple_row, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Unavailable(f"PostgreSQL can't be reached: {error}") from error


def _all(extra: Sequence[Traversable | Path]) -> Iterator[Migration]:
    for entry in (files("engine") / "migrations", *extra):
        if entry.is_dir():
            inside = sorted(
                (file for file in entry.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name
            )
            owner = "engine" if entry.name == "migrations" else entry.name
            yield from (Migration(f"{owner}/{file.name}", file.read_text("utf-8")) for file in inside)
        else:
            yield Migration(f"{_folder(entry)}/{entry.name}", entry.read_text("utf-8"))


def _folder(file: Traversable | Path) -> str:
    return Path(str(file)).parent.name


def _missing(
    connection: psycopg.Connection[tuple[Any, ...]], wanted: Iterator[Migration] | list[Migration]
) -> list[Migration]:
    applied = dict(connection.execute("SELECT name, sha256 FROM public.echowall_migrations").fetchall())
    missing = []
    for migration in wanted:
        before = applied.get(migration.name)
        if before is None:
            missing.append(migration)
        elif before != migration.sha256:
            raise MigrationChanged(
                f"{migration.name} was applied in another form; restore it and put the change into another."
            )
    return missing


def _apply(connection: psycopg.Connection[tuple[Any, ...]], migration: Migration) -> None:
    with connection.transaction():
        connection.execute(migration.sql.encode())
        connection.execute(
            "INSERT INTO public.echowall_migrations (name, sha256) VALUES (%s, %s)",
            (migration.name, migration.sha256),
        )


def _to_mend(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """Whether roles lack something that this user may give them; one who may not goes on without."""
    return bool(amiss(connection)) and mendable(connection)


def _mend(connection: psycopg.Connection[tuple[Any, ...]], roles: Sequence[Traversable]) -> bool:
    if not _to_mend(connection):
        return False
    ours = [files("engine") / "migrations" / name for name in _GIVES_ROLES]
    with connection.transaction():
        for script in (*ours, *roles):
            connection.execute(script.read_text("utf-8").encode())
    return True
