"""Makes the ledgers' tables; they are derived, so another shape means a rebuild and never a migration."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import psycopg
from psycopg import sql

from engine.errors import Unavailable
from engine.store import link
from engine.store.roles import PREFIX, Role
from projections.ledger import LedgersOutdated
from projections.ledgers import LEDGERS

LIVE: Final = "ledger"
"""Schema from which everybody reads."""
NEXT: Final = "ledger_next"
"""Schema in which a rebuild grows."""
ROLES: Final = files("projections") / "roles.sql"
"""Whose the ledgers are and who may read them, for engine.migrate."""
Connection = psycopg.Connection[Any]
_READERS: Final[tuple[Role, ...]] = ("reader", "writer", "auditor")
_SOLE, _BATCH = 1, 2
_LOCK: Final = "pg_advisory_xact_lock(%s, hashtext(%s))"
_FREE_INDEXES: Final = """
SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND NOT i.indisunique ORDER BY c.relname"""


@dataclass(frozen=True, slots=True)
class State:
    """How the ledgers stand.

    Attributes:
        position: Position of the last event that they have taken in or set aside.
        current: Whether their tables have the shape of this release.
    """

    position: int
    current: bool


@lru_cache(maxsize=1)
def _script() -> str:
    parts = [files("projections") / "schema.sql"]
    parts += [files("projections") / ledger.name / "schema.sql" for ledger in LEDGERS]
    return "\n".join(part.read_text("utf-8") for part in parts)


def shape() -> str:
    """Return the hash of all schema files of this release."""
    return hashlib.sha256(_script().encode()).hexdigest()


def connect(url: str, role: Role = "projector") -> Connection:
    """Open a connection for work on the ledgers, in a role that may do no more than that.

    Raises:
        Unavailable: unavailable.
    """
    try:
        connection = link.connect(url, "echowall-ledgers", role, psycopg.Connection)
        # Rows and position are lost together in a crash of the server, and made anew from the log, which is
        # flushed. So no batch waits for a flush of its own, and a command not for that of a batch.
        connection.execute("SET synchronous_commit = off")
    except psycopg.OperationalError as error:
        raise Unavailable(f"PostgreSQL can't be reached: {error}") from error
    return connection


def install(url: str) -> bool:
    """Make the live ledgers where there are none; return whether they were made now.

    Raises:
        LedgersOutdated: ledgers_outdated, when they have another release's shape.
        Unavailable: unavailable.
    """
    with connect(url) as connection, connection.transaction():
        lock(connection, LIVE)
        found = state(connection)
        if found is None:
            create(connection, LIVE)
            return True
        if not found.current:
            raise LedgersOutdated("The ledgers have the shape of another release; run `echowall rebuild`.")
        return False


def state(connection: Connection, schema: str = LIVE) -> State | None:
    """Return how the ledgers in a schema stand; None when there are none."""
    found = connection.execute("SELECT to_regclass(%s)", (f"{schema}.progress",)).fetchone()
    if found is None or found[0] is None:
        return None
    query = sql.SQL("SELECT position, shape FROM {}.progress").format(sql.Identifier(schema))
    row = connection.execute(query).fetchone()
    return None if row is None else State(row[0], row[1] == shape())


def create(connection: Connection, schema: str) -> None:
    """Make empty ledgers in a schema that does not exist; within the caller's transaction."""
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    enter(connection, schema)
    connection.execute(_script().encode())
    connection.execute("INSERT INTO progress (shape) VALUES (%s)", (shape(),))
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO tallies (ledger) VALUES (%s)", [(one.name,) for one in LEDGERS])
    _open_to_readers(connection, schema)


def _open_to_readers(connection: Connection, schema: str) -> None:
    """Let whoever shows the ledgers read them; roles that could not be made are passed over."""
    named = [PREFIX + role for role in _READERS]
    query = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
    for (role,) in connection.execute(query, (named,)).fetchall():
        for grant in ("USAGE ON SCHEMA {}", "SELECT ON ALL TABLES IN SCHEMA {}"):
            connection.execute(
                sql.SQL("GRANT " + grant + " TO {}").format(sql.Identifier(schema), sql.Identifier(role))
            )


def postpone_indexes(connection: Connection, schema: str) -> None:
    """Take away the indexes on which no rule rests; they are made faster when all rows are there."""
    found = connection.execute(_FREE_INDEXES, (schema,)).fetchall()
    with connection.transaction():
        enter(connection, schema)
        connection.execute("CREATE TABLE postponed (name text PRIMARY KEY, definition text NOT NULL)")
        for name, definition in found:
            connection.execute("INSERT INTO postponed VALUES (%s, %s)", (name, definition))
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))


def finish_indexes(connection: Connection, schema: str) -> None:
    """Make the indexes that were postponed; nothing when there are none. May be stopped and taken up.

    Each is made concurrently, in no transaction of ours: one that lasted as long as an index takes would hold
    every reader of the log back.
    """
    postponed = sql.Identifier(schema, "postponed")
    if connection.execute("SELECT to_regclass(%s)", (f"{schema}.postponed",)).fetchone() == (None,):
        return
    found = connection.execute(sql.SQL("SELECT name, definition FROM {}").format(postponed)).fetchall()
    # With others beside it PostgreSQL takes all cores, which live commands wait for, and is no sooner done.
    connection.execute("SET max_parallel_maintenance_workers = 0")
    for name, definition in found:
        # One that was stopped half-way is there, and invalid.
        connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(schema, name)))
        connection.execute(definition.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1).encode())
        connection.execute(sql.SQL("DELETE FROM {} WHERE name = %s").format(postponed), (name,))
    for ledger in LEDGERS:  # readers come right after the switch
        for table in ledger.tables:
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(schema, table)))
    connection.execute(sql.SQL("DROP TABLE {}").format(postponed))


def drop(connection: Connection, schema: str) -> None:
    """Remove a schema with everything in it, if it is there."""
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def enter(connection: Connection, schema: str) -> None:
    """Let plain table names mean those of a schema, to the end of the transaction."""
    connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(schema)))


def lock(connection: Connection, schema: str) -> None:
    """Be the only one to change the ledgers of a schema, to the end of the transaction.

    An advisory lock and no table's: after a switch the same name means other tables, and whoever waited must
    look the name up anew.
    """
    connection.execute(f"SELECT {_LOCK}", (_BATCH, schema))


def work_on(connection: Connection, schema: str) -> None:
    """As `lock` and `enter`, in one statement."""
    path = sql.Identifier(schema).as_string()
    connection.execute(f"SELECT {_LOCK}, set_config('search_path', %s, true)", (_BATCH, schema, path))


@contextmanager
def still(connection: Connection, schema: str) -> Iterator[None]:
    """Keep all others from changing the ledgers of a schema, over several transactions of this connection."""
    key = (_BATCH, schema)
    connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", key)
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Read everything as of one moment, that of the first query; no transaction id is taken."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def taken_in(connection: Connection, schema: str) -> int:
    """Return the number of events that the ledgers of a schema have taken in or set aside."""
    query = sql.SQL(
        "SELECT applied + (SELECT coalesce(sum(count), 0) FROM {parked} p WHERE p.ledger = t.ledger)"
        " FROM {tallies} t ORDER BY t.ledger LIMIT 1"
    ).format(parked=sql.Identifier(schema, "parked"), tallies=sql.Identifier(schema, "tallies"))
    row = connection.execute(query).fetchone()
    return 0 if row is None else int(row[0])


def alone(connection: Connection, schema: str) -> bool:
    """Try to become the one projector of a schema, for as long as the connection lives."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_SOLE, schema)).fetchone()
    return row is not None and bool(row[0])


def release(connection: Connection, schema: str) -> None:
    """Let another one be the projector of a schema at once; the server notices a closed connection later."""
    if not connection.closed:
        connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_SOLE, schema))
