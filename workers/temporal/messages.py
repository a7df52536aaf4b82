"""Everything that travels through Temporal: ids, moments and verbs, never a word of a resident.

One input and one result class a message, so that a field can be added without breaking runs under way.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from temporalio.common import SearchAttributeKey

TASK_QUEUE: Final = "echowall-escalation"
WORKFLOW: Final = "Escalation"
"""Registered name of the workflow; never changes, since histories hold it."""
PLAN_CHANGED: Final = "plan_changed"
PLAN: Final = "plan"
HISTORY_LIMIT: Final = 2_000
"""Events after which a run goes on in a new one. Source: docs/escalation.md."""

UNIT: Final = SearchAttributeKey.for_keyword("EchowallUnit")
RUNG: Final = SearchAttributeKey.for_keyword("EchowallRung")
DUE: Final = SearchAttributeKey.for_datetime("EchowallDue")


def workflow_id(case: UUID) -> str:
    """Return the id of the one workflow that waits for a case."""
    return f"escalation:{case}"


class Message(BaseModel):
    """A frozen message; a field that a newer release added is ignored by an older one."""

    model_config = ConfigDict(frozen=True)


class PlannedStep(Message):
    """What happens next by itself.

    Attributes:
        wake_at: When to take it, in UTC.
        action: Verb of the command.
        clock: Key of the clock; None for the end of a suspension, hang-up or exclusion.
        unit: Unit that it concerns.
    """

    wake_at: datetime
    action: str
    clock: str | None
    unit: str


class PlanChanged(Message):
    """The plan of a case as of one of its versions.

    Attributes:
        generation: Version of the case; a newer one replaces an older one.
        step: None when nothing is to happen by itself.
    """

    case: UUID
    generation: int
    step: PlannedStep | None


class EscalationInput(Message):
    """What a run starts with.

    Attributes:
        plan: Carried on from the run before; None in the first, which is told by the signal that starts it.
        wait_until: Carried on: no step before this moment.
        history_limit: Events after which the run goes on in a new one.
    """

    case: UUID
    plan: PlanChanged | None = None
    wait_until: datetime | None = None
    history_limit: int = HISTORY_LIMIT


class EscalationResult(Message):
    """How a run ended.

    Attributes:
        outcome: `nothing_left`, or `unknown_case` when the log has no such case.
        generation: Version of the case by which this was known.
    """

    outcome: str
    generation: int


class StepInput(Message):
    """Asks to take the step that is due; the plan is made afresh, so it says only which case."""

    case: UUID


class StepResult(Message):
    """What came of a step.

    Attributes:
        plan: The next plan.
        took: Verb of the step taken now; None when none was due (any more, or yet).
        wait_seconds: How long the next step is away by the log's own clock, so that a server whose clock runs
            ahead doesn't ask again and again.
        known: False when the log has no such case.
    """

    plan: PlanChanged
    took: str | None = None
    wait_seconds: float = 0.0
    known: bool = True
