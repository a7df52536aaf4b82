"""Timers as the rest sees them: a synchronous face on Temporal's client that sends many at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from uuid import UUID

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError, RPCStatusCode

from engine.errors import EngineError
from engine.settings import Settings
from workers.temporal import client as temporal
from workers.temporal.messages import (
    DUE,
    PLAN,
    PLAN_CHANGED,
    RUNG,
    TASK_QUEUE,
    UNIT,
    WORKFLOW,
    EscalationInput,
    PlanChanged,
    PlannedStep,
    workflow_id,
)

IN_FLIGHT: Final = 32
"""Calls at a time; more only queue up in the server."""
_PATIENCE: Final = timedelta(seconds=10)
_LOST: Final = (RPCError, RuntimeError)
"""The SDK says RuntimeError when it can't connect."""
T = TypeVar("T")
R = TypeVar("R")


class TimersUnavailable(EngineError):
    """Temporal can't be reached; cases are worked without it, and it is told of them when it is back."""

    code: str = "timers_unavailable"


class Timers:
    """The timers of all cases. For one thread; each call waits until the server has acknowledged.

    Args:
        connecting: Makes the client; called once, inside the loop that this object keeps.
    """

    def __init__(self, connecting: Callable[[], Awaitable[Client]]) -> None:
        self._runner = asyncio.Runner()
        self._connecting = connecting
        self._connected: Client | None = None

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        """Return timers that connect when they are first used. Raises: SettingsInvalid, at the first use."""
        return cls(lambda: temporal.connect(settings, lazy=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the loop and with it the connection."""
        self._connected = None
        self._runner.close()

    def ping(self) -> bool:
        """Whether the server answers."""
        try:
            return self._call(lambda client: client.service_client.check_health(timeout=timedelta(seconds=3)))
        except TimersUnavailable:
            return False

    def prepare(self) -> None:
        """Make our search attributes known to the server. Raises: TimersUnavailable."""
        self._call(temporal.prepare)

    def send(self, plans: Sequence[PlanChanged]) -> None:
        """Tell each case's timer its plan: start those that don't run, and let those with nothing left end.

        Repeating is harmless: a run keeps the newest plan, and there is one run for a case.

        Raises:
            TimersUnavailable: timers_unavailable; some may have been sent.
        """
        self._each(plans, _send)

    def running(self, cases: Iterable[UUID]) -> set[UUID]:
        """Return the cases whose timer runs now, asked one by one: the server's lists lag behind.

        Raises:
            TimersUnavailable: timers_unavailable.
        """
        asked = list(cases)
        answers = self._each(asked, _is_running)
        return {case for case, runs in zip(asked, answers, strict=True) if runs}

    def plan(self, case: UUID) -> PlanChanged | None:
        """Return the plan for which a case's timer waits; None when none runs. It takes a running worker.

        Raises:
            TimersUnavailable: timers_unavailable.
        """
        return self._call(lambda client: _plan(client, case))

    def _each(self, items: Sequence[T], work: Callable[[Client, T], Awaitable[R]]) -> list[R]:
        async def bounded(client: Client) -> list[R]:
            free = asyncio.Semaphore(IN_FLIGHT)

            async def one(item: T) -> R:
                async with free:
                    return await work(client, item)

            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(item)) for item in items]
            return [task.result() for task in tasks]

        return self._call(bounded) if items else []

    def _call(self, work: Callable[[Client], Awaitable[R]]) -> R:
        return self._runner.run(self._answered(work))

    async def _answered(self, work: Callable[[Client], Awaitable[R]]) -> R:
        try:
            self._connected = self._connected or await self._connecting()
            return await work(self._connected)
        except ExceptionGroup as errors:
            lost = errors.subgroup(_LOST)
            if lost is None or errors.split(_LOST)[1] is not None:
                raise
            raise _unavailable(_first(lost)) from errors
        except _LOST as error:
            raise _unavailable(error) from error


def _unavailable(error: BaseException) -> TimersUnavailable:
    return TimersUnavailable(f"Temporal did not answer: {error}")


async def _send(client: Client, plan: PlanChanged) -> None:
    if plan.step is None:
        await _end(client, plan)
    else:
        await _start(client, plan, plan.step)


async def _start(client: Client, plan: PlanChanged, step: PlannedStep) -> None:
    shown: list[SearchAttributePair[Any]] = [
        SearchAttributePair(UNIT, step.unit),
        SearchAttributePair(RUNG, step.action),
        SearchAttributePair(DUE, step.wake_at),
    ]
    await client.start_workflow(
        WORKFLOW,
        EscalationInput(case=plan.case),
        id=workflow_id(plan.case),
        task_queue=TASK_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal=PLAN_CHANGED,
        start_signal_args=[plan],
        search_attributes=TypedSearchAttributes(shown),
        rpc_timeout=_PATIENCE,
    )


async def _end(client: Client, plan: PlanChanged) -> None:
    handle = client.get_workflow_handle(workflow_id(plan.case))
    try:
        await handle.signal(PLAN_CHANGED, plan, rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended already
            raise


async def _is_running(client: Client, case: UUID) -> bool:
    try:
        description = await client.get_workflow_handle(workflow_id(case)).describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return description.status is WorkflowExecutionStatus.RUNNING


async def _plan(client: Client, case: UUID) -> PlanChanged | None:
    if not await _is_running(client, case):
        return None
    handle = client.get_workflow_handle(workflow_id(case))
    told: PlanChanged | None = await handle.query(PLAN, result_type=PlanChanged, rpc_timeout=_PATIENCE)
    return told


def _first(errors: BaseException) -> BaseException:
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return errors
