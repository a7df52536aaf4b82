"""Adopting policies: the log holds each text, versions rise, and nothing holds before it is made."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.actor import Actor, Role
from domain.policy import PolicyInvalid, content_hash
from engine import clock, ids
from engine.errors import AdoptionRefused
from engine.handle import Engine
from engine.rulefiles import policy_texts
from tests.engine.support import collect

pytestmark = pytest.mark.postgres
ADMIN = Actor(id="a-1", role=Role.ADMINISTRATOR)
DEMO = (Path(__file__).parents[2] / "engine" / "data" / "policies" / "demo.toml").read_text("utf-8")


def later(version: int, days: int = 0, limit: str = "7 second") -> str:
    day = (clock.now() + timedelta(days=days)).date()
    text = DEMO.replace("version = 1", f"version = {version}", 1).replace('"6 second"', f'"{limit}"', 1)
    return text.replace("effective_from = 2015-01-01", f"effective_from = {day}")


def test_an_adopted_policy_holds_for_new_cases_and_its_text_stands_in_the_log(engine: Engine) -> None:
    text = later(2)
    event = engine.rules.adopt(text, "Longer", ADMIN)
    assert event is not None
    assert (event.hash, event.content, event.by) == (content_hash(text), text, "a-1")
    (stored,) = engine.store.load(ids.POLICIES)
    assert stored.event == event
    case = ids.new()
    engine.handle(case, collect().model_copy(update={"policy": "demo"}), ADMIN, command_id=ids.new())
    found = engine.case(case)
    assert found is not None
    assert (found.policy.version, found.policy.hash) == (2, content_hash(text))


def test_adopting_twice_is_nothing(engine: Engine) -> None:
    assert engine.rules.adopt(later(2), "Longer", ADMIN) is not None
    assert engine.rules.adopt(later(2), "Longer", ADMIN) is None


def test_a_version_that_takes_effect_later_leaves_todays_cases_alone(engine: Engine) -> None:
    engine.rules.adopt(later(2, days=30), "Next month", ADMIN)
    assert engine.rules.current().newest("demo", clock.now()).version == 1
    assert engine.rules.current().newest("demo", clock.now() + timedelta(days=31)).version == 2


def test_a_case_keeps_its_policy_when_a_new_one_is_adopted(engine: Engine) -> None:
    case = ids.new()
    engine.handle(case, collect().model_copy(update={"policy": "demo"}), ADMIN, command_id=ids.new())
    engine.rules.adopt(later(2), "Longer", ADMIN)
    found = engine.case(case)
    assert found is not None
    assert found.policy.version == 1


def test_another_text_a_step_back_and_a_date_in_the_past_are_refused(engine: Engine) -> None:
    with pytest.raises(AdoptionRefused, match="another text"):
        engine.rules.adopt(DEMO + "\n# otherwise\n", "Otherwise", ADMIN)
    with pytest.raises(AdoptionRefused, match="before it is adopted"):
        engine.rules.adopt(later(2, days=-3), "Backdated", ADMIN)
    engine.rules.adopt(later(3), "Third", ADMIN)
    with pytest.raises(AdoptionRefused, match="version 3 already"):
        engine.rules.adopt(later(2), "Second", ADMIN)
    with pytest.raises(PolicyInvalid):
        engine.rules.adopt("mood = 1", "No policy", ADMIN)
    with pytest.raises(AdoptionRefused, match="no calendar"):
        engine.rules.adopt(later(4).replace('calendar = "always"', 'calendar = "moon"'), "Moon", ADMIN)


def test_what_is_installed_can_be_adopted_as_it_is_and_survives_its_file(
    engine: Engine, tmp_path: Path
) -> None:
    events = [engine.rules.adopt(text, "Installed", ADMIN) for text in policy_texts(None)]
    assert len([one for one in events if one]) == len(engine.rules.adoptions)
    other = Engine(engine.store, engine.vault, type(engine.rules)(engine.store, policy_dir=None), b"x" * 32)
    engine.rules.adopt(later(2), "Longer", ADMIN)
    assert ("demo", 2) in other.rules.refresh().policies
