"""Takes the step of a case that is due, as a command like any other; may be run any number of times."""

from datetime import datetime
from typing import Final
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.actor import LADDER
from domain.case.book import Rulebook
from domain.case.commands import BY_VERB
from domain.case.plan import Step, plan
from domain.case.state import Case
from domain.errors import DomainError
from engine import clock, ids, log
from engine.errors import Conflict, Unavailable, VersionStale
from engine.handle import Engine
from engine.request import Answer, Request
from workers.temporal.messages import PlanChanged, PlannedStep, StepInput, StepResult
from workers.temporal.workflows import TAKE_STEP

FAULTS: Final = (DomainError, ValueError, LookupError, TypeError)
"""What reading or planning a case may raise."""
ATTEMPTS: Final = 4
"""How often the plan is made again when the case moves on under it, before Temporal waits and asks again."""


def planned(case: Case, book: Rulebook) -> PlanChanged:
    """Return the present plan of a case as a message."""
    return as_message(case, plan(case, book))


def as_message(case: Case, step: Step | None) -> PlanChanged:
    """Return a step, or that there is none, as a message."""
    if step is None:
        return PlanChanged(case=case.id, generation=case.version, step=None)
    told = PlannedStep(wake_at=step.wake_at, action=step.action.value, clock=step.clock, unit=step.unit)
    return PlanChanged(case=case.id, generation=step.generation, step=told)


def step_request(case: UUID, step: Step) -> Request:
    """Return a step as the command of the ladder that takes it."""
    body = {} if step.clock is None else {"clock": step.clock}
    command = BY_VERB[step.action].model_validate(body)
    return Request(case, command, LADDER, ids.step_command(case, step))


class Activities:
    """The activities of the escalation workflow, on threads.

    Args:
        engine: Shared by all threads.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lost = False

    @activity.defn(name=TAKE_STEP)
    def take_step(self, asked: StepInput) -> StepResult:
        """Take the step that is due now, if one is; answer with the plan after it.

        Raises:
            ApplicationError: Not retryable, its type the stable code, when the case can't be planned or its
                step is refused. Anything else is tried again.
        """
        if self._lost and activity.in_activity() and activity.is_worker_shutdown():
            # Each attempt takes seconds, and some hundred may be under way: the worker would not end in time.
            raise Unavailable("PostgreSQL did not answer, and the worker ends.")
        try:
            result = take_step(self._engine, asked.case)
            self._lost = False
            return result
        except (Unavailable, Conflict, VersionStale) as error:
            self._lost = isinstance(error, Unavailable)
            raise
        except DomainError as refusal:
            raise ApplicationError(refusal.message, type=refusal.code, non_retryable=True) from refusal
        except FAULTS as fault:
            # Temporal is told its kind alone: its text may quote what a resident wrote.
            kind = type(fault).__name__
            log.get("worker").error("step not taken", case=str(asked.case), kind=kind, error=str(fault))
            raise ApplicationError(kind, type="fault", non_retryable=True) from None


def take_step(engine: Engine, case_id: UUID) -> StepResult:
    """Take the step of a case that is due now, if one is. Raises: as Engine.handle."""
    case = engine.case(case_id)
    if case is None:
        _count_orphan()
        return StepResult(plan=PlanChanged(case=case_id, generation=0, step=None), known=False)
    took: str | None = None
    # Looked up anew: a step planned under rules that the log has changed by now might never be planned again.
    book = engine.rules.refresh()
    for _ in range(ATTEMPTS):
        step = plan(case, book)
        wait = _seconds(step, clock.now())
        if step is None or took or wait > 0:
            return StepResult(plan=as_message(case, step), took=took, wait_seconds=max(wait, 0.0))
        answer = _take(engine, case, step)
        took = step.action.value if answer is not None and answer.events else None
        # As the step left it: of what comes later, the relay tells.
        case = engine.case(case_id, at_least=None if answer is None else answer.version) or case
    raise Conflict("The case keeps changing under its timer; the step is tried again.")


def _take(engine: Engine, case: Case, step: Step) -> Answer | None:
    """Give the command of a step; None when the case has moved on."""
    asked = step_request(case.id, step)
    try:
        return engine.handle(
            case.id,
            asked.command,
            asked.actor,
            command_id=asked.command_id,
            expected_version=case.version,
        )
    except VersionStale:
        return None


def _seconds(step: Step | None, now: datetime) -> float:
    return 0.0 if step is None else (step.wake_at - now).total_seconds()


def _count_orphan() -> None:
    if activity.in_activity():
        meter = activity.metric_meter()
        meter.create_counter("echowall_orphans", "Timers of cases that the log doesn't know").add(1)
