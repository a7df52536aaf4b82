"""Where a command finds its servers: the environment, or the `echowall up` on the same data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.handle import Engine
    from engine.settings import Settings
    from interfaces.compose import Program


def settings() -> Settings:
    """Return the settings with a database in them.

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
    try:
        yield program
    finally:
        program.close()
