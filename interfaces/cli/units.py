"""The commands about the organisation: list its units, and establish those of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from interfaces.cli.actors import ActorOption, RoleOption, UnitOption, administrator
from interfaces.cli.files import read_text
from interfaces.cli.outcome import BadUsage
from interfaces.cli.output import Json, emit, table
from interfaces.cli.place import catch_up, opened_engine

app = typer.Typer(help="Show and establish units.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def show(
    under: Annotated[str | None, typer.Option("--under", help="Only this unit and those under it.")] = None,
    as_json: Json = False,
) -> None:
    """List the units, each after the one above it, in the form that `apply` reads."""
    from engine.unitfiles import COLUMNS

    with opened_engine() as engine:
        organisation = engine.rules.refresh().organisation
        if under is not None and not organisation.knows(under):
            raise BadUsage(f"There is no unit {under}.")
        units = [
            {"unit": one.id, **{name: getattr(one, name) for name in COLUMNS[1:]}}
            for one in organisation.units.values()
            if under is None or organisation.contains(under, one.id)
        ]
    emit(
        {"units": units}, as_json, table(units, COLUMNS, "No units; `echowall units apply FILE` brings some.")
    )


@app.command()
def apply(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="CSV: unit,parent,level,name_en,name_zh."),
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be established.")] = False,
    role: RoleOption = "administrator",
    unit: UnitOption = None,
    actor: ActorOption = None,
    as_json: Json = False,
) -> None:
    """Establish the units of a table that are not there yet, all or none; twice is nothing."""
    from engine import clock
    from engine.unitfiles import COLUMNS, read_units

    who = administrator(role, unit, actor)
    with opened_engine() as engine:
        new = read_units(read_text(file), engine.rules.refresh().organisation, clock.now())
        if not dry_run:
            engine.rules.establish(new, who)
    if not dry_run:
        catch_up()
    rows: list[dict[str, Any]] = [{name: getattr(one, name) for name in COLUMNS} for one in new]
    emit({"new": rows, "dry_run": dry_run}, as_json, table(rows, COLUMNS, "All of them are there already."))
