"""A case as it stood at a version, as known on a day, and as it was on a day."""

from datetime import timedelta
from uuid import uuid4

import pytest

from domain.case.commands import Assign, Contact, Screen
from domain.case.evolve import fold
from domain.case.stage import Kind, Means, Stage
from engine import clock
from engine.handle import Engine
from engine.replay import case_events, history, known, replay
from engine.request import Request
from tests.engine.support import BEGIN, SYSTEM, collect, open_engine

pytestmark = pytest.mark.postgres
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def engine(database: str, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return open_engine(database, tmp_path_factory.mktemp("replay"))


def test_a_case_is_replayed_at_a_version_and_in_both_times(engine: Engine) -> None:
    case = uuid4()
    engine.handle_many(
        [
            Request(case, collect(), SYSTEM, uuid4(), BEGIN),
            Request(case, Screen(kind=Kind.ISSUE), SYSTEM, uuid4(), BEGIN + HOUR),
        ]
    )
    between = clock.now()
    engine.handle(case, Assign(unit="city.roads"), SYSTEM, command_id=uuid4(), at=BEGIN + 3 * HOUR)
    contact = Contact(means=Means.TELEPHONE)
    engine.handle(case, contact, SYSTEM, command_id=uuid4(), at=BEGIN + 5 * HOUR)
    # A call before that one, entered after it.
    engine.handle(case, contact, SYSTEM, command_id=uuid4(), at=BEGIN + 4 * HOUR)

    def stage(**bounds: object) -> Stage | None:
        found = replay(engine.store, case, **bounds)  # type: ignore[arg-type]
        return found.stage if found is not None else None

    assert stage() is Stage.ASSIGNED
    assert stage(version=1) is Stage.COLLECTED
    assert stage(version=0) is None
    assert stage(recorded_at=between) is Stage.SCREENED
    assert stage(recorded_at=BEGIN) is None
    assert stage(happened_at=BEGIN + 2 * HOUR) is Stage.SCREENED
    assert stage(happened_at=BEGIN + 3 * HOUR) is Stage.ASSIGNED
    assert stage(recorded_at=between, happened_at=BEGIN) is Stage.COLLECTED
    events = history(engine.store, case)
    assert [one.version for one in known(events, happened_at=BEGIN + 4 * HOUR)] == [1, 2, 3, 5]
    assert replay(engine.store, uuid4()) is None
    assert engine.case(case) == fold(case_events(events))
    engine.close()
