"""What the log says of rules is taken over whole or refused, and nothing is recorded twice."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from domain.organisation import UnitEstablished
from domain.policy import PolicyAdopted, PolicyInvalid
from engine import clock, ids, rulebook
from engine.amendments import Amendment
from engine.envelope import Recorded
from engine.handle import Engine
from engine.rulebook import Rules
from engine.rulefiles import policy_texts
from engine.store import Append
from tests.engine.support import BEGIN, SYSTEM, units

pytestmark = pytest.mark.postgres
SNOW = Amendment(calendar="china", cause="Snow", instrument="Order 7", off=frozenset({date(2026, 3, 9)}))
NORTH = UnitEstablished(
    at=BEGIN, unit="city.north", parent="city", level="street", name_en="north", name_zh="north"
)
GIVEN: dict[str, Callable[[Rules], object]] = {
    "adopted": lambda rules: rules.adopt(next(policy_texts(None)), "Installed", SYSTEM),
    "amended": lambda rules: rules.amend(SNOW, SYSTEM),
    "_missing": lambda rules: rules.establish([*units(), NORTH], SYSTEM),
}


def test_rules_that_can_not_be_read_are_refused_each_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebook, "FRESH", -1.0)
    broken = PolicyAdopted(
        at=clock.now(),
        policy="demo",
        version=2,
        hash="a" * 64,
        content="mood = 1",
        effective_from=clock.now().date(),
        by="a-1",
        reason="From a later release",
    )
    engine.store.append(Append(events=[Recorded(ids.POLICIES, 1, broken, SYSTEM, ids.new(), clock.now())]))
    for _ in range(2):
        with pytest.raises(PolicyInvalid):
            engine.rules.refresh()
        with pytest.raises(PolicyInvalid):
            engine.rules.current()
    assert engine.rules.adoptions == ()


@pytest.mark.parametrize("decision", GIVEN)
def test_a_look_of_another_thread_between_decision_and_record_doubles_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, decision: str
) -> None:
    other, decide = Rules(engine.store), getattr(rulebook, decision)

    def interrupted(*args: Any) -> object:
        decided = decide(*args)
        monkeypatch.setattr(rulebook, decision, decide)
        GIVEN[decision](other)
        engine.rules.refresh()
        return decided

    monkeypatch.setattr(rulebook, decision, interrupted)
    before = engine.store.count()
    assert not GIVEN[decision](engine.rules)
    assert engine.store.count() == before + 1
