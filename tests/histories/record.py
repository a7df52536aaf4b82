"""Records the histories beside it from real runs: `python -m tests.histories.record`.

After a change of the workflow, histories of released versions stay; record new ones beside them.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from engine import clock
from interfaces.local.temporal import LocalTemporal
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
from workers.temporal.worker import runner
from workers.temporal.workflows import TAKE_STEP, EscalationWorkflow

HERE = Path(__file__).parent
REFUSED = UUID(int=5)
LADDER = ("remind", "supervise", "raise", "hold-accountable")


def plan(case: UUID, generation: int, wake_at: datetime, action: str = "remind") -> PlanChanged:
    step = PlannedStep(wake_at=wake_at, action=action, clock="1/dispatch", unit="yuhua.east")
    return PlanChanged(case=case, generation=generation, step=step)


class Steps:
    """Stands in for the log: each case climbs the ladder, a step in a tenth of a second."""

    def __init__(self) -> None:
        self.taken: dict[UUID, int] = {}

    @activity.defn(name=TAKE_STEP)
    def take_step(self, asked: StepInput) -> StepResult:
        if asked.case == REFUSED:
            raise ApplicationError("no such policy", type="unknown_policy", non_retryable=True)
        count = self.taken[asked.case] = self.taken.get(asked.case, 0) + 1
        if count == len(LADDER):
            nothing = PlanChanged(case=asked.case, generation=1 + count, step=None)
            return StepResult(plan=nothing, took=LADDER[-1])
        wake_at = clock.now() + timedelta(seconds=0.1)
        return StepResult(plan=plan(asked.case, 1 + count, wake_at, LADDER[count]), took=LADDER[count - 1])


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


async def main(address: str) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter, identity="recorder")
    await prepare(client)
    steps = Steps()
    with ThreadPoolExecutor(4) as executor:
        for workflow_type in (EscalationWorkflow, Another):
            async with Worker(
                client,
                task_queue=TASK_QUEUE,
                workflows=[workflow_type],
                activities=[steps.take_step],
                activity_executor=executor,
                max_concurrent_activities=4,
                workflow_runner=runner(),
            ):
                if workflow_type is Another:
                    await save(client, UUID(int=9), "nondeterministic", steps)
                else:
                    await record(client, steps)


async def record(client: Client, steps: Steps) -> None:
    await save(client, UUID(int=1), "full_ladder", steps)
    await save(client, UUID(int=2), "plan_changed_while_sleeping", steps, later=True)
    await save(client, UUID(int=3), "nothing_left", steps, later=True, nothing=True)
    await save(client, UUID(int=4), "continued_as_new", steps, limit=8)
    await save(client, REFUSED, "refused", steps, nothing=True)


async def save(
    client: Client,
    case: UUID,
    name: str,
    steps: Steps,
    *,
    later: bool = False,
    nothing: bool = False,
    limit: int = 2_000,
) -> None:
    """Run one case to its end and write its history; of a run that was continued, the first part."""
    wake_at = clock.now() + timedelta(hours=1 if later else 0)
    handle = await client.start_workflow(
        WORKFLOW,
        EscalationInput(case=case, history_limit=limit),
        id=workflow_id(case),
        task_queue=TASK_QUEUE,
        result_type=EscalationResult,
        start_signal=PLAN_CHANGED,
        start_signal_args=[plan(case, 1, wake_at)],
    )
    if later or nothing:
        await handle.query("plan")  # it sleeps now
        changed = plan(case, 2, clock.now())
        await handle.signal(PLAN_CHANGED, changed.model_copy(update={"step": None}) if nothing else changed)
    result = await handle.result()
    assert result.outcome == "nothing_left"
    first = client.get_workflow_handle(workflow_id(case), run_id=handle.first_execution_run_id)
    history = await first.fetch_history()
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
    with tempfile.TemporaryDirectory() as folder:
        server = LocalTemporal(Path(folder))
        try:
            asyncio.run(main(server.start()))
        finally:
            server.stop()
