"""From a connection string to the library's pool, with limits so that nothing waits for ever."""

from typing import Any

import psycopg
from eventsourcing.postgres import PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row, tuple_row

from engine.errors import NotMigrated, UnsafeServer

SCHEMA = "log"


def datastore(
    url: str, *, pool_size: int, lock_timeout: int, connect_timeout: float = 3.0
) -> PostgresDatastore:
    """Return a pool for a connection string of any form that libpq takes, sockets by `?host=` included.

    Args:
        url: Connection string of a migrated database.
        pool_size: Most connections.
        lock_timeout: Seconds that a writer waits for the one before it; the library's default is for ever.
        connect_timeout: Seconds to wait for a connection.
    """
    given = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    store = PostgresDatastore(
        dbname=given.get("dbname", ""),
        host=given.get("host", ""),
        port=given.get("port", ""),
        user=given.get("user", ""),
        password=given.get("password", ""),
        pool_size=1,
        max_overflow=pool_size - 1,
        connect_timeout=connect_timeout,
        idle_in_transaction_session_timeout=60,
        lock_timeout=lock_timeout,
        schema=SCHEMA,
        originator_id_type="uuid",
        enable_db_functions=False,
    )
    # The pool's pause before it connects again doubles up to this; by default a server that was away for
    # minutes would be missed for minutes more.
    store.pool.reconnect_timeout = connect_timeout
    # The library passes on five parameters only; TLS modes, options and the like must not get lost.
    store.pool.kwargs = {"application_name": "echowall", **given, "row_factory": dict_row}
    return store


def check_safety(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server that could lose what it acknowledged.

    Raises:
        UnsafeServer: unsafe_server, naming each setting to correct.
    """
    names = ["fsync", "synchronous_commit", "full_page_writes"]
    query = "SELECT name FROM pg_settings WHERE setting = 'off' AND name = ANY(%s) ORDER BY name"
    with connection.cursor(row_factory=tuple_row) as cursor:
        off = [name for (name,) in cursor.execute(query, (names,)).fetchall()]
    if off:
        raise UnsafeServer(
            f"The server runs with {', '.join(off)} off and could lose events; set each of them on."
        )


def check_migrated(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database that has no log yet.

    Raises:
        NotMigrated: not_migrated.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        if cursor.execute("SELECT to_regclass('log.events') IS NULL").fetchone() == (True,):
            raise NotMigrated("The database has no event log yet; run `echowall migrate`.")
