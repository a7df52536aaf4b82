"""A case that a process has just left needn't be read; nothing but an append rests on what it remembers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest

from domain.actor import LADDER, Actor, Role
from domain.case.commands import Accept, AnyCaseCommand, Assign, Progress, Screen
from domain.case.stage import FINAL, Kind, Stage
from domain.errors import DomainError, WrongStage
from domain.personal import Personal
from domain.records import replace
from engine import clock
from engine.draft import Draft, Known, Tools
from engine.errors import VersionStale
from engine.handle import Engine
from engine.migrate import migrate
from engine.recent import Recent
from engine.request import Request
from engine.settings import Settings
from tests.engine.support import WORKER, a_case, collect, open_engine
from tests.engine.walk import BEGUN, Walk
from tests.support import town
from tests.support.given import CASE, USUALLY

STEPS = 80
HANDLER = Actor(id="h-1", role=Role.CASE_WORKER, unit="city.roads")
SCREEN, ASSIGN = Screen(kind=Kind.ISSUE), Assign(unit="city.roads")
Outcome = str | tuple[str, ...]


def test_the_oldest_is_forgotten_and_what_is_newer_stays() -> None:
    recent = Recent(size=2)
    first, second, third = (a_case() for _ in range(3))
    recent.keep({one.id: one for one in (first, second, third)})
    assert [recent.get(one.id) for one in (first, second, third)] == [None, second, third]
    newer = replace(second, version=9)
    recent.keep({second.id: newer})
    recent.keep({second.id: second})
    assert recent.get(second.id) is newer
    recent.forget(second.id)
    assert recent.get(second.id) is None


@pytest.mark.parametrize("stage", sorted(FINAL))
def test_a_case_that_has_ended_is_forgotten(stage: Stage) -> None:
    recent, case = Recent(), a_case()
    recent.keep({case.id: case})
    recent.keep({case.id: replace(case, stage=stage, version=2)})
    assert recent.get(case.id) is None


def test_a_case_is_remembered_for_a_while() -> None:
    recent, case = Recent(seconds=0.0), a_case()
    recent.keep({case.id: case})
    assert recent.get(case.id) is None


@dataclass
class Alternating(Walk):
    """Commands by chance, each given to one of two engines; neither remembers what the other did."""

    engines: tuple[Engine, Engine]
    outcomes: list[Outcome] = field(default_factory=list)

    def give(self, case: UUID, asked: AnyCaseCommand, actor: Actor) -> bool:
        """Give a command, and compare with what comes of it on the log as it stands."""
        engine = self.random.choice(self.engines)
        expected = self._expected(engine, case, asked, actor)
        try:
            outcome: Outcome = engine.handle(case, asked, actor, command_id=uuid4()).events
        except DomainError as refused:
            outcome = refused.code
        assert outcome == expected, asked
        self.outcomes.append(outcome)
        self.look(engine, case)
        return isinstance(outcome, tuple)

    @staticmethod
    def _expected(engine: Engine, case: UUID, asked: AnyCaseCommand, actor: Actor) -> Outcome:
        tools = Tools(engine.store, engine.vault, b"any")
        draft = Draft(tools, Known(), engine.rules.current(), clock.now())
        try:
            return draft.give(Request(case, asked, actor, uuid4())).events
        except DomainError as refused:
            return refused.code


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(3))
def test_two_processes_that_remember_decide_as_the_log_says(
    empty_database: str, tmp_path: Path, seed: int
) -> None:
    migrate(empty_database)
    settings = Settings(DATABASE_URL=empty_database, data_dir=tmp_path)
    engines = Engine.open(settings), Engine.open(settings)
    engines[0].rules.establish(town.FOUNDED, LADDER)
    engines[1].rules.refresh()
    walk = Alternating(Random(seed), [uuid5(CASE, f"recent {seed}.{number}") for number in range(3)], engines)
    for asked in BEGUN:
        walk.give(walk.names[0], asked, USUALLY[type(asked)])
    for _ in range(STEPS):
        walk.step()
    kinds = {type(one) for one in walk.outcomes}
    assert kinds == {str, tuple}, "some were refused and some were not"
    for engine in engines:
        engine.close()


@pytest.fixture
def pair(empty_database: str, tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    opened = open_engine(empty_database, tmp_path), open_engine(empty_database, tmp_path)
    yield opened
    for engine in opened:
        engine.close()


def note(text: str) -> Progress:
    return Progress(note=Personal(text=text))


def give(engine: Engine, case: UUID, asked: AnyCaseCommand, version: int | None = None) -> tuple[str, ...]:
    actor = HANDLER if isinstance(asked, (Accept, Progress)) else WORKER
    return engine.handle(case, asked, actor, command_id=uuid4(), expected_version=version).events


@pytest.mark.postgres
def test_what_another_process_did_is_seen_in_acceptance_refusal_and_version(
    pair: tuple[Engine, Engine],
) -> None:
    mine, theirs = pair
    case = uuid4()
    give(mine, case, collect())
    give(theirs, case, SCREEN)
    assert give(mine, case, ASSIGN) == ("case.assigned",), "it follows the screening that it missed"
    with pytest.raises(WrongStage):
        give(theirs, case, Screen(kind=Kind.NEED))
    give(theirs, case, Accept())
    with pytest.raises(VersionStale):
        give(mine, case, note("late"), version=3)
    assert give(mine, case, note("now"), version=4) == ("case.progress_noted",)
    assert [one.version for one in mine.store.load(case)] == [1, 2, 3, 4, 5]


@pytest.mark.postgres
def test_a_case_is_asked_for_as_it_stands_or_as_it_was_left_here(pair: tuple[Engine, Engine]) -> None:
    mine, theirs = pair
    case = uuid4()
    give(mine, case, collect())
    give(theirs, case, SCREEN)

    def seen(at_least: int | None) -> int | None:
        found = mine.case(case, at_least=at_least)
        return None if found is None else found.version

    assert seen(1) == 1, "as it was left here"
    assert seen(2) == 2, "that is not enough"
    give(theirs, case, ASSIGN)
    assert seen(2) == 2
    assert seen(None) == 3
    assert seen(1) == 3, "it was read meanwhile"
    assert mine.case(uuid4(), at_least=1) is None


@pytest.mark.postgres
def test_a_log_that_lost_its_end_gets_no_gap(pair: tuple[Engine, Engine], empty_database: str) -> None:
    """As after a standby took over that had not received the last event."""
    mine, _ = pair
    case = uuid4()
    give(mine, case, collect())
    give(mine, case, SCREEN)
    with psycopg.connect(empty_database) as connection:
        connection.execute("ALTER TABLE log.events DISABLE TRIGGER USER")
        connection.execute(
            "DELETE FROM log.events WHERE originator_id = %s AND originator_version = 2", (case,)
        )
        connection.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only")
    # It remembers a screened case at version 2, and would write version 3.
    with pytest.raises(WrongStage):
        give(mine, case, ASSIGN)
    give(mine, case, SCREEN)
    assert [one.version for one in mine.store.load(case)] == [1, 2]
