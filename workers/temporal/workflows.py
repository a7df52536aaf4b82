"""Waits for the next step of one case and has it taken; holds no truth and may be lost at any time."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workers.temporal.messages import (
        DUE,
        PLAN,
        PLAN_CHANGED,
        RUNG,
        UNIT,
        WORKFLOW,
        EscalationInput,
        EscalationResult,
        PlanChanged,
        PlannedStep,
        StepInput,
        StepResult,
    )

TAKE_STEP: Final = "take_step"
STEP_TIMEOUT: Final = timedelta(seconds=60)
RETRY: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2.0,
    maximum_attempts=3,
)
"""Few: meanwhile a slot of the worker is held, the worker can't end, nor the run go on in a new one."""
AFTER_FAILURE: Final = timedelta(seconds=30)
"""Pause after the last attempt; it begins again without end: what is down comes back, the step is owed."""
AFTER_REFUSAL: Final = timedelta(minutes=10)
"""Pause after a refusal that the plan did not foresee: neither forget the case nor ask in a spin."""


@workflow.defn(name=WORKFLOW)
class EscalationWorkflow:
    """The timer of one case."""

    @workflow.init
    def __init__(self, start: EscalationInput) -> None:
        self._plan = start.plan
        self._wait_until = start.wait_until
        self._known = True

    @workflow.run
    async def run(self, start: EscalationInput) -> EscalationResult:
        """Take step after step until nothing is left to happen by itself."""
        # Without a plan it was started by hand: the first step asks for one.
        while self._plan is None or self._plan.step is not None:
            if self._plan is not None and self._plan.step is not None:
                self._show(self._plan.step)
            if self._long(start.history_limit):
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(
                    start.model_copy(update={"plan": self._plan, "wait_until": self._wait_until})
                )
            if await self._woken(start.history_limit):
                await self._take_step(start.case)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return EscalationResult(
            outcome="nothing_left" if self._known else "unknown_case",
            generation=self._plan.generation,
        )

    @workflow.signal(name=PLAN_CHANGED)
    def plan_changed(self, plan: PlanChanged) -> None:
        """Keep the newest plan; signals may come twice and in any order."""
        if self._plan is not None and plan.generation < self._plan.generation:
            return
        if self._plan is None or plan.step != self._plan.step:
            self._wait_until = None
        self._plan = plan

    @workflow.query(name=PLAN)
    def plan(self) -> PlanChanged | None:
        """Return the plan that this run waits for; None before it was told."""
        return self._plan

    @property
    def _step(self) -> PlannedStep | None:
        return self._plan.step if self._plan else None

    async def _woken(self, limit: int) -> bool:
        """Sleep until the step is due; return False when the plan changed, or the run became long."""
        step = self._step
        wait = self._wake_at() - workflow.now()
        if wait <= timedelta(0):
            return True
        try:
            await workflow.wait_condition(lambda: self._step != step or self._long(limit), timeout=wait)
        except TimeoutError:
            return True
        return False

    def _wake_at(self) -> datetime:
        now = workflow.now()
        due = self._step.wake_at if self._step else now
        return max(due, self._wait_until or now)

    async def _take_step(self, case: UUID) -> None:
        asked, step = self._plan, self._step
        try:
            result: StepResult = await workflow.execute_local_activity(
                TAKE_STEP,
                StepInput(case=case),
                result_type=StepResult,
                start_to_close_timeout=STEP_TIMEOUT,
                retry_policy=RETRY,
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            pause = _pause(error)
            if self._step == step:
                self._wait_until = workflow.now() + pause
            return
        self._known = result.known
        # What the log says now counts, even when it knows less than before, as after a restore. Only a signal
        # that came meanwhile may know more.
        if self._plan is asked or self._plan is None or result.plan.generation >= self._plan.generation:
            self._plan = result.plan
            self._wait_until = None
            if result.wait_seconds > 0:
                self._wait_until = workflow.now() + timedelta(seconds=result.wait_seconds)

    def _long(self, limit: int) -> bool:
        info = workflow.info()
        return info.is_continue_as_new_suggested() or info.get_current_history_length() >= limit

    def _show(self, step: PlannedStep) -> None:
        """Let an operator find the case by unit, rung and due moment in Temporal's own pages."""
        shown = workflow.info().typed_search_attributes
        wanted: list[SearchAttributeUpdate[str] | SearchAttributeUpdate[datetime]] = []
        if shown.get(UNIT) != step.unit:
            wanted.append(UNIT.value_set(step.unit))
        if shown.get(RUNG) != step.action:
            wanted.append(RUNG.value_set(step.action))
        if shown.get(DUE) != step.wake_at:
            wanted.append(DUE.value_set(step.wake_at))
        if wanted:
            workflow.upsert_search_attributes(wanted)


def _pause(error: FailureError) -> timedelta:
    """Return how long to wait after a step that was refused, or not taken in all attempts."""
    # A local activity's own error comes bare, others come wrapped.
    cause = error.cause if isinstance(error, ActivityError) else error
    refused = isinstance(cause, ApplicationError) and cause.non_retryable
    said = "step refused" if refused else "step not taken"
    workflow.logger.warning(said, extra={"code": getattr(cause, "type", None)})
    return AFTER_REFUSAL if refused else AFTER_FAILURE
