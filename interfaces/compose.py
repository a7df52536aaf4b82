"""Wires the edges: from settings to the engine, the ledgers' connections, the tokens and the API."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from engine.errors import SettingsInvalid, Unavailable
from engine.handle import Engine
from engine.settings import Settings
from engine.store.link import arguments, settle
from engine.vault import KeyRing
from interfaces.tokens import DevelopmentTokens, IssuedTokens, TokenKey, Verifier
from interfaces.tokens.keys import IssuerKeys

if TYPE_CHECKING:
    from fastapi import FastAPI

CONNECT_SECONDS = 3
STATEMENT_MILLISECONDS = 10_000
"""Longest query of a reader; whoever needs more reads the log."""
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
_NOT_SET_UP = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedColumn,
)


class Ledgers:
    """Connections for reading the ledgers. Safe for several threads.

    Args:
        url: Connection string of PostgreSQL.
        pool_size: Most connections at a time.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self._pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            url,
            min_size=0,
            max_size=pool_size,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,
            kwargs=arguments(url, "echowall-ledgers", seconds=CONNECT_SECONDS),
            check=ConnectionPool.check_connection,
            configure=_configure,
            open=True,
        )

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a read-only connection.

        Raises:
            Unavailable: unavailable, when the database is away or the ledgers were not set up.
        """
        try:
            with self._pool.connection() as connection:
                yield connection
        except _AWAY:
            raise Unavailable("The ledgers can't be reached now; ask again.") from None
        except _NOT_SET_UP:
            raise Unavailable(
                "The ledgers are not set up; run `echowall migrate` and `echowall projector`."
            ) from None

    def close(self) -> None:
        """Give back every connection."""
        self._pool.close()


@dataclass(frozen=True)
class Program:
    """All that the edges work with.

    Attributes:
        cursor_secret: Key that signs the cursors of lists.
    """

    settings: Settings
    engine: Engine
    ledgers: Ledgers
    tokens: Verifier
    cursor_secret: bytes

    def close(self) -> None:
        """Give back every connection."""
        self.ledgers.close()
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_engine(settings: Settings) -> Engine:
    """Connect the engine to a migrated database.

    Raises:
        SettingsInvalid, KeyMissing, UnsafeServer, Unavailable: What is wrong with the installation.
    """
    return Engine.open(settings)


def open_ledgers(settings: Settings) -> Ledgers:
    """Make the connections of the read side; the first query opens one.

    Raises:
        SettingsInvalid: settings_invalid, without DATABASE_URL.
    """
    return Ledgers(_url(settings), pool_size=settings.pool_size)


def token_key(settings: Settings) -> TokenKey:
    """Return the key of development tokens, made when there is none in the data folder.

    Raises:
        KeyMissing: key_missing.
    """
    return TokenKey.load(settings.token_key_path, create=settings.token_key_file is None)


def open_tokens(settings: Settings) -> Verifier:
    """Return what checks tokens: those of the issuer named, or else of the development key.

    Raises:
        KeyMissing: key_missing, of the development key; an issuer is asked once the first token comes.
    """
    if settings.oidc_issuer is None:
        return DevelopmentTokens(token_key(settings))
    return IssuedTokens(
        IssuerKeys(settings.oidc_issuer),
        settings.oidc_audience,
        role_claim=settings.oidc_role_claim,
        unit_claim=settings.oidc_unit_claim,
    )


def open_program(settings: Settings) -> Program:
    """Open all that the API works with. Raises: as open_engine, and KeyMissing for the token key."""
    tokens = open_tokens(settings)
    engine = open_engine(settings)
    try:
        secret = KeyRing.load(settings.vault_key_path).secret("cursor")
        return Program(settings, engine, open_ledgers(settings), tokens, secret)
    except BaseException:
        engine.close()
        raise


def open_app(settings: Settings) -> FastAPI:
    """Return the API of an installation; it closes what it opened when it is shut down."""
    program = open_program(settings)
    try:
        program.engine.rules.install()
    except BaseException:
        program.close()
        raise
    return app(program, owns=True)


def app(program: Program, *, owns: bool = False) -> FastAPI:
    """Return the API on top of a program; `owns`: shutting it down closes the program."""
    from interfaces.http.app import build

    return build(program, owns=owns)


def migrate(settings: Settings) -> list[str]:
    """Bring the database up to this release; return the names of what was applied now.

    Raises:
        SettingsInvalid, MigrationChanged, Unavailable, LedgersOutdated: Why it can't be done.
    """
    from engine.migrate import migrate as apply
    from projections import schema
    from workers import relay

    applied = apply(_url(settings), extra=[relay.SCHEMA], roles=[relay.ROLES, schema.ROLES])
    return [*applied, "ledgers"] if schema.install(_url(settings)) else applied


def pending(settings: Settings) -> list[str]:
    """Return the names of what `migrate` would apply to the log, the vault, the relay and the roles."""
    from engine.migrate import pending as look
    from workers.relay import SCHEMA

    return look(_url(settings), extra=[SCHEMA])


def _configure(connection: psycopg.Connection[Any]) -> None:
    """Let a transaction read everything as of one moment, for a while, and nothing write."""
    settle(connection, "reader")
    connection.execute(f"SET statement_timeout = {STATEMENT_MILLISECONDS}".encode())
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def _url(settings: Settings) -> str:
    if settings.database_url is None:
        raise SettingsInvalid("DATABASE_URL is not set.")
    return settings.database_url
