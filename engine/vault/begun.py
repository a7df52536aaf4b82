"""Holds the key file against the database: one that was begun with a key works with that key and no other."""

import contextlib
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from engine.errors import KeyMissing
from engine.store import PostgresStore
from engine.vault.keys import KeyRing

_PURPOSE: Final = "begun"
_RECORD: Final = "INSERT INTO log.begun (mark) VALUES (%s) ON CONFLICT DO NOTHING"


def keys_of(store: PostgresStore, path: Path, *, create: bool) -> KeyRing:
    """Return the keys of a file, once it is sure that the database belongs to them.

    Args:
        store: The migrated database.
        path: The key file.
        create: Make the file where it is missing and nothing was recorded yet.

    Raises:
        KeyMissing: key_missing, also when the database was begun with another key than the file's last one.
        Unavailable: unavailable.
    """
    mark = store.run(_mark)
    begun = mark is not None or store.head() > 0
    # Looked for last: whoever begins the database at this moment makes the file first.
    if create and begun and not path.exists():
        raise KeyMissing(
            f"{path} is missing, and this database was begun with a key; restore the file from its backup. "
            "What is lost without it stands in docs/operations.md under Keys."
        )
    keys = KeyRing.load(path, create=create)
    ours = keys.secret(_PURPOSE)
    if mark is None:
        mark = _recorded(store, ours)
    if mark not in {ours, None}:
        raise KeyMissing(
            f"The last line of {path} is not the key with which this database was begun; "
            "put that line back at the end, or name the file that has it in ECHOWALL_VAULT_KEY_FILE."
        )
    return keys


def _recorded(store: PostgresStore, ours: bytes) -> bytes | None:
    """Record our mark unless somebody was faster; return what is recorded.

    Whoever may only read leaves it to a writer.
    """
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        store.run(lambda connection: connection.execute(_RECORD, (ours,)))
    return store.run(_mark)


def _mark(connection: psycopg.Connection[Any]) -> bytes | None:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT mark FROM log.begun").fetchone()
    return None if row is None else bytes(row[0])
