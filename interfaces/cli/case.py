"""The commands about one case: see it, replay it, and work on it under the same rules as the API."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from interfaces.cli.actors import ActorOption, RoleOption, UnitOption, actor_of
from interfaces.cli.files import read_text
from interfaces.cli.outcome import BadUsage
from interfaces.cli.output import Json, emit, table
from interfaces.cli.place import opened_engine

if TYPE_CHECKING:
    from domain.actor import Actor
    from domain.case.state import Case
    from engine.handle import Engine
    from interfaces.http.bodies import Asked

CaseArgument = Annotated[UUID, typer.Argument(metavar="CASE", help="Id of the case.")]
MomentOption = Annotated[
    str | None, typer.Option(help="Moment with its offset, such as 2026-03-02T09:00:00+08:00.")
]

group = typer.Typer(
    name="case", help="See a case and give it commands.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.add_typer(group)
    app.command()(replay)


@group.command()
def show(
    case: CaseArgument,
    *,
    role: RoleOption = "administrator",
    unit: UnitOption = None,
    actor: ActorOption = None,
    as_json: Json = False,
) -> None:
    """Show a case as it stands: who is responsible, what runs, what this actor may do."""
    who = actor_of(role, unit, actor)
    with opened_engine() as engine:
        found = _seen(engine, case, who)
        data = _portrait(found, engine, who)
    emit(data, as_json, _lines(data))


@group.command()
def history(
    case: CaseArgument,
    *,
    role: RoleOption = "administrator",
    unit: UnitOption = None,
    actor: ActorOption = None,
    as_json: Json = False,
) -> None:
    """List the events of a case in both times; personal values stay sealed."""
    from engine.replay import history as recorded
    from interfaces.http.portray import tell

    who = actor_of(role, unit, actor)
    with opened_engine() as engine:
        _seen(engine, case, who)
        rows = [tell(one, who).model_dump(mode="json") for one in recorded(engine.store, case)]
    columns = ("version", "name", "happened_at", "recorded_at", "role", "unit", "rules")
    lines = table([{**row, **row["actor"], "rules": _rules(row)} for row in rows], columns, "No events.")
    emit({"case": case, "events": rows}, as_json, lines)


@group.command()
def do(
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="Id of the case; `new` gives a new one, for collect.")
    ],
    verb: Annotated[
        str, typer.Argument(metavar="VERB", help="Such as collect, screen, assign, accept, resolve.")
    ],
    *,
    body: Annotated[
        str, typer.Option("--body", help="JSON; @FILE reads a file, - reads standard input.")
    ] = "{}",
    role: RoleOption = "administrator",
    unit: UnitOption = None,
    actor: ActorOption = None,
    command_id: Annotated[
        UUID | None,
        typer.Option(
            "--command-id", help="A repeat with the same id records nothing new; default: a new id."
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="When it happened, with its offset; default: now.")
    ] = None,
    version: Annotated[
        int | None,
        typer.Option("--version", min=0, help="Refuse when the case has moved on from this version."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give a case a command; what the actor may not do is refused as it is by the API."""
    from engine import ids
    from interfaces.http.identity import guard_unit

    who, asked = actor_of(role, unit, actor), _asked(verb, body)
    moment = _moment("--at", at)
    if moment is not None and asked.at is not None:
        raise BadUsage("Say when it happened once: with --at, or as happened_at in the body.")
    wanted = ids.new() if case == "new" else _case_id(case)
    with opened_engine() as engine:
        engine.rules.install()
        if verb == "collect":
            guard_unit(who, engine.rules)
        else:
            _seen(engine, wanted, who)
        answer = engine.handle(
            wanted,
            asked.command,
            who,
            command_id=command_id or ids.new(),
            at=moment or asked.at,
            expected_version=version,
        )
    data = {
        "case": answer.case,
        "version": answer.version,
        "position": answer.position,
        "events": answer.events,
        "repeated": answer.repeated,
    }
    emit(
        data,
        as_json,
        [f"{answer.case} at version {answer.version}: {', '.join(answer.events) or 'was so already'}"],
    )


def replay(
    case: CaseArgument,
    *,
    version: Annotated[int | None, typer.Option("--version", min=1, help="As of this version.")] = None,
    recorded_at: Annotated[str | None, typer.Option("--recorded-at", help="As known at this moment.")] = None,
    happened_at: Annotated[
        str | None, typer.Option("--happened-at", help="As things stood at this moment.")
    ] = None,
    role: RoleOption = "administrator",
    unit: UnitOption = None,
    actor: ActorOption = None,
    as_json: Json = False,
) -> None:
    """Show a case as it stood, or as it was known, at a version or a moment; the three may be combined."""
    from engine.replay import replay as replayed

    who = actor_of(role, unit, actor)
    known, stood = _moment("--recorded-at", recorded_at), _moment("--happened-at", happened_at)
    with opened_engine() as engine:
        present = _seen(engine, case, who)
        if version is not None and version > present.version:
            raise BadUsage(f"The case has not come to version {version}; it is at {present.version}.")
        past = replayed(engine.store, case, version=version, recorded_at=known, happened_at=stood)
        data = None if past is None else _portrait(past, engine, who, live=False)
    emit({"case": case, "state": data}, as_json, _lines(data) if data else ["Nothing was known of it then."])


def _portrait(case: Case, engine: Engine, who: Actor, *, live: bool = True) -> dict[str, Any]:
    """Return a case as the API shows it to this actor."""
    from engine import clock
    from interfaces.http.portray import Reader, portray

    reader = Reader(who, engine.rules.current(), clock.now(), engine.vault)
    return portray(case, reader, live=live).model_dump(mode="json")


def _rules(row: Mapping[str, Any]) -> str:
    """Say in few words by which policy and calendar an event was decided."""
    policy = row["policy"]
    return f"{policy['id']}@{policy['version']}, calendar {row['calendar']}" if policy else "-"


def _seen(engine: Engine, case: UUID, who: Actor) -> Case:
    from domain.errors import Refused
    from engine.authorise import visible
    from interfaces.http.identity import guard_unit

    guard_unit(who, engine.rules)
    found = engine.case(case)
    if found is None or not visible(who, found, engine.rules.current().organisation):
        raise Refused("unknown_case")
    return found


def _asked(verb: str, body: str) -> Asked:
    """Read a body as the API does, and by its rules."""
    from domain.case.commands import BY_VERB
    from interfaces.http.bodies import parse
    from interfaces.http.codes import HttpRefusal

    if verb not in BY_VERB:
        raise BadUsage(f"There is no command {verb}; choose one of {', '.join(BY_VERB)}.")
    try:
        return parse(BY_VERB[verb], _text(body).encode("utf-8", "replace"))
    except HttpRefusal as error:
        places = (f"{one['location']}: {one['message']}" for one in error.errors)
        raise BadUsage(f"The body doesn't fit {verb}: {'; '.join(places) or error.message}.") from None


def _text(body: str) -> str:
    if body == "-":
        try:
            return sys.stdin.read()
        except UnicodeDecodeError as error:
            raise BadUsage(f"Standard input can't be read: {error}.") from None
    if not body.startswith("@"):
        return body
    return read_text(Path(body[1:]))


def _case_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadUsage(f"{text} is no id of a case.") from None


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadUsage(f"{option}: {text} is no moment; write it as 2026-03-02T09:00:00+08:00.") from None
    if moment.tzinfo is None:
        raise BadUsage(f"{option}: {text} has no offset; add one, such as +08:00 or Z.")
    return moment


def _unsure(moment: Mapping[str, Any]) -> str:
    return " (provisional)" if moment["provisional"] else ""


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    yield f"case         {data['id']} at version {data['version']}"
    yield f"stage        {data['stage']}, round {data['round']}, since {data['since']}"
    yield f"account      {data['unit']} / {data['bucket']}"
    yield f"policy       {data['policy']['id']} version {data['policy']['version']}"
    for clock in data["clocks"]:
        late = ", OVERDUE" if clock["overdue"] else ""
        due = f"{clock['due_at'] or '-'}{_unsure(clock)}"
        yield f"clock        {clock['key']} of {clock['owner']}, due {due}{late}"
    if step := data["next_step"]:
        yield f"next step    {step['action']} at {step['at']}{_unsure(step)} for {step['unit']}"
    yield f"actions      {', '.join(data['actions']) or '-'}"
