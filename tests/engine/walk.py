"""Commands by chance, given to a real engine: what walks of different tests share."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from domain.actor import LADDER, Actor
from domain.case.commands import AnyCaseCommand
from engine import clock
from engine.handle import Engine
from tests.domain.case.chance import command
from tests.support import asks
from tests.support.given import World, rung

BEGUN = (asks.collect("water", "noise"), asks.screen(), asks.assign())
"""How a walk begins, so that chance finds a case under way."""


@dataclass
class Walk(ABC):
    """Draws commands for some cases.

    Attributes:
        names: The ids that cases may have.
        world: The cases as the engine has them, from which chance draws; it decides nothing.
    """

    random: Random
    names: list[UUID]
    world: World = field(default_factory=World, kw_only=True)

    @abstractmethod
    def give(self, case: UUID, asked: AnyCaseCommand, actor: Actor) -> bool:
        """Give a command to the engine and check what comes of it; returns whether it was accepted."""

    def step(self) -> None:
        """Draw what is asked next: something by chance, or the timer's next step."""
        case = self.random.choice(self.names)
        self.world.now = clock.now()
        planned = self.world.plan(case) if case in self.world.cases else None
        if planned is not None and planned.wake_at <= self.world.now and self.random.random() < 0.3:
            self.give(case, rung(planned), LADDER)
            return
        known = self.world.cases.get(case)
        self.give(case, *command(self.random, self.world, known, [*self.world.cases]))

    def look(self, engine: Engine, case: UUID) -> None:
        """See how the cases stand now."""
        for one in {case, *self.world.cases}:
            found = engine.case(one)
            if found is not None:
                self.world.cases[one] = found
