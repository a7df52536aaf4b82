"""Each rung once: two workers at one moment, clocks that jump, rules that changed a moment ago."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from temporalio.exceptions import ApplicationError

from domain.case.plan import Step, plan
from engine import clock, rulebook
from engine.amendments import Amendment
from engine.handle import Engine
from engine.replay import history
from tests.support import asks, town
from tests.workers.office import RUNGS, Office
from workers.temporal import activities
from workers.temporal.activities import Activities, take_step
from workers.temporal.messages import StepInput, StepResult

pytestmark = [pytest.mark.temporal, pytest.mark.postgres]
HOTLINE = "hotline-five-working-days"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Wall:
    """The clock of the engine, set by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.at)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    return Wall(monkeypatch)


def next_step(office: Office, case: UUID) -> Step:
    step = plan(office.case(case), office.engine.rules.refresh())
    assert step is not None
    return step


def on_ladder(office: Office) -> UUID:
    return office.collect(*asks.ACCEPTED[1:], asks.contact(), policy=HOTLINE)


def told(result: StepResult) -> datetime:
    assert result.plan.step is not None
    return result.plan.step.wake_at


def test_two_threads_that_take_one_step_at_one_moment_record_it_once(desk: Office, wall: Wall) -> None:
    cases = [on_ladder(desk) for _ in range(12)]
    for case in cases:
        wall.at = next_step(desk, case).wake_at
        meeting = threading.Barrier(2)

        def take(case: UUID = case, meeting: threading.Barrier = meeting) -> StepResult:
            meeting.wait(30)
            return take_step(desk.engine, case)

        with ThreadPoolExecutor(2) as pool:
            done = [one.result(60) for one in [pool.submit(take), pool.submit(take)]]
        # The later one finds the case moved on, or is answered as the repeat that it is.
        assert {one.took for one in done} - {None} == {"remind"}
        assert desk.rungs(case) == RUNGS[:1]
        assert {told(one) for one in done} == {next_step(desk, case).wake_at}


def test_two_worker_processes_climb_fifty_ladders_rung_by_rung(own_desk: Office) -> None:
    with own_desk.process("worker"), own_desk.process("worker"), own_desk.relay():
        cases = [own_desk.collect() for _ in range(50)]
        own_desk.until(lambda: all(len(own_desk.rungs(one)) >= len(RUNGS) for one in cases), 120)
        with own_desk.timers() as timers:
            own_desk.until(lambda: not timers.running(cases))
    assert {case: own_desk.rungs(case) for case in cases} == dict.fromkeys(cases, RUNGS)


@pytest.mark.parametrize("jump", [HOUR, DAY], ids=["hour", "day"])
def test_a_clock_set_back_takes_no_rung_early_and_loses_none(
    desk: Office, wall: Wall, jump: timedelta
) -> None:
    case = on_ladder(desk)
    first = next_step(desk, case)
    wall.at = first.wake_at - jump
    early = take_step(desk.engine, case)
    assert (early.took, desk.rungs(case)) == (None, [])
    assert timedelta(seconds=early.wait_seconds) == jump
    wall.at = first.wake_at
    assert take_step(desk.engine, case).took == "remind"
    following = next_step(desk, case)
    wall.at = first.wake_at - jump
    again = take_step(desk.engine, case)
    assert (again.took, told(again)) == (None, following.wake_at)
    assert desk.rungs(case) == RUNGS[:1]
    wall.at = following.wake_at
    assert take_step(desk.engine, case).took == "supervise"
    assert desk.rungs(case) == RUNGS[:2]


@pytest.mark.parametrize("jump", [HOUR, DAY], ids=["hour", "day"])
def test_a_clock_set_forward_and_right_again_doubles_no_rung_and_stops_none(
    desk: Office, wall: Wall, jump: timedelta
) -> None:
    case = on_ladder(desk)
    first = next_step(desk, case)
    wall.at = first.wake_at + jump
    ahead = take_step(desk.engine, case)
    assert ahead.took == "remind"
    wall.at = first.wake_at
    right = take_step(desk.engine, case)
    assert (right.took, told(right)) == (None, told(ahead))
    for rung in RUNGS[1:]:
        wall.at = max(next_step(desk, case).wake_at, wall.at)
        take_step(desk.engine, case)
        assert desk.rungs(case)[-1] == rung
    assert desk.rungs(case) == RUNGS
    moments = [one.event.at for one in history(desk.engine.store, case) if one.name in RUNGS]
    assert moments == sorted(moments)


def test_a_step_is_planned_under_the_rules_that_the_log_has_now(
    own_desk: Office, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = on_ladder(own_desk)
    before = next_step(own_desk, case)
    monkeypatch.setattr(rulebook, "FRESH", DAY.total_seconds())
    last = (before.wake_at - timedelta(seconds=1)).astimezone(town.ZONE).date()
    other = Engine.open(own_desk.settings)
    try:
        snow = Amendment("china", "Snow", "Order 7", town.WATER, off=frozenset({last}))
        assert other.rules.amend(snow, town.ADMINISTRATOR) is not None
    finally:
        other.close()
    wall.at = before.wake_at
    result = take_step(own_desk.engine, case)
    assert (result.took, own_desk.rungs(case)) == (None, [])
    assert told(result) > before.wake_at


def test_a_fault_of_one_case_is_no_reason_to_try_at_once_and_is_told_by_its_kind_alone(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise ValueError("the words of a resident")

    case = on_ladder(desk)
    monkeypatch.setattr(activities, "plan", faulty)
    with pytest.raises(ApplicationError) as told:
        Activities(desk.engine).take_step(StepInput(case=case))
    assert (told.value.type, told.value.message, told.value.non_retryable) == ("fault", "ValueError", True)
    assert told.value.__cause__ is None
