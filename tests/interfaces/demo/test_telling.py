"""A telling that goes wrong ends at once, with every story in it: nobody waits for what won't come."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from engine.settings import Settings
from interfaces.demo import telling
from interfaces.demo.life import Course, Life, Over
from interfaces.demo.stories import Story
from interfaces.demo.telling import Telling
from interfaces.tokens import TokenKey

CASES = [UUID(int=number) for number in range(20)]


class Broken:
    """A stack whose processes can't be killed."""

    def kill(self) -> None:
        raise ProcessLookupError("there is none")


def waits(life: Life) -> None:
    """Neglected until the repair, which won't come."""
    life.left.set()
    life.await_repair()
    life.rest(300)


def works(_: Life) -> None:
    """Handled in no time."""


def fails(_: Life) -> None:
    raise ZeroDivisionError("in a story")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Telling:
    settings = Settings(data_dir=tmp_path)
    TokenKey.load(settings.token_key_path, create=True)
    monkeypatch.setattr(telling, "neglected", waits)
    monkeypatch.setattr(telling, "straight", works)
    return Telling(cast(Any, Broken()), settings, cast(Any, None), lambda line: None)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("stories", "error"),
    [([waits] * 4 + [works] * 16, ProcessLookupError), ([waits] * 4 + [fails] * 16, ZeroDivisionError)],
    ids=["the kill", "a story"],
)
def test_what_goes_wrong_is_raised_and_every_story_ends(
    told: Telling, stories: list[Story], error: type[Exception]
) -> None:
    with pytest.raises(error):
        told.tell(CASES, stories)
    assert told.told
    assert all(one.done.done() for one in told.told)


def test_a_story_that_is_over_gives_no_command() -> None:
    course = Course()
    course.over.set()
    life = Life(CASES[0], lambda: cast(Any, None), course)
    with pytest.raises(Over):
        life.do("accept", lambda: cast(Any, None))
    with pytest.raises(Over):
        life.rest(300)
