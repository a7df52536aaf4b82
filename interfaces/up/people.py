"""A token for each role, with a unit that fits it, so that a newcomer can try every part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from domain.actor import Actor, Role
from domain.organisation import Level, Organisation

if TYPE_CHECKING:
    from engine.settings import Settings

LIFE: Final = timedelta(hours=24)
PATIENCE: Final = 10.0
"""Seconds for the ledgers to catch up; later they only choose a less busy unit."""


@dataclass(frozen=True)
class Person:
    """A role, the unit for which it speaks (None: none), and a token for it.

    Attributes:
        role: Its name; for somebody of the district beside another of the role it begins with `district_`.
    """

    role: str
    unit: str | None
    token: str


def people(settings: Settings) -> list[Person]:
    """Return one person a role; roles that need a unit are absent while there is no organisation.

    Beside them stand a worker and a head of the district: only they act on what was raised to it.
    """
    from engine import clock
    from interfaces.compose import open_program, token_key
    from interfaces.tokens import UNITLESS, issue
    from projections.accountability.view import balances
    from projections.progress import wait_for

    with open_program(settings) as program:
        organisation = program.engine.rules.refresh().organisation
        with program.ledgers.connection() as connection:
            wait_for(connection, program.engine.store.head(), PATIENCE)
            busy = Counter({unit: 0 for unit in organisation.units})
            for balance in balances(connection):
                if balance.bucket in _WORK and organisation.knows(balance.unit):
                    for above in organisation.chain(balance.unit):
                        busy[above.id] += balance.cases
    units = units_for(organisation, [unit for unit, _ in busy.most_common()])
    key, now = token_key(settings), clock.now()
    wanted = [
        (role.value, role, units[role])
        for role in Role
        if role is not Role.SYSTEM and (units[role] or role in UNITLESS)
    ]
    if top := units[Role.SUPERVISOR]:
        wanted += [("district_worker", Role.CASE_WORKER, top), ("district_head", Role.UNIT_HEAD, top)]
    actors = [
        (name, Actor(id=f"{role}@{unit}" if unit else role.value, role=role, unit=unit))
        for name, role, unit in wanted
    ]
    return [Person(name, actor.unit, issue(key, actor, now=now, life=LIFE)) for name, actor in actors]


_WORK: Final = frozenset({"to_accept", "in_hand"})


def units_for(organisation: Organisation, busiest: Iterable[str]) -> dict[Role, str | None]:
    """Return a unit that fits each role; None where there is none, or where the role sees everything without.

    Args:
        organisation: All units.
        busiest: Units, those with most work first.
    """
    order = [organisation.units[unit] for unit in busiest if unit in organisation.units]

    def first(*levels: Level) -> str | None:
        return next((unit.id for level in levels for unit in order if unit.level is level), None)

    top = next((unit.id for unit in organisation.units.values() if unit.parent is None), None)
    place = first(Level.GRID, Level.COMMUNITY, Level.STREET)
    # The street around the grid screens and assigns what is collected there.
    above = organisation.chain(place) if place is not None else ()
    street = next((unit.id for unit in above if unit.level is Level.STREET), top)
    return {
        Role.RESIDENT: None,
        Role.GRID_WORKER: place,
        Role.CASE_WORKER: street,
        Role.UNIT_HEAD: first(Level.DEPARTMENT, Level.STREET),
        Role.SUPERVISOR: top,
        Role.AUDITOR: None,
        Role.VISITOR: first(Level.THIRD_PARTY) or top,
        Role.ADMINISTRATOR: None,
        Role.SYSTEM: None,
    }
