"""The commands about calendars: see what holds for a unit, amend it, and tell the cases that it moved."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.actors import ActorOption, RoleOption, UnitOption, actor_of
from interfaces.cli.files import read_text
from interfaces.cli.outcome import BadUsage, Exit
from interfaces.cli.output import Json, emit, progress, table
from interfaces.cli.place import catch_up, opened_engine

if TYPE_CHECKING:
    from domain.actor import Actor
    from domain.calendar import Calendar
    from engine.amendments import Amendment
    from engine.handle import Engine

app = typer.Typer(help="Show and amend calendars.", no_args_is_help=True, rich_markup_mode=None)
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Days = Annotated[list[str] | None, typer.Option(help="A day, such as 2026-03-09; may be repeated.")]


@app.command()
def show(
    calendar: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Id of a calendar; without one all are listed.")
    ] = None,
    *,
    unit: Annotated[str | None, typer.Option("--unit", help="As it holds for this unit.")] = None,
    year: Annotated[int | None, typer.Option("--year", min=1990, max=2150, help="Only this year.")] = None,
    as_json: Json = False,
) -> None:
    """List the calendars, or show the days and hours of one as they hold now, amendments included."""
    with opened_engine() as engine:
        book = engine.rules.current()
        if calendar is not None and calendar not in book.calendars:
            raise BadUsage(f"There is no calendar {calendar}; `echowall calendar show` lists them.")
        names = sorted(book.calendars) if calendar is None else [calendar]
        found = [_portrait(book.calendar_of(name, unit), year) for name in names]
        changes = [
            {
                "calendar": one.calendar,
                "version": one.version,
                "unit": one.unit,
                "known_at": one.known_at,
                "off": sorted(one.off),
                "worked": sorted(one.worked),
                "publishes": sorted(one.years),
                "cause": one.cause,
            }
            for one in book.overlays
            if calendar in (None, one.calendar)
        ]
    columns = ("id", "version", "zone", "published", "office_hours")
    lines = [*table(found, columns, "No calendars.")]
    if calendar is not None:
        lines += [
            f"{name}  {' '.join(map(str, found[0][name]))}" for name in ("days_off", "make_up_workdays")
        ]
    if changes:
        lines += [
            "",
            *table(changes, ("calendar", "version", "unit", "known_at", "off", "worked", "cause"), ""),
        ]
    emit({"calendars": found, "amendments": changes}, as_json, lines)


@app.command()
def amend(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", exists=True, dir_okay=False, help="TOML file; or give the days."),
    ] = None,
    *,
    calendar: Annotated[str, typer.Option("--calendar", help="Id of the calendar.")] = "china",
    off: Days = None,
    work: Days = None,
    for_unit: Annotated[
        str | None, typer.Option("--for", help="This unit and all under it; default: everybody.")
    ] = None,
    cause: Annotated[str | None, typer.Option("--cause", help="Why, in a few words.")] = None,
    instrument: Annotated[
        str | None, typer.Option("--instrument", help="The notice or order by which it is done.")
    ] = None,
    role: RoleOption = "administrator",
    unit: UnitOption = None,
    actor: ActorOption = None,
    as_json: Json = False,
) -> None:
    """Amend a calendar by an event, and tell each open case whose clocks it moves; twice is nothing."""
    wanted = _read(file) if file is not None else _asked(calendar, off, work, for_unit, cause, instrument)
    who = actor_of(role, unit, actor)
    with opened_engine() as engine:
        _may_amend(who, wanted.unit, engine)
        event = engine.rules.amend(wanted, who)
        told = _recalibrated(engine, wanted.cause)
    catch_up()
    facts = None if event is None else event.model_dump(mode="json", exclude_none=True)
    first = "It is so already" if event is None else f"{event.calendar} is at version {event.version}"
    emit({"amended": facts, **told}, as_json, [f"{first}; {_line(told)}"])
    if told["refused"]:
        raise typer.Exit(Exit.CHECK_FAILED)


@app.command()
def recalibrate(
    cause: Annotated[str, typer.Option("--cause", help="Why, in a few words; it stands in each event.")],
    as_json: Json = False,
) -> None:
    """Tell the open cases that an amendment moved and that were not told yet, after `amend` was stopped."""
    with opened_engine() as engine:
        told = _recalibrated(engine, cause)
    catch_up()
    emit(told, as_json, [_line(told)])
    if told["refused"]:
        raise typer.Exit(Exit.CHECK_FAILED)


def _recalibrated(engine: Engine, cause: str) -> dict[str, Any]:
    from dataclasses import asdict

    from engine.recalibrate import recalibrate as run

    with progress("Cases") as told:
        return asdict(run(engine, cause, told))


def _line(told: dict[str, Any]) -> str:
    rest = f", {len(told['refused'])} could not be told" if told["refused"] else ""
    return f"{told['clocks']} clocks of {told['moved']} cases moved, of {told['cases']} open ones{rest}"


def _may_amend(who: Actor, unit: str | None, engine: Engine) -> None:
    from domain.actor import Role
    from domain.errors import NotAllowed, NotYourUnit

    if who.role is not Role.ADMINISTRATOR:
        raise NotAllowed(f"The role {who.role.value} may not amend a calendar; it takes administrator.")
    if who.unit is not None and not engine.rules.current().organisation.contains(who.unit, unit):
        raise NotYourUnit("An administrator of a unit amends for that unit and those under it; use --for.")


def _read(file: Path) -> Amendment:
    from engine.amendments import read_amendment

    return read_amendment(read_text(file))


def _asked(  # noqa: PLR0917 - the options in their order
    calendar: str,
    off: list[str] | None,
    work: list[str] | None,
    unit: str | None,
    cause: str | None,
    instrument: str | None,
) -> Amendment:
    from engine.amendments import Amendment

    if not cause:
        raise BadUsage("Say why with --cause, or give a file.")
    return Amendment(
        calendar=calendar,
        cause=cause,
        instrument=instrument or cause,
        unit=unit,
        off=frozenset(map(_day, off or [])),
        worked=frozenset(map(_day, work or [])),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadUsage(f"{text} is no day; write it as 2026-03-09.") from None


def _portrait(calendar: Calendar, year: int | None) -> dict[str, Any]:
    years = calendar.years
    shown = None if year is None else {year}
    if years is not None and shown is None:
        shown = set(years)

    def of(days: frozenset[date]) -> list[date]:
        return sorted(day for day in days if shown is None or day.year in shown)

    return {
        "id": calendar.id,
        "version": calendar.version,
        "zone": calendar.zone,
        "published": "every" if years is None else f"{min(years)}-{max(years)}",
        "provisional": bool(years is not None and year is not None and year not in years),
        "weekend": [_WEEK[number - 1] for number in sorted(calendar.weekend)],
        "office_hours": [f"{_clock(opens)}-{_clock(closes)}" for opens, closes in calendar.office_hours],
        "days_off": of(calendar.days_off),
        "make_up_workdays": of(calendar.make_up_workdays),
        "source": calendar.source,
    }


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
