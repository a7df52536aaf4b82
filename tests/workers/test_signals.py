"""Signals twice, late, early, out of order, and for cases that the log doesn't know."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.request import urlopen
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowHistory

from domain.case.commands import Resume
from engine import clock
from interfaces.up.ports import free_port
from tests.support import asks, town
from tests.workers.office import Office
from workers.temporal.activities import planned
from workers.temporal.client import connect
from workers.temporal.messages import EscalationResult, PlanChanged, PlannedStep, workflow_id
from workers.temporal.timers import Timers

pytestmark = [pytest.mark.temporal, pytest.mark.postgres]


@pytest.fixture(scope="module")
def measures() -> str:
    """Where the worker serves its measures."""
    return f"127.0.0.1:{free_port(0)}"


@pytest.fixture(scope="module")
def manned(desk: Office, measures: str) -> Iterator[Office]:
    """The office with a worker, and no relay: each signal is the test's own."""
    with desk.worker(measures):
        yield desk


@pytest.fixture(scope="module")
def timers(manned: Office) -> Iterator[Timers]:
    with manned.timers() as opened:
        opened.prepare()
        yield opened


def plan(case: UUID, generation: int, seconds: float = 3600.0, action: str = "remind") -> PlanChanged:
    wake_at = clock.now() + timedelta(seconds=seconds)
    step = PlannedStep(wake_at=wake_at, action=action, clock="1/dispatch", unit="yuhua")
    return PlanChanged(case=case, generation=generation, step=step)


def resting(office: Office) -> UUID:
    """A case whose next step, its coming back, is minutes away."""
    return office.collect(*asks.ACCEPTED[1:], asks.suspend(clock.now() + timedelta(seconds=500)))


def now_planned(office: Office, case: UUID) -> PlanChanged:
    return planned(office.case(case), office.engine.rules.current())


def result(office: Office, case: UUID) -> EscalationResult:
    async def ask() -> EscalationResult:
        client = await connect(office.settings)
        handle = client.get_workflow_handle(workflow_id(case), result_type=EscalationResult)
        told: EscalationResult = await asyncio.wait_for(handle.result(), 30)
        return told

    return asyncio.run(ask())


def past(office: Office, case: UUID) -> WorkflowHistory:
    async def ask() -> WorkflowHistory:
        client = await connect(office.settings)
        return await client.get_workflow_handle(workflow_id(case)).fetch_history()

    return asyncio.run(ask())


def test_the_newest_plan_counts_whatever_the_order(manned: Office, timers: Timers) -> None:
    case = uuid4()
    plans = [plan(case, generation) for generation in (4, 9, 2, 9, 7)]
    for one in plans:
        timers.send([one])
    assert timers.plan(case) == plans[3], "of two with one version the later counts"


def test_a_plan_that_is_not_yet_due_takes_no_rung_and_is_put_right(manned: Office, timers: Timers) -> None:
    case = resting(manned)
    before = manned.names(case)
    timers.send([plan(case, 1, seconds=-5)])
    manned.until(lambda: timers.plan(case) == now_planned(manned, case))
    assert manned.names(case) == before
    assert len(past(manned, case).events) < 15, "it asks again and again"


def test_a_timer_of_a_case_that_the_log_does_not_know_ends_and_is_counted(
    manned: Office, timers: Timers, measures: str
) -> None:
    case = uuid4()
    timers.send([plan(case, 7, seconds=-1)])
    assert result(manned, case) == EscalationResult(outcome="unknown_case", generation=0)
    with urlopen(f"http://{measures}/metrics", timeout=10) as page:
        counted = re.search(r"^echowall_orphans\S* (\S+)$", page.read().decode(), re.M)
    assert counted is not None
    assert float(counted[1]) == 1


def test_a_timer_is_told_that_nothing_is_left_and_ends(manned: Office, timers: Timers) -> None:
    case = resting(manned)
    timers.send([now_planned(manned, case)])
    assert timers.running([case]) == {case}
    for command in (Resume(), *asks.CLOSED[4:]):
        manned.give(case, command)
    closed = now_planned(manned, case)
    timers.send([closed])
    assert result(manned, case) == EscalationResult(outcome="nothing_left", generation=closed.generation)
    timers.send([now_planned(manned, case)])
    assert timers.running([case]) == set()


def test_a_reopened_case_gets_a_timer_again(manned: Office, timers: Timers) -> None:
    case = manned.collect(*asks.CLOSED[1:], policy="hotline-five-working-days")
    timers.send([plan(case, 1)])
    timers.send([now_planned(manned, case)])
    manned.until(lambda: not timers.running([case]))
    manned.give(case, asks.reopen(), town.STREET_WORKER)
    timers.send([now_planned(manned, case)])
    assert timers.running([case]) == {case}


def test_a_rung_told_of_many_times_is_taken_once(manned: Office, timers: Timers) -> None:
    case = manned.collect()
    timers.send([now_planned(manned, case)] * 20)
    manned.until(lambda: len(manned.rungs(case)) == 4)
    timers.send([plan(case, 99, seconds=-1)] * 3)
    manned.until(lambda: not timers.running([case]))
    assert len(manned.rungs(case)) == len(set(manned.rungs(case))) == 4
