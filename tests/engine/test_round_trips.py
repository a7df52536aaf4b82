"""What a command costs in round trips: counted where they go out, in libpq's own trace."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.actor import Actor, Role
from domain.case import commands as c
from domain.case.commands.closing import Answer
from domain.case.stage import Kind, Outcome
from domain.personal import Personal
from engine import clock, rulebook
from engine.handle import Engine
from engine.migrate import migrate
from engine.recent import Recent
from engine.settings import Settings
from engine.store import PostgresStore
from tests.engine.support import RESIDENT, SYSTEM, WORKER, collect, units
from workers.temporal.activities import take_step

pytestmark = pytest.mark.postgres

HANDLER = Actor(id="h-1", role=Role.CASE_WORKER, unit="city.roads")
ANSWERS = (Answer(claim=1, outcome=Outcome.SOLVED, measure=Personal(text="Mended")),)
STEPS: tuple[tuple[c.AnyCaseCommand, Actor], ...] = (
    (collect(), WORKER),
    (c.Screen(kind=Kind.ISSUE), WORKER),
    (c.Assign(unit="city.roads"), WORKER),
    (c.Accept(), HANDLER),
    (c.Progress(note=Personal(text="Under way")), HANDLER),
    (c.Resolve(answers=ANSWERS), HANDLER),
)


class Trace:
    """Counts the round trips of a connection: each request ends with a Sync, or is a plain query."""

    def __init__(self, connection: psycopg.Connection[object], path: Path) -> None:
        self._path, self._read = path, 0
        self._link, self._file = connection.pgconn, path.open("ab", buffering=0)
        self._link.trace(self._file.fileno())

    def close(self) -> None:
        """Stop, while the connection goes on."""
        self._link.untrace()
        self._file.close()

    def taken(self) -> int:
        """Return how many there were since the last time."""
        lines = self._path.read_text("utf-8", "replace").splitlines()
        new, self._read = lines[self._read :], len(lines)
        return sum(1 for line in new if line.split("\t")[1:2] == ["F"] and line.split("\t")[3] in SENT)


SENT = ("Sync", "Query")


@pytest.fixture
def engine(empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine of one connection, on which every statement is prepared."""
    monkeypatch.setattr(rulebook, "FRESH", 3600.0)
    migrate(empty_database)
    opened = Engine.open(Settings(DATABASE_URL=empty_database, data_dir=tmp_path, pool_size=1))
    opened.rules.establish(units(), SYSTEM)
    for one in (opened, opened, forgetful(opened)):
        live(one, uuid4())
    yield opened
    opened.close()


def forgetful(engine: Engine, remembers: int = 0) -> Engine:
    """The same with an empty memory, as an engine is to a case that another process worked on."""
    return Engine(engine.store, engine.vault, engine.rules, b"any", Recent(size=remembers))


@pytest.fixture
def trace(engine: Engine, tmp_path: Path) -> Iterator[Trace]:
    store = engine.store
    assert isinstance(store, PostgresStore)
    opened = store.run(lambda session: Trace(session, tmp_path / "trace"))
    yield opened
    opened.close()


def live(engine: Engine, case: UUID) -> None:
    for command, actor in STEPS:
        engine.handle(case, command, actor, command_id=uuid4())


def test_the_main_commands_cost_one_read_and_one_write_on_a_case_that_others_worked_on(
    engine: Engine, trace: Trace
) -> None:
    case, taken, engine = uuid4(), {}, forgetful(engine)
    for command, actor in STEPS:
        engine.handle(case, command, actor, command_id=uuid4())
        taken[command.VERB] = trace.taken()
    assert taken == {command.VERB: 1 if command.VERB == "collect" else 2 for command, _ in STEPS}


def test_a_case_that_was_just_worked_on_here_is_not_read_again(engine: Engine, trace: Trace) -> None:
    """With personal words it is read whose the case is, since a key is not remembered."""
    case, taken = uuid4(), {}
    for command, actor in STEPS:
        engine.handle(case, command, actor, command_id=uuid4())
        taken[command.VERB] = trace.taken()
    assert taken == {"collect": 1, "screen": 1, "assign": 1, "accept": 1, "progress": 2, "resolve": 2}


def test_the_step_of_a_timer_costs_a_read_a_look_at_the_rules_and_a_write(
    engine: Engine, trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = uuid4()
    engine.handle(case, collect(), WORKER, command_id=uuid4())
    later = clock.now() + timedelta(days=400)
    monkeypatch.setattr(clock, "now", lambda: later)
    timer = forgetful(engine, remembers=1)
    trace.taken()
    assert take_step(timer, case).took is not None
    assert trace.taken() == 3


def test_a_merge_costs_one_read_more_for_each_case_that_it_binds(engine: Engine, trace: Trace) -> None:
    one, other = uuid4(), uuid4()
    for case in (one, other):
        engine.handle(case, collect(), RESIDENT, command_id=uuid4())
    trace.taken()
    forgetful(engine).handle(other, c.Merge(into=one), WORKER, command_id=uuid4())
    assert trace.taken() == 3
