"""The commands that look after Temporal's timers, which hold no truth and can be had anew from the log."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from interfaces.cli.output import Json, emit, progress
from interfaces.cli.place import settings

if TYPE_CHECKING:
    from engine.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.command()(rebuild_timers)


def rebuild_timers(as_json: Json = False) -> None:
    """Bring every timer back into Temporal, after it lost its data; doing so twice doubles nothing."""
    from interfaces.compose import open_engine
    from workers.relay.rebuild import rebuild_timers as rebuild
    from workers.temporal.timers import Timers

    found = with_temporal(settings())
    engine = open_engine(found)
    try:
        with Timers.connect(found) as timers, progress("Timers") as told:
            done = rebuild(engine, found.database_url or "", timers, progress=told)
    finally:
        engine.close()
    line = f"{done.planned} timers run for {done.open} open cases; {done.parked} cases can't be planned"
    emit(asdict(done), as_json, [line])


def with_temporal(found: Settings) -> Settings:
    """Return the settings as they are.

    Raises:
        SettingsInvalid: settings_invalid, when they name no Temporal server.
    """
    from engine.errors import SettingsInvalid

    if found.temporal_address is None:
        raise SettingsInvalid("TEMPORAL_ADDRESS is not set; it names the Temporal server as host:port.")
    return found
