"""The tree of units, folded from its events and asked by the rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import Refused
from domain.organisation.events import UnitEstablished


class Level(StrEnum):
    """Where a unit stands. The first four are the axis (一轴). Source: glossary."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    DEPARTMENT = "department"
    OFFICE = "office"
    THIRD_PARTY = "third_party"


AXIS = frozenset({Level.DISTRICT, Level.STREET, Level.COMMUNITY, Level.GRID})
WORKPLACES = frozenset(Level) - {Level.THIRD_PARTY}
"""Levels of units that can be made responsible for a case."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One node of the tree."""

    id: str
    parent: str | None
    level: Level
    name_en: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """All units by id; empty before the first one is established."""

    units: Mapping[str, Unit] = field(default_factory=dict)

    def unit(self, unit: str) -> Unit:
        """Return a unit.

        Raises:
            Refused: unknown_unit.
        """
        try:
            return self.units[unit]
        except KeyError:
            raise Refused("unknown_unit", unit) from None

    def knows(self, unit: str) -> bool:
        """Whether the unit exists."""
        return unit in self.units

    def chain(self, unit: str) -> Iterator[Unit]:
        """Yield the unit and everything above it, nearest first."""
        current: str | None = unit
        while current is not None:
            node = self.unit(current)
            yield node
            current = node.parent

    def contains(self, above: str, below: str | None) -> bool:
        """Whether `below` is `above` or lies somewhere under it; False for no unit at all."""
        return (
            below is not None and below in self.units and any(node.id == above for node in self.chain(below))
        )

    def acts_for(self, unit: str | None, member: str | None) -> bool:
        """Whether the people of `member` act as `unit`: it is that unit, or a part of it.

        Everybody is under a district, so only its own people are the district.
        """
        if unit is None or member is None:
            return False
        return member == unit or (
            self.knows(unit) and self.units[unit].level is not Level.DISTRICT and self.contains(unit, member)
        )

    def parent(self, unit: str) -> str:
        """Return the unit above; the top unit answers itself, since there is nobody higher to raise to."""
        return self.unit(unit).parent or unit

    def desk(self, place: str) -> str:
        """Return the unit that screens and assigns what happens at a place.

        It is the nearest street on the way up, or else the district.

        Source: practice; demands go up the axis.
        """
        chain = list(self.chain(place))
        return next((node.id for node in chain if node.level is Level.STREET), chain[-1].id)


def fold(events: Iterable[UnitEstablished], organisation: Organisation | None = None) -> Organisation:
    """Add units in the order of their events."""
    units = dict(organisation.units) if organisation else {}
    for event in events:
        units[event.unit] = Unit(
            id=event.unit,
            parent=event.parent,
            level=Level(event.level),
            name_en=event.name_en,
            name_zh=event.name_zh,
        )
    return Organisation(units)
