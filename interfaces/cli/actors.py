"""Who speaks on the command line: the administrator of the machine, or somebody named by options."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.outcome import BadUsage

if TYPE_CHECKING:
    from domain.actor import Actor

RoleOption = Annotated[
    str,
    typer.Option(
        "--role",
        help="resident, grid_worker, case_worker, unit_head, supervisor, auditor, visitor, administrator.",
    ),
]
UnitOption = Annotated[
    str | None, typer.Option("--unit", help="Unit for which the actor speaks, such as boston.desk.")
]
ActorOption = Annotated[
    str | None, typer.Option("--actor", help="Stable id of the person; default: the user of this machine.")
]


def actor_of(role: str, unit: str | None, name: str | None) -> Actor:
    """Return an actor for the options; the same rules hold for it as for a token's holder.

    Raises:
        BadUsage: A role or unit that can't be.
    """
    from pydantic import ValidationError

    from domain.actor import Actor, Role

    granted = [one.value for one in Role if one is not Role.SYSTEM]
    if role not in granted:
        raise BadUsage(f"There is no role {role}; choose one of {', '.join(granted)}.")
    try:
        return Actor(id=name or f"local:{getpass.getuser()}", role=Role(role), unit=unit)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise BadUsage(f"The actor can't serve: {faults}.") from None


def administrator(role: str, unit: str | None, name: str | None) -> Actor:
    """Return an actor for the options, who must administer the whole installation.

    Raises:
        BadUsage: A role or unit that can't be.
        NotAllowed: role_not_allowed, for everybody else.
    """
    from domain.actor import Role
    from domain.errors import NotAllowed

    who = actor_of(role, unit, name)
    if who.role is not Role.ADMINISTRATOR or who.unit is not None:
        raise NotAllowed(
            "This takes an administrator of the whole installation: leave --role and --unit out."
        )
    return who
