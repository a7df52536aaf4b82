"""One lived case and the people around it, as the stories see them over the API."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

from domain.actor import Actor, Role
from engine import clock
from interfaces.demo.client import Client, Refusal

CITY = "boston"
THIRD_PARTY = "boston.third-party"
WAIT = 1.0
"""Seconds between two looks at a case."""
PATIENCE = 300.0
"""Seconds that each part of the telling may take; all of it takes about a minute on two cores."""
MOVED = ("not_your_unit", "own_visit")
Json = dict[str, Any]
Person = Callable[[], Actor]
"""Who has a duty when asked."""


class Over(Exception):
    """The demonstration has ended early; the case is left as it is."""


@dataclass(frozen=True)
class Sighting:
    """A case as it was seen over the API at a moment at which nothing was about to change it."""

    case: UUID
    version: int
    stage: str
    unit: str
    at: datetime


@dataclass(frozen=True)
class Course:
    """What all stories are told of.

    Attributes:
        repaired: Set once the servers that were killed are back.
        over: Set when no story is to go on.
    """

    repaired: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)


@dataclass(frozen=True)
class Life:
    """One case and the people around it.

    Attributes:
        client: Gives the connection of the thread that asks.
        left: Set once nobody is going to touch the case before the ladder has.
        seen: What a replay must show again.
    """

    case: UUID
    client: Callable[[], Client]
    course: Course
    left: Event = field(default_factory=Event)
    log: list[str] = field(default_factory=list)
    seen: list[Sighting] = field(default_factory=list)

    def state(self) -> Json:
        """Return the case as the city sees it."""
        state = self.client().case(self.case, CITY_SUPERVISOR)
        now, step = clock.now(), state["next_step"]
        # A step that is due may be under way: what was seen then may be of a moment later or earlier.
        if step is None or datetime.fromisoformat(step["at"]) > now:
            self.seen.append(Sighting(self.case, state["version"], state["stage"], state["unit"], now))
        return state

    def do(self, verb: str, by: Person, **body: Any) -> Json:
        """Give a command; somebody else gives it when the ladder has just moved the duty to another unit.

        Raises:
            Over: There is nothing more to tell.
            Refusal: It was refused.
        """
        self.log.append(verb)
        who = by()
        while True:
            if self.course.over.is_set():
                raise Over
            try:
                return self.client().do(self.case, verb, who, body)
            except Refusal as refusal:
                before, who = who, by()
                if refusal.code not in MOVED or who == before:
                    raise

    def person(self, role: Role, duty: str) -> Person:
        """Return somebody of the unit that has a duty when asked: `desk`, `handler` or `visitor`."""

        def now() -> Actor:
            unit = self.state()["duties"][duty]
            # Where the ladder raised both desk and handler to the city, nobody of the city may visit.
            unit = THIRD_PARTY if (duty, unit) == ("visitor", CITY) else unit
            return Actor(id=f"{role.value}@{unit}", role=role, unit=unit)

        return now

    def until(self, come: Callable[[Json], bool]) -> None:
        """Look at the case again and again until a condition holds.

        Raises:
            TimeoutError: It did not come in time.
            Over: There is nothing more to wait for.
        """
        # What it waits for may come only after two parts: what leads to the outage, and the outage itself.
        end = clock.now() + timedelta(seconds=2 * PATIENCE)
        while not come(self.state()):
            if clock.now() >= end:
                raise TimeoutError(f"case {self.case}: waited too long after {self.log[-1:]}")
            self.rest(WAIT)

    def rest(self, seconds: float) -> None:
        """Let time pass. Raises: Over."""
        if self.course.over.wait(seconds):
            raise Over

    def await_repair(self) -> None:
        """Wait until the servers that were killed are back.

        Whoever brings them back waits for nothing without a limit, and ends this wait however it ends itself.

        Raises:
            Over: They don't come back.
        """
        self.course.repaired.wait()
        self.rest(0)


CITY_SUPERVISOR = Actor(id="supervisor@boston", role=Role.SUPERVISOR, unit=CITY)


def supervisor() -> Actor:
    """Return the city's supervisor."""
    return CITY_SUPERVISOR


def somebody(role: Role, unit: str) -> Person:
    """Return a person of a unit, whatever its duty."""
    return lambda: Actor(id=f"{role.value}@{unit}", role=role, unit=unit)
