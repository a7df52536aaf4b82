"""The commands about periodic jobs: bring their schedules into Temporal, and see how they stand."""

from __future__ import annotations

from dataclasses import asdict

import typer

from interfaces.cli.output import Json, emit, table
from interfaces.cli.place import opened_engine, settings
from interfaces.cli.timers import with_temporal

app = typer.Typer(help="Apply and show periodic jobs.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def apply(as_json: Json = False) -> None:
    """Make the schedules of all periodic jobs, or put them right; doing so twice changes nothing."""
    from workers.schedules.apply import apply as run
    from workers.schedules.jobs import default_calendar

    found = with_temporal(settings())
    with opened_engine() as engine:
        zone = default_calendar(engine.rules.refresh()).zone
    rows = [asdict(one) for one in run(found, zone)]
    emit({"schedules": rows}, as_json, table(rows, ("id", "zone", "change"), "No schedules."))


@app.command()
def show(as_json: Json = False) -> None:
    """Show each schedule: whether it exists, is paused, ran last and runs next."""
    from workers.schedules.apply import show as look

    rows = [asdict(one) for one in look(with_temporal(settings()))]
    columns = ("id", "exists", "zone", "paused", "last", "next")
    emit({"schedules": rows}, as_json, table(rows, columns, "No schedules."))
