"""Who worked on a case, read from its log by another way than the case's own state: for the laws."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.actor import Role
from domain.case import events as e
from domain.case.events import AnyCaseEvent
from tests.support.given import World
from tests.support.town import DISTRICT

HANDLERS_OWE = {"accept", "contact", "resolve", "secure", "repair"}


@dataclass
class Hands:
    """Units and persons that had a hand in a case.

    Attributes:
        named: Units responsible since the last assignment; an objection that is upheld frees them.
        before: Those named when the case was merged, for undo.
        went: Unit of the last visit of this round.
    """

    units: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    before: set[str] = field(default_factory=set)
    round: int = 1
    went: str | None = None

    def touched(self, unit: str) -> bool:
        """Whether a unit or the body that it is part of had a hand in the case; the ids are paths."""
        return any(
            unit == one or (one != DISTRICT and unit.startswith(f"{one}.")) for one in self.units | self.named
        )


def hands(world: World, case: UUID, until: int | None = None) -> Hands:
    """Return who worked on a case up to some number of its events; None: up to now."""
    found = Hands()
    for number, event in enumerate(world.events[case][:until]):
        by = world.givers.get((case, number))
        if isinstance(event, e.Accepted | e.Resolved) and by is not None and by.role is not Role.SYSTEM:
            found.persons.add(by.id)
        if isinstance(event, e.WhistleAnswered) and event.answer != "declined" and by is not None:
            found.units |= {by.unit} if by.unit is not None else set()
        _work(found, event)
        _bonds(found, event, world, case, number)
    return found


def _bonds(found: Hands, event: AnyCaseEvent, world: World, case: UUID, number: int) -> None:
    match event:
        case e.Collected(split_from=UUID() as whole):
            splits = (
                place
                for place, one in enumerate(world.events[whole])
                if isinstance(one, e.Split) and case in {part.case for part in one.parts}
            )
            _join(found, hands(world, whole, next(splits)))
        case e.Merged():
            found.before = set(found.named)
        case e.Unmerged():
            found.named = found.before
        case e.Resolved(with_case=UUID() as leading):
            _join(found, hands(world, leading, _repaired(world, leading, case, number)))


def _repaired(world: World, leading: UUID, follower: UUID, number: int) -> int:
    """Return how many events the leading case had when it resolved this follower's event of that number."""
    merges = sum(isinstance(one, e.Merged) and one.into == leading for one in world.events[follower][:number])
    for place, one in enumerate(world.events[leading], 1):
        merges -= isinstance(one, e.FollowerTaken) and one.follower == follower
        if merges == 0 and isinstance(one, e.Resolved):
            return place
    raise AssertionError("a case followed another one that was never resolved")


def _work(found: Hands, event: AnyCaseEvent) -> None:
    match event:
        case e.Assigned():
            found.named |= {event.unit, *event.co_units}
        case e.Raised() if event.clock.split("/")[1] in HANDLERS_OWE:
            found.named.add(event.to)
        case e.ObjectionRuled(upheld=True):
            found.units |= found.named if found.round > 1 else set()
            found.named = set()
        case e.WhistleAnswered() if event.answer != "declined":
            found.units.add(event.department)
        case e.Visited():
            found.went = event.unit
        case e.Reopened():
            found.round, found.went = event.round, None


def _join(found: Hands, other: Hands) -> None:
    found.units |= other.units | other.named
    found.persons |= other.persons
