"""The workflow alone, on a real Temporal, where the log would have to be broken to show what it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from engine import clock
from tests.histories.sandbox import runner
from tests.workers.office import new_namespace
from workers.temporal.client import prepare
from workers.temporal.messages import (
    PLAN,
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
from workers.temporal.workflows import AFTER_FAILURE, AFTER_REFUSAL, TAKE_STEP, EscalationWorkflow

pytestmark = pytest.mark.temporal

Handle = WorkflowHandle[object, EscalationResult]


def plan(case: UUID, generation: int, seconds: float) -> PlanChanged:
    wake_at = clock.now() + timedelta(seconds=seconds)
    step = PlannedStep(wake_at=wake_at, action="remind", clock="1/dispatch", unit="yuhua.east")
    return PlanChanged(case=case, generation=generation, step=step)


async def timers(handle: Handle) -> list[timedelta]:
    """How long the run has chosen to sleep, each time."""
    return [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        for event in (await handle.fetch_history()).events
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]


def nothing(case: UUID, generation: int) -> PlanChanged:
    return PlanChanged(case=case, generation=generation, step=None)


@asynccontextmanager
async def answering(
    address: str, answer: Callable[[StepInput], StepResult], max_concurrent_workflow_tasks: int | None = None
) -> AsyncIterator[Client]:
    """A worker whose log answers as the test says."""

    @activity.defn(name=TAKE_STEP)
    def take_step(asked: StepInput) -> StepResult:
        return answer(asked)

    namespace = await asyncio.to_thread(new_namespace, address)
    client = await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter)
    await prepare(client)
    with ThreadPoolExecutor(4) as executor:
        async with Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[EscalationWorkflow],
            activities=[take_step],
            activity_executor=executor,
            max_concurrent_activities=4,
            max_concurrent_workflow_tasks=max_concurrent_workflow_tasks,
            workflow_runner=runner(),
        ):
            yield client


async def start(client: Client, told: PlanChanged, limit: int = 2_000) -> Handle:
    return await client.start_workflow(
        WORKFLOW,
        EscalationInput(case=told.case, history_limit=limit),
        id=workflow_id(told.case),
        task_queue=TASK_QUEUE,
        result_type=EscalationResult,
        start_signal=PLAN_CHANGED,
        start_signal_args=[told],
    )


def test_after_a_refusal_it_waits_and_a_new_plan_ends_the_waiting(temporal_address: str) -> None:
    def refuse(asked: StepInput) -> StepResult:
        raise ApplicationError("no such policy", type="unknown_policy", non_retryable=True)

    async def story() -> None:
        case = uuid4()
        async with answering(temporal_address, refuse) as client:
            handle = await start(client, plan(case, 1, -1))
            async with asyncio.timeout(20):
                while not (waits := await timers(handle)):
                    await asyncio.sleep(0.05)
            assert len(waits) == 1
            assert AFTER_REFUSAL - timedelta(seconds=5) < waits[0] <= AFTER_REFUSAL
            await handle.signal(PLAN_CHANGED, nothing(case, 2))
            assert await handle.result() == EscalationResult(outcome="nothing_left", generation=2)

    asyncio.run(story())


def test_a_server_whose_clock_runs_ahead_waits_as_long_as_the_log_says(temporal_address: str) -> None:
    asked: list[StepInput] = []

    def early(step: StepInput) -> StepResult:
        asked.append(step)
        if len(asked) == 1:
            return StepResult(plan=plan(step.case, 1, -1), wait_seconds=1.0)
        return StepResult(plan=nothing(step.case, 2), took="remind")

    async def story() -> None:
        async with answering(temporal_address, early) as client:
            handle = await start(client, plan(uuid4(), 1, -1))
            began = clock.now()
            await handle.result()
            assert clock.now() - began >= timedelta(seconds=0.9)
            assert len(asked) == 2

    asyncio.run(story())


def test_a_failure_is_tried_again_without_end_by_a_timer_after_a_few_attempts(temporal_address: str) -> None:
    tries: list[StepInput] = []

    def fail(step: StepInput) -> StepResult:
        tries.append(step)
        if len(tries) < 4:
            raise ConnectionError("the database is down")
        return StepResult(plan=nothing(step.case, 2), took="remind")

    async def story() -> None:
        async with answering(temporal_address, fail) as client:
            handle = await start(client, told := plan(uuid4(), 1, -1))
            async with asyncio.timeout(20):
                while not (waits := await timers(handle)):
                    await asyncio.sleep(0.05)
            assert (waits, len(tries)) == ([AFTER_FAILURE], 3)
            # What leaves the step as it was doesn't end the waiting.
            await handle.signal(PLAN_CHANGED, told.model_copy(update={"generation": 2}))
            assert (await handle.query(PLAN, result_type=PlanChanged)).generation == 2
            assert len(tries) == 3
            await handle.signal(PLAN_CHANGED, plan(told.case, 3, -1))
            assert ((await handle.result()).outcome, len(tries)) == ("nothing_left", 4)

    asyncio.run(story())


def test_steps_that_fail_hold_no_slot_for_long(temporal_address: str) -> None:
    failing = [uuid4(), uuid4()]

    def fail(step: StepInput) -> StepResult:
        if step.case in failing:
            raise ConnectionError("the database is down")
        return StepResult(plan=nothing(step.case, 2), took="remind")

    async def story() -> None:
        async with answering(temporal_address, fail, max_concurrent_workflow_tasks=len(failing)) as client:
            for case in failing:
                await start(client, plan(case, 1, -1))
            sound = await start(client, plan(uuid4(), 1, -1))
            async with asyncio.timeout(20):
                assert (await sound.result()).outcome == "nothing_left"

    asyncio.run(story())


def test_signals_that_change_nothing_make_no_endless_run(temporal_address: str) -> None:
    def never(step: StepInput) -> StepResult:
        raise AssertionError("nothing is due")

    async def story() -> None:
        async with answering(temporal_address, never) as client:
            handle = await start(client, told := plan(uuid4(), 1, 3600), limit=20)
            for _ in range(12):
                await handle.signal(PLAN_CHANGED, told)
                assert await handle.query(PLAN, result_type=PlanChanged) == told
            now = await client.get_workflow_handle(handle.id).describe()
            assert now.run_id != handle.first_execution_run_id
            assert now.history_length < 30

    asyncio.run(story())


def test_a_log_set_back_to_an_older_point_is_believed(temporal_address: str) -> None:
    def restored(step: StepInput) -> StepResult:
        return StepResult(plan=nothing(step.case, 3))

    async def story() -> None:
        async with answering(temporal_address, restored) as client:
            result = await (await start(client, plan(uuid4(), 9, -1))).result()
            assert result == EscalationResult(outcome="nothing_left", generation=3)

    asyncio.run(story())


def test_a_signal_that_comes_while_a_step_is_taken_is_not_lost(temporal_address: str) -> None:
    signalled = asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    def slow(step: StepInput) -> StepResult:
        asyncio.run_coroutine_threadsafe(signalled.wait(), loops[0]).result(30)
        return StepResult(plan=nothing(step.case, 2), took="remind")

    async def story() -> None:
        loops.append(asyncio.get_running_loop())
        async with answering(temporal_address, slow) as client:
            handle = await start(client, plan(case := uuid4(), 1, -1))
            reopened = plan(case, 5, 3600)
            await handle.signal(PLAN_CHANGED, reopened)
            signalled.set()
            assert await handle.query(PLAN, result_type=PlanChanged) == reopened
            await handle.signal(PLAN_CHANGED, nothing(case, 6))
            assert (await handle.result()).generation == 6

    asyncio.run(story())


def test_a_long_run_goes_on_in_a_new_one_with_its_plan(temporal_address: str) -> None:
    steps: list[StepInput] = []

    def step(asked: StepInput) -> StepResult:
        steps.append(asked)
        if len(steps) == 6:
            return StepResult(plan=nothing(asked.case, 9), took="remind")
        return StepResult(plan=plan(asked.case, len(steps) + 1, 0.05), took="remind")

    async def story() -> None:
        async with answering(temporal_address, step) as client:
            handle = await start(client, plan(uuid4(), 1, -1), limit=10)
            assert (await handle.result()).generation == 9
            last = await client.get_workflow_handle(handle.id).describe()
            assert last.run_id != handle.first_execution_run_id
            assert len(steps) == 6

    asyncio.run(story())
