"""Where a command finds its servers: the environment, the `echowall up` on the folder, or one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.handle import Engine
    from engine.settings import Settings
    from interfaces.compose import Program


_STARTED = ExitStack()
"""What this command started for itself."""
_own: Settings | None = None


def stop_own_server() -> None:
    """Stop what `settings` started, and nothing else."""
    global _own  # noqa: PLW0603 - one command a process
    _own = None
    _STARTED.close()


def settings(*, migrated: bool = True, outdated: bool = False) -> Settings:
    """Return the settings with a database in them.

    Where none is named and no `up` runs, PostgreSQL is started on the data folder until the command ends.

    Args:
        migrated: Bring a database that is started here up to this release; one that is named never is.
        outdated: Let its ledgers have the shape of another release.

    Raises:
        SettingsInvalid: settings_invalid.
        LedgersOutdated: ledgers_outdated.
        LocalError: Why PostgreSQL can't be started here.
    """
    global _own  # noqa: PLW0603 - one command a process
    if _own is not None:
        return _own
    found = settings_or_none()
    if found.database_url is None:
        _own = found = _with_own_database(found, migrated=migrated, outdated=outdated)
    return found


def named_settings() -> Settings:
    """Return the settings with a database that is there already, for processes that serve for long.

    Raises:
        SettingsInvalid: settings_invalid.
        Unavailable: unavailable, when there is neither DATABASE_URL nor a running `up`.
    """
    from engine.errors import Unavailable

    found = settings_or_none()
    if found.database_url is None:
        raise Unavailable(
            f"DATABASE_URL is not set and no `echowall up` runs on {found.data_dir}; start one, or set it."
        )
    return found


def _with_own_database(found: Settings, *, migrated: bool, outdated: bool) -> Settings:
    """Start PostgreSQL on the data folder, held against an `up`; the rest as `settings`."""
    from interfaces import compose
    from interfaces.local.data_dir import data_dir
    from interfaces.local.postgres import LocalPostgres
    from interfaces.up.running import held
    from projections.ledger import LedgersOutdated

    folder = data_dir(found.data_dir)
    _STARTED.enter_context(held(folder))
    server = LocalPostgres(folder)
    _STARTED.callback(server.stop)
    own = found.model_copy(update={"data_dir": folder, "database_url": server.start()})
    if migrated:
        # The ledgers come last: all else is up to this release when they are refused.
        with suppress(LedgersOutdated) if outdated else nullcontext():
            compose.migrate(own)
    return own


def catch_up() -> None:
    """Let the ledgers follow the log to its end, where this command runs the only server."""
    if _own is None or _own.database_url is None:
        return
    from projections.projector import Projector

    with opened_engine() as engine:
        Projector(_own.database_url, engine.store, engine.rules.current).catch_up()


def settings_or_none() -> Settings:
    """Return the settings; without a database in them when none is named and no `up` runs.

    Raises:
        SettingsInvalid: settings_invalid.
    """
    from engine.settings import load
    from interfaces.local.data_dir import choose_data_dir
    from interfaces.up.running import find

    read = load()
    if read.database_url is not None:
        return read
    folder = choose_data_dir(read.data_dir).path
    running = find(folder)
    if running is None:
        return read.model_copy(update={"data_dir": folder})
    return read.model_copy(
        update={
            "data_dir": folder,
            "database_url": running.database_url,
            "temporal_address": read.temporal_address or running.temporal_address,
            "default_policy": running.policy,
        }
    )


@contextmanager
def opened_engine() -> Iterator[Engine]:
    """Open the engine, and close it at the end.

    Raises:
        SettingsInvalid, KeyMissing, UnsafeServer, Unavailable: What is wrong with the installation.
    """
    from interfaces.compose import open_engine

    engine = open_engine(settings())
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def opened_program() -> Iterator[Program]:
    """Open the engine with the ledgers beside it, and close both at the end. Raises: as opened_engine."""
    from interfaces.compose import open_program

    program = open_program(settings())
    catch_up()
    try:
        yield program
    finally:
        program.close()
