"""The commands that look after Temporal's timers, which hold no truth and can be had anew from the log."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.outcome import Exit
from interfaces.cli.output import Json, emit, progress
from interfaces.cli.place import settings

if TYPE_CHECKING:
    from engine.handle import Engine
    from engine.settings import Settings
    from workers.temporal.timers import Timers


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.command()(rebuild_timers)


def rebuild_timers(
    check: Annotated[
        bool, typer.Option("--check", help="Only compare timers with the log; ends with 1 when they differ.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring every timer back into Temporal, after it lost its data; doing so twice doubles nothing."""
    from interfaces.compose import open_engine
    from workers.temporal.timers import Timers

    found = with_temporal(settings())
    with closing(open_engine(found)) as engine, Timers.connect(found) as timers:
        data, line, sound = (_compare if check else _rebuild)(engine, found, timers)
    emit(data, as_json, [line])
    if not sound:
        raise typer.Exit(Exit.CHECK_FAILED)


def with_temporal(found: Settings) -> Settings:
    """Return the settings as they are.

    Raises:
        SettingsInvalid: settings_invalid, when they name no Temporal server.
    """
    from engine.errors import SettingsInvalid

    if found.temporal_address is None:
        raise SettingsInvalid("TEMPORAL_ADDRESS is not set; it names the Temporal server as host:port.")
    return found


def _rebuild(engine: Engine, found: Settings, timers: Timers) -> tuple[dict[str, Any], str, bool]:
    from workers.relay.rebuild import rebuild_timers as rebuild

    with progress("Timers") as told:
        done = rebuild(engine, found.database_url or "", timers, progress=told)
    line = f"{done.planned} timers run for {done.open} open cases; {done.parked} cases can't be planned"
    return asdict(done), line, True


def _compare(engine: Engine, found: Settings, timers: Timers) -> tuple[dict[str, Any], str, bool]:
    from workers.relay.rebuild import check_timers

    seen = check_timers(engine, found.database_url or "", timers)
    line = (
        f"{seen.running} of {seen.planned} timers run, {len(seen.needless)} needless ones; "
        f"the relay is {seen.behind} events behind"
    )
    return {**asdict(seen), "whole": seen.whole}, line, seen.whole
