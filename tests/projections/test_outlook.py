"""What the board says comes next is what the ladder does next."""

import pytest

from domain.case.events import CaseEvent
from domain.case.evolve import evolve
from domain.case.plan import plan
from domain.case.stage import FINAL
from domain.case.state import Case
from projections.outlook import lapsed_rungs, next_due, prospects
from tests.projections.histories import book, walk
from tests.support import asks, town
from tests.support.given import given


@pytest.mark.parametrize("seed", range(40, 50))
def test_the_earliest_next_action_is_the_planned_step(seed: int) -> None:
    cases: dict[object, Case] = {}
    for recorded in walk(seed):
        if not isinstance(recorded.event, CaseEvent):
            continue
        case = cases[recorded.stream] = evolve(cases.get(recorded.stream), recorded.event)
        ahead = prospects(case, book())
        step = plan(case, book())
        moments = [one.action_at.at for one in ahead if one.action_at is not None]
        if case.stage not in FINAL:
            assert bool(moments) == (step is not None)
            assert step is None or min(moments) == step.wake_at
        else:
            assert ahead == ()


def test_rungs_due_before_an_import_are_counted_and_never_planned() -> None:
    imported = town.MONDAY + 30 * town.DAY
    origin = {"system": "old", "reference": "1", "imported_at": imported}
    story = given((asks.collect(origin=origin, policy="boston-2015"), town.IMPORTER))
    case = story.world.case()
    ahead = prospects(case, book())
    assert [(one.lapsed, one.action) for one in ahead] == [(4, None)]
    assert lapsed_rungs(case, ahead, book()) == {"1/dispatch": 4}
    first = next_due(ahead)
    assert first is not None
    assert first[1].at < imported
