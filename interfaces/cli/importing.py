"""The commands that bring cases in from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interfaces.cli.outcome import Exit
from interfaces.cli.output import Json, emit, progress
from interfaces.cli.place import opened_engine, settings

group = typer.Typer(
    name="import", help="Bring cases in from files.", no_args_is_help=True, rich_markup_mode=None
)

flags = typer.Typer(
    name="check-flags",
    help="Compare a source's own verdicts with our clocks.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.add_typer(group)
    app.add_typer(flags)


@flags.callback()
def verdicts() -> None:
    """Compare a source's own verdicts with our clocks."""


@flags.command(name="boston")
def boston_flags(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The file that was imported.")
    ],
    as_json: Json = False,
) -> None:
    """Judge each row's on-time flag by the clocks of its case; ends with 1 if one disagrees or is missing."""
    from interfaces.boston.flags import check_flags

    with opened_engine() as engine, progress("Rows") as told:
        found = check_flags(engine, file, progress=told)
    emit(found.as_json(), as_json, found.sentences())
    if not found.sound:
        raise typer.Exit(Exit.CHECK_FAILED)


@group.callback()
def sources() -> None:
    """Bring cases in from files."""


@group.command()
def boston(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV of 2015, plain or gzip.")
    ],
    until_now: Annotated[
        bool, typer.Option("--until-now", help="Move the whole file in time so that its end is today.")
    ] = False,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", help="Where to write the rows that were mended or reported, as CSV."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Processes; default: one a core, 4 at most.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make cases of Boston's service requests; may be stopped anywhere and run again without doubling."""
    from interfaces.boston.importer import ERROR_FILE, run_import

    own = settings()
    where = errors or own.data_dir / ERROR_FILE
    with opened_engine() as engine, progress("Rows") as told:
        engine.rules.install()
        done = run_import(
            engine, file, until_now=until_now, errors=where, progress=told, settings=own, jobs=jobs
        )
    emit(done.as_json(), as_json, done.sentences())
