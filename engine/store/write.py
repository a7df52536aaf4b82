"""Writes a batch with one statement: one round trip, one transaction, one flush."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from engine.store.arrays import Packed, bigints, blobs, moments, texts, uuids
from engine.store.prepared import call
from engine.store.seam import Append, CommandRow, VaultRows


class Row(NamedTuple):
    """An event as the table takes it."""

    stream: UUID
    version: int
    name: str
    state: bytes


_Pack = Callable[[Sequence[Any]], Packed]
_EVENTS: tuple[_Pack, ...] = (uuids, bigints, texts, blobs)
_COMMANDS: tuple[_Pack, ...] = (uuids, blobs, uuids, bigints, texts, uuids, bigints, moments)
_PERSONS: tuple[_Pack, ...] = (uuids, blobs, uuids)
_CASES: tuple[_Pack, ...] = (uuids, uuids)
_VALUES: tuple[_Pack, ...] = (blobs, uuids, texts, blobs, blobs)


def write(connection: psycopg.Connection[Any], rows: Sequence[Row], batch: Append) -> Sequence[int]:
    """Record a batch whose events are encoded already; return one position an event.

    Raises:
        psycopg.IntegrityError: A stream has moved on, a command id is known, or a person was erased.
    """
    if len(rows) == 1:
        if not batch.commands and not _has_rows(batch.vault):
            return [*call(connection, "append_event", rows[0])[0]]
        if len(batch.commands) == 1 and _plain(batch.commands[0], rows[0]):
            command, vault = batch.commands[0], _of_one_owner(batch.vault, rows[0].stream)
            if vault is not None:
                one = (*rows[0], command.id, command.fingerprint, command.recorded_at, *vault)
                return [*call(connection, "append_command", one)[0]]
    params = (
        *_columns(_EVENTS, rows),
        *_columns(_COMMANDS, [_command(row) for row in batch.commands]),
        *_columns(_PERSONS, batch.vault.persons),
        *_columns(_CASES, batch.vault.cases),
        *_columns(_VALUES, batch.vault.values),
    )
    return list(call(connection, "append", params)[0][0])


def _has_rows(vault: VaultRows) -> bool:
    return bool(vault.values or vault.cases or vault.persons)


def _plain(command: CommandRow, row: Row) -> bool:
    """Whether the one event is all that the command did, so that its row follows from the event's."""
    key = (row.stream, row.version)
    return command.events == (row.name,) and command.last == key == (command.stream, command.version)


def _of_one_owner(vault: VaultRows, case: UUID) -> tuple[Any, ...] | None:
    """Return the vault's rows as the short function takes them; None when they aren't all one owner's."""
    if not _has_rows(vault):
        return (None,) * 8
    owners = {one.person for one in vault.persons} | {one.person for one in vault.values}
    owners |= {owner for _, owner in vault.cases}
    if len(owners) > 1 or len(vault.persons) > 1 or len(vault.cases) > 1 or dict(vault.cases).keys() - {case}:
        return None
    _, key, account = vault.persons[0] if vault.persons else (None, None, None)
    commitments, _, *rest = _columns(_VALUES, vault.values)
    return (owners.pop(), key, account, case if vault.cases else None, commitments, *rest)


def _command(row: CommandRow) -> tuple[Any, ...]:
    names = " ".join(row.events)
    return (row.id, row.fingerprint, row.stream, row.version, names, *row.last, row.recorded_at)


def _columns(packs: Sequence[_Pack], rows: Sequence[Sequence[Any]]) -> Sequence[Packed | None]:
    """Turn rows into one array a column; nothing where there is no row."""
    if not rows:
        return (None,) * len(packs)
    return [pack(column) for pack, column in zip(packs, zip(*rows, strict=True), strict=True)]
