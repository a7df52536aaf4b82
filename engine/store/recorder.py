"""The library's PostgreSQL recorder, with the command and the vault's rows in the transaction of the events.

Its exclusive lock on the table of events stays: order of positions is order of commits, so a reader never
passes over an event that appears later. Its database functions stay off, since with them readers skip events.
"""

from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Cursor
from psycopg.rows import DictRow

from engine.store.seam import Append, CommandRow, VaultRows

CHANNEL = "echowall_events"

_EVENTS = """
INSERT INTO log.events (originator_id, originator_version, topic, state)
SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[])
RETURNING notification_id"""
_COMMANDS = """
INSERT INTO log.commands
    (command_id, fingerprint, stream, version, events, last_stream, last_version, recorded_at)
SELECT id, fingerprint, stream, version, CASE names WHEN '' THEN '{}' ELSE string_to_array(names, ' ') END,
    last_stream, last_version, recorded_at
FROM unnest(
        %b::uuid[], %b::bytea[], %b::uuid[], %b::bigint[],
        %b::text[], %b::uuid[], %b::bigint[], %b::timestamptz[]
    ) AS given (id, fingerprint, stream, version, names, last_stream, last_version, recorded_at)"""
_PERSONS = "INSERT INTO vault.persons (person, wrapped_key) SELECT * FROM unnest(%b::uuid[], %b::bytea[])"
_CASES = "INSERT INTO vault.cases (case_id, person) SELECT * FROM unnest(%b::uuid[], %b::uuid[])"
_VALUES = """
INSERT INTO vault.values (commitment, person, field, salt, sealed)
SELECT * FROM unnest(%b::bytea[], %b::uuid[], %b::text[], %b::bytea[], %b::bytea[])"""


class LogRecorder(PostgresApplicationRecorder):
    """Writes batches; reading with our own statements is the store's."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore, events_table_name="events")
        self.channel_name = CHANNEL

    def write(self, stored: Sequence[StoredEvent], batch: Append) -> Sequence[int]:
        """Write a batch once, without the library's ten attempts; see PostgresStore.append.

        No pipeline either: psycopg's waits for ever when one statement exceeds the socket's buffer.
        """
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_events(cursor, stored, batch=batch)
            if not stored:
                return []
            self._insert_stored_events(cursor, stored)
            return [row["notification_id"] for row in cursor.fetchall()]

    def _insert_events(
        self,
        curs: Cursor[DictRow],
        stored_events: Sequence[StoredEvent],
        *,
        batch: Append | None = None,
        **_: Any,
    ) -> None:
        if batch is not None:
            _insert_vault(curs, batch.vault)
            _insert_commands(curs, batch.commands)

    def _insert_stored_events(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **_: Any
    ) -> None:
        self._lock_table(curs)
        self._notify_channel(curs)
        columns = (
            [event.originator_id for event in stored_events],
            [event.originator_version for event in stored_events],
            [event.topic for event in stored_events],
            [event.state for event in stored_events],
        )
        curs.execute(_EVENTS, columns, prepare=True)


def _insert_commands(cursor: Cursor[DictRow], commands: Sequence[CommandRow]) -> None:
    if not commands:
        return
    rows = [
        (row.id, row.fingerprint, row.stream, row.version, " ".join(row.events), *row.last, row.recorded_at)
        for row in commands
    ]
    cursor.execute(_COMMANDS, _columns(rows), prepare=True)


def _insert_vault(cursor: Cursor[DictRow], rows: VaultRows) -> None:
    for statement, part in ((_PERSONS, rows.persons), (_CASES, rows.cases), (_VALUES, rows.values)):
        if part:
            cursor.execute(statement, _columns(part), prepare=True)


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
