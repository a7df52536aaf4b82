"""The vault's side in the database: whose a case is, reading with a trace, and erasing."""

import os
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.rows import tuple_row

from domain.actor import Actor
from engine import clock, ids
from engine.store.arrays import uuids
from engine.store.prepared import call
from engine.store.roles import within
from engine.store.seam import PersonRow, ValueRow
from engine.vault.keys import KEY_BYTES, KeyRing
from engine.vault.seal import Owner, unseal

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_ACCOUNT = "SELECT person, wrapped_key FROM vault.persons WHERE account = %s"
_ENDS = """
(SELECT person, wrapped_key FROM vault.persons ORDER BY person LIMIT 1)
UNION (SELECT person, wrapped_key FROM vault.persons ORDER BY person DESC LIMIT 1)"""
_OPEN = """
SELECT v.commitment, v.person, v.field, v.salt, v.sealed, p.wrapped_key
FROM vault.values v JOIN vault.persons p USING (person) WHERE v.commitment = ANY(%s)"""
_ACCESS = """
INSERT INTO vault.access (at, reader, role, unit, purpose, commitments) VALUES (%s, %s, %s, %s, %s, %s)"""
_ERASURE = """
INSERT INTO vault.erasures (at, asked_for, by_actor, role, ground, cases, commitments)
SELECT %s, %s, %s, %s, %s,
    array(SELECT case_id FROM vault.cases WHERE person = p.person ORDER BY case_id),
    array(SELECT commitment FROM vault.values WHERE person = p.person ORDER BY commitment)
FROM vault.persons p WHERE p.person = %s RETURNING cardinality(commitments)"""


class Runner(Protocol):
    """Runs a piece of work on a connection; PostgresStore.run is one."""

    def __call__(self, work: "Work[T]") -> T:
        """Run it, again when the connection was lost."""


class Work(Protocol[T_co]):
    """A piece of work that may be repeated."""

    def __call__(self, connection: psycopg.Connection[Any], /) -> T_co:
        """Do it."""


class Vault:
    """Personal values of a database.

    Args:
        run: Runs a piece of work on a connection.
        keys: Unwrap persons' keys.
    """

    def __init__(self, run: Runner, keys: KeyRing) -> None:
        self._run = run
        self._keys = keys

    def owners(self, cases: Iterable[UUID]) -> dict[UUID, Owner]:
        """Return whose the cases are; a case without personal values is absent."""
        wanted = uuids(list(cases))
        rows = self._run(lambda connection: call(connection, "owners", (wanted,)))
        return {case: self._owner(person, wrapped) for case, person, wrapped in rows}

    def resident(self, account: UUID) -> Owner | None:
        """Return a resident whom the vault knows by an account."""
        rows = self._run(lambda connection: _rows(connection, _ACCOUNT, (account,)))
        return self._owner(*rows[0]) if rows else None

    def opened(self, row: PersonRow) -> Owner:
        """Return a person whose wrapped key was read already."""
        return self._owner(row.person, row.wrapped_key)

    def new_owner(self, account: UUID | None = None) -> tuple[Owner, PersonRow]:
        """Return a new person's key, and the row to store with the first values."""
        person, key = ids.new(), os.urandom(KEY_BYTES)
        return Owner(person, AESGCM(key)), PersonRow(person, self._keys.wrap(person, key), account)

    def prove(self) -> int:
        """Open the keys of the first and the last person, and no value; return how many there were.

        Raises:
            KeyMissing: key_missing, when the key that wrapped one of them is not in the key file.
            ValueTampered: value_tampered.
        """
        rows = self._run(lambda connection: _rows(connection, _ENDS, ()))
        return len([self._owner(person, wrapped) for person, wrapped in rows])

    def open(self, commitments: Iterable[str], reader: Actor, purpose: str) -> dict[str, str]:
        """Return values by commitment, and record who read them; what was erased or never known is absent.

        Args:
            commitments: As they stand in events, in hex.
            reader: Who reads.
            purpose: What they are read for, such as `case page`; never personal data itself.

        Raises:
            ValueTampered: value_tampered, when a value isn't the one that was committed to.
        """
        wanted = [bytes.fromhex(one) for one in dict.fromkeys(commitments)]
        if not wanted:
            return {}
        trace = (clock.now(), reader.id, reader.role.value, reader.unit, purpose, wanted)

        def work(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
            with connection.transaction():
                within(connection, "vault")
                connection.execute(_ACCESS, trace)
                return _rows(connection, _OPEN, (wanted,))

        ciphers: dict[UUID, AESGCM] = {}
        found: dict[str, str] = {}
        for *columns, wrapped in self._run(work):
            row = ValueRow(*columns)
            if row.person not in ciphers:
                ciphers[row.person] = self._owner(row.person, wrapped).cipher
            found[row.commitment.hex()] = unseal(row, ciphers[row.person])
        return found

    def erase(self, case: UUID, by: Actor, ground: str) -> int:
        """Remove the values, salts and key of the person behind a case, and record the erasure.

        Every event, count and proof stays; the person's other cases are erased with it.

        Args:
            case: Any case of the person.
            by: Who erases.
            ground: The ground in law, such as `PIPL 47(1)(3)`.

        Returns:
            Number of values erased; 0 when the vault holds nothing for the case.
        """

        def work(connection: psycopg.Connection[Any]) -> int:
            with connection.transaction():
                within(connection, "vault")
                owner = _rows(connection, "SELECT person FROM vault.cases WHERE case_id = %s", (case,))
                if not owner:
                    return 0
                person = owner[0][0]
                # The lock keeps commands from adding values between the record and the removal.
                _rows(connection, "SELECT 1 FROM vault.persons WHERE person = %s FOR UPDATE", (person,))
                trace = (clock.now(), case, by.id, by.role.value, ground, person)
                counted = _rows(connection, _ERASURE, trace)
                connection.execute("DELETE FROM vault.persons WHERE person = %s", (person,))
                return int(counted[0][0]) if counted else 0

        return self._run(work)

    def _owner(self, person: UUID, wrapped: bytes) -> Owner:
        return Owner(person, AESGCM(self._keys.unwrap(person, wrapped)))


def _rows(
    connection: psycopg.Connection[Any], statement: str, params: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(statement.encode(), params).fetchall()
