"""The command that erases a resident's personal values, as the law on personal information asks."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.actors import ActorOption, RoleOption, UnitOption, administrator
from interfaces.cli.case import CaseArgument
from interfaces.cli.outcome import BadUsage
from interfaces.cli.output import Json, emit
from interfaces.cli.place import opened_engine


def add_to(app: typer.Typer) -> None:
    """Put this command into the program."""
    app.command()(erase)


def erase(
    case: CaseArgument,
    ground: Annotated[
        str, typer.Option("--ground", help="Ground in law, such as `PIPL 47(1)(3)`; it is kept for good.")
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask again.")] = False,
    role: RoleOption = "administrator",
    unit: UnitOption = None,
    actor: ActorOption = None,
    as_json: Json = False,
) -> None:
    """Erase what the resident of a case said and who they are, in all their cases; events and counts stay.

    It can't be undone. Who erased what, when and on which ground is recorded.
    """
    from domain.errors import Refused

    who = administrator(role, unit, actor)
    if not ground.strip():
        raise BadUsage("Give the ground in law with --ground.")
    if not yes:
        typer.confirm(
            f"Erase every personal value of the resident of {case}, for good?", abort=True, err=True
        )
    with opened_engine() as engine:
        if engine.case(case) is None:
            raise Refused("unknown_case", str(case))
        erased = engine.vault.erase(case, who, ground.strip())
    line = f"{erased} values erased." if erased else "The vault holds nothing for this case."
    emit({"case": case, "erased": erased}, as_json, [line])
