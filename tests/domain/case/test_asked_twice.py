"""Asked twice gives nothing more.

The same command id is answered by the engine without a second decision, which tests/engine covers. Here the
same thing is asked again under a new id: it is refused, or nothing, or, for the few below, a second fact that
really happened.
"""

import pytest

from domain.actor import LADDER
from domain.case import commands as c
from domain.case.stage import Stage
from domain.case.transitions import has_place
from domain.errors import DomainError
from tests.domain.case.test_transitions import histories, requests
from tests.support import asks, town
from tests.support.given import World, given

HAPPENS_AGAIN = {
    c.Contact, c.Progress, c.Whistle, c.Visit, c.Remind, c.Supervise, c.Raise, c.HoldAccountable,
    c.AnswerAccountability, c.AppealAccountability,
}  # fmt: skip
"""A second call, note, whistle, visit, word or rung by a supervisor's hand is a fact of its own."""
PAIRS = [(kind, stage) for kind in c.CASE_COMMANDS for stage in Stage if has_place(kind, stage)]


def copied(world: World) -> World:
    return World(
        now=world.now, cases=dict(world.cases), events={key: [*one] for key, one in world.events.items()}
    )


@pytest.mark.parametrize(("kind", "stage"), PAIRS, ids=lambda one: getattr(one, "VERB", str(one)))
def test_the_same_thing_asked_again_is_refused_or_nothing(kind: type[c.AnyCaseCommand], stage: Stage) -> None:
    given_once = 0
    for world in histories(stage):
        for command, actor in requests(kind, world):
            one = copied(world)
            if actor == LADDER:
                one.now += 90 * town.DAY
            try:
                one.give(command, actor)
            except DomainError:
                continue  # an example may be out of its place in one history of several
            given_once += 1
            try:
                again = one.give(command, actor)
            except DomainError:
                continue
            assert again == () or kind in HAPPENS_AGAIN, command
    assert given_once, "no example was taken even once"


def test_the_ladder_asked_again_takes_no_rung_twice() -> None:
    world = given(*asks.ACCEPTED).world
    for _ in range(8):
        step = world.plan()
        assert step is not None
        assert world.step()
        assert world.give(c.BY_VERB[step.action.value].model_validate({"clock": step.clock}), LADDER) == ()
    assert world.plan() is None


def test_a_round_is_not_opened_twice_by_one_visit() -> None:
    story = given(*asks.RESOLVED, asks.visit(satisfaction=1))
    story.when(asks.visit(satisfaction=1)).refused("wrong_stage")
    assert story.world.case().round == 2
