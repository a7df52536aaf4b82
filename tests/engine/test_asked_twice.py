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
from engine.handle import Engine
from engine.migrate import migrate
from engine.request import Answer
from engine.settings import Settings
from tests.engine.walk import BEGUN, Walk
from tests.support import town
from tests.support.given import CASE, USUALLY

pytestmark = pytest.mark.postgres

STEPS = 60


@pytest.fixture(scope="module")
def engine(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    migrate(database)
    opened = Engine.open(Settings(DATABASE_URL=database, data_dir=tmp_path_factory.mktemp("twice")))
    opened.rules.establish(town.FOUNDED, LADDER)
    yield opened
    opened.close()


@dataclass
class Repeating(Walk):
    """Commands given to a real engine, each with the answer that it got, and each of them twice."""

    engine: Engine
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
        self.look(self.engine, case)
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


@pytest.mark.parametrize("seed", range(4))
def test_every_accepted_command_of_a_walk_gets_its_first_answer_again(engine: Engine, seed: int) -> None:
    walk = Repeating(Random(seed), [uuid5(CASE, f"twice {seed}.{number}") for number in range(4)], engine)
    for asked in BEGUN:
        assert walk.give(walk.names[0], asked, USUALLY[type(asked)])
    for _ in range(STEPS):
        walk.step()
    assert len(walk.given) > len(BEGUN)
    for one in walk.given:
        walk.again(*one)
