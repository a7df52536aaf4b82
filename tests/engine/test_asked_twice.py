"""Asked twice gives nothing more: every command that a walk had answered is given once more, by its id.

Commands are drawn by chance as in tests/domain/case, for a real engine. Whatever was accepted is repeated
at once, and all of it again at the end, when the cases stand elsewhere and would refuse most of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from uuid import UUID, uuid5

import pytest

from domain.actor import LADDER, Actor
from domain.case.commands import AnyCaseCommand
from domain.errors import DomainError
from engine import clock
from engine.handle import Engine
from engine.migrate import migrate
from engine.request import Answer
from engine.settings import Settings
from tests.domain.case.chance import command
from tests.support import asks, town
from tests.support.given import CASE, USUALLY, World, rung

pytestmark = pytest.mark.postgres

STEPS = 60
BEGUN = (asks.collect("water", "noise"), asks.screen(), asks.assign())


@pytest.fixture(scope="module")
def engine(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    migrate(database)
    opened = Engine.open(Settings(DATABASE_URL=database, data_dir=tmp_path_factory.mktemp("twice")))
    opened.rules.establish(town.FOUNDED, LADDER)
    yield opened
    opened.close()


@dataclass
class Walk:
    """Commands given to a real engine, each with the answer that it got.

    Attributes:
        world: The cases as the engine has them, from which chance draws; it decides nothing.
    """

    engine: Engine
    random: Random
    names: list[UUID]
    world: World = field(default_factory=World)
    given: list[tuple[UUID, AnyCaseCommand, Actor, UUID, Answer]] = field(default_factory=list)

    def give(self, case: UUID, asked: AnyCaseCommand, actor: Actor) -> bool:
        """Give a command and, where it is accepted, give it again; returns whether it was."""
        id_ = uuid5(case, f"{self.random.random()}")
        try:
            answer = self.engine.handle(case, asked, actor, command_id=id_)
        except DomainError:
            return False
        self.given.append((case, asked, actor, id_, answer))
        self.again(*self.given[-1])
        for one in {case, *self.world.cases}:
            found = self.engine.case(one)
            if found is not None:
                self.world.cases[one] = found
        return True

    def again(self, case: UUID, asked: AnyCaseCommand, actor: Actor, id_: UUID, first: Answer) -> None:
        """Give a command once more and check that it gets its first answer and that nothing is recorded."""
        count = self.engine.store.count()
        answer = self.engine.handle(case, asked, actor, command_id=id_)
        assert answer.repeated
        assert (answer.case, answer.version, answer.position, answer.events) == (
            first.case,
            first.version,
            first.position,
            first.events,
        )
        assert self.engine.store.count() == count, asked

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


@pytest.mark.parametrize("seed", range(4))
def test_every_accepted_command_of_a_walk_gets_its_first_answer_again(engine: Engine, seed: int) -> None:
    walk = Walk(engine, Random(seed), [uuid5(CASE, f"twice {seed}.{number}") for number in range(4)])
    for asked in BEGUN:
        assert walk.give(walk.names[0], asked, USUALLY[type(asked)])
    for _ in range(STEPS):
        walk.step()
    assert len(walk.given) > len(BEGUN)
    for one in walk.given:
        walk.again(*one)
