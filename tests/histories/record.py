"""Records the histories beside it from real runs: `python -m tests.histories.record [NAME …]`.

Without names it records those that are not there yet. After a change of the workflow, histories of released
versions stay; record new ones beside them, under new names.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from temporalio import activity, workflow
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from engine import clock
from interfaces.local.temporal import LocalTemporal
from tests.histories.sandbox import runner
from workers.schedules.apply import wanted
from workers.schedules.jobs import Job
from workers.schedules.messages import (
    PERIODIC,
    PERIODIC_WORKFLOW,
    PeriodicDue,
    PeriodicInput,
    PeriodicResult,
)
from workers.schedules.workflow import PeriodicWorkflow
from workers.temporal.client import prepare
from workers.temporal.messages import (
    PLAN_CHANGED,
    TASK_QUEUE,
    WORKFLOW,
    EscalationInput,
    EscalationResult,
    PlanChanged,
    PlannedStep,
    StepInput,
    StepResult,
    workflow_id,
)
from workers.temporal.workflows import TAKE_STEP, EscalationWorkflow

HERE = Path(__file__).parent
REFUSED, EARLY, UNKNOWN, FAILING, STRANGE, DOWN = (UUID(int=number) for number in (5, 7, 8, 10, 9, 11))
LADDER = ("remind", "supervise", "raise", "hold-accountable")
Handle = WorkflowHandle[Any, Any]


def plan(case: UUID, generation: int, wake_at: datetime, action: str = "remind") -> PlanChanged:
    step = PlannedStep(wake_at=wake_at, action=action, clock="1/dispatch", unit="yuhua.east")
    return PlanChanged(case=case, generation=generation, step=step)


def nothing(case: UUID, generation: int) -> PlanChanged:
    return PlanChanged(case=case, generation=generation, step=None)


class Steps:
    """Stands in for the log: each case climbs the ladder, a step in a tenth of a second."""

    def __init__(self) -> None:
        self.asked: dict[UUID, int] = {}

    @activity.defn(name=TAKE_STEP)
    def take_step(self, asked: StepInput) -> StepResult:
        case = asked.case
        count = self.asked[case] = self.asked.get(case, 0) + 1
        if case == REFUSED:
            raise ApplicationError("no such policy", type="unknown_policy", non_retryable=True)
        if case == UNKNOWN:
            return StepResult(plan=nothing(case, 0), known=False)
        if case == EARLY and count == 1:
            return StepResult(plan=plan(case, 1, clock.now()), wait_seconds=0.5)
        if (case == FAILING and count < 3) or (case == DOWN and count < 5):
            raise ConnectionError("the database is down")
        if count >= len(LADDER):
            return StepResult(plan=nothing(case, 1 + count), took=LADDER[-1])
        wake_at = clock.now() + timedelta(seconds=0.1)
        return StepResult(plan=plan(case, 1 + count, wake_at, LADDER[count]), took=LADDER[count - 1])

    @activity.defn(name=PERIODIC)
    def periodic(self, asked: PeriodicDue) -> PeriodicResult:
        begin = datetime(2026, 3, 2, tzinfo=UTC)
        return PeriodicResult(job=asked.job, since=begin, until=begin + timedelta(days=7))


@workflow.defn(name=WORKFLOW, sandboxed=False)
class Another:
    """Another workflow under the same name: it waits first, and looks afterwards."""

    @workflow.run
    async def run(self, start: EscalationInput) -> EscalationResult:
        await workflow.sleep(0.1)
        await workflow.sleep(0.1)
        return EscalationResult(outcome="nothing_left", generation=0)

    @workflow.signal(name=PLAN_CHANGED)
    def plan_changed(self, told: PlanChanged) -> None:
        """Ignore it."""


async def escalation(
    client: Client,
    case: UUID,
    *,
    by_hand: bool = False,
    later: bool = False,
    again: int = 0,
    ends: bool = False,
    limit: int = 2_000,
    outcome: str = "nothing_left",
) -> Handle:
    """Run one case to its end; of a run that was continued, the first part is told.

    Args:
        by_hand: Started without a plan.
        later: Its first step is due in an hour.
        again: How often a signal then tells it the plan that it has.
        ends: A signal says that nothing is left.
    """
    signal: dict[str, Any] = {}
    if not by_hand:
        told = plan(case, 1, clock.now() + timedelta(hours=1 if later else 0))
        signal = {"start_signal": PLAN_CHANGED, "start_signal_args": [told]}
    handle = await client.start_workflow(
        WORKFLOW,
        EscalationInput(case=case, history_limit=limit),
        id=workflow_id(case),
        task_queue=TASK_QUEUE,
        result_type=EscalationResult,
        **signal,
    )
    for _ in range(again):
        await handle.signal(PLAN_CHANGED, await handle.query("plan", result_type=PlanChanged))
    if later or ends:
        await handle.query("plan")  # it sleeps now
        await handle.signal(PLAN_CHANGED, nothing(case, 2) if ends else plan(case, 2, clock.now()))
    result = await handle.result()
    assert result.outcome == outcome
    return client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)


async def periodic(client: Client, *, scheduled: bool) -> Handle:
    """Run a periodic job, by its schedule or by hand."""
    job = Job.WEEKLY_REPORT
    if not scheduled:
        by_hand = await client.start_workflow(
            PERIODIC_WORKFLOW, PeriodicInput(job=job), id=f"by-hand:{job.value}", task_queue=TASK_QUEUE
        )
        await by_hand.result()
        return by_hand
    schedule = await client.create_schedule("recorded", wanted(job, "Asia/Shanghai"))
    await schedule.trigger()
    while not (recent := (await schedule.describe()).info.recent_actions):
        await asyncio.sleep(0.05)
    run = recent[-1].action
    assert isinstance(run, ScheduleActionExecutionStartWorkflow)
    handle: Handle = client.get_workflow_handle(run.workflow_id, run_id=run.first_execution_run_id)
    await handle.result()
    return handle


PATHS: Final[Mapping[str, Callable[[Client], Awaitable[Handle]]]] = {
    "full_ladder": partial(escalation, case=UUID(int=1)),
    "plan_changed_while_sleeping": partial(escalation, case=UUID(int=2), later=True),
    "nothing_left": partial(escalation, case=UUID(int=3), later=True, ends=True),
    "continued_as_new": partial(escalation, case=UUID(int=4), limit=8),
    "refused": partial(escalation, case=REFUSED, ends=True),
    "started_by_hand": partial(escalation, case=UUID(int=6), by_hand=True),
    "early_timer": partial(escalation, case=EARLY),
    "unknown_case": partial(escalation, case=UNKNOWN, outcome="unknown_case"),
    "retried": partial(escalation, case=FAILING),
    "failed_and_waited": partial(escalation, case=DOWN),
    "told_again_and_again": partial(escalation, case=UUID(int=12), later=True, again=6, ends=True, limit=12),
    "periodic_scheduled": partial(periodic, scheduled=True),
    "periodic_by_hand": partial(periodic, scheduled=False),
}
"""Every path through a workflow, by the name of its file."""
NONDETERMINISTIC: Final = "nondeterministic"
"""The history of another workflow, which must not replay."""


async def main(address: str, names: set[str]) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter, identity="recorder")
    await prepare(client)
    steps = Steps()
    with ThreadPoolExecutor(4) as executor:
        for workflow_type in (EscalationWorkflow, Another):
            async with Worker(
                client,
                task_queue=TASK_QUEUE,
                workflows=[workflow_type, PeriodicWorkflow],
                activities=[steps.take_step, steps.periodic],
                activity_executor=executor,
                max_concurrent_activities=4,
                workflow_runner=runner(),
            ):
                if workflow_type is EscalationWorkflow:
                    for name in (one for one in PATHS if one in names):
                        await save(await PATHS[name](client), name)
                elif NONDETERMINISTIC in names:
                    await save(await escalation(client, STRANGE), NONDETERMINISTIC)


async def save(handle: Handle, name: str) -> None:
    """Write the history of a run."""
    history = await handle.fetch_history()
    text = json.dumps(without_traces(json.loads(history.to_json())), indent=1)
    (HERE / f"{name}.json").write_text(text + "\n")


def without_traces(part: Any) -> Any:
    """Leave out stack traces, which name folders of the recording machine and play no part in a replay."""
    match part:
        case dict():
            return {key: without_traces(value) for key, value in part.items() if key != "stackTrace"}
        case list():
            return [without_traces(value) for value in part]
        case _:
            return part


if __name__ == "__main__":
    every = {*PATHS, NONDETERMINISTIC}
    missing = {one for one in every if not (HERE / f"{one}.json").exists()}
    with tempfile.TemporaryDirectory() as folder:
        server = LocalTemporal(Path(folder))
        try:
            asyncio.run(main(server.start(), set(sys.argv[1:]) or missing))
        finally:
            server.stop()
