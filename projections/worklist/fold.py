"""From a case to its row in the worklist."""

from typing import Final

from domain.case.buckets import account
from projections.changes import Run
from projections.outlook import next_due

Row = tuple[object, ...]

COLUMNS: Final = (
    "case_id",
    "version",
    "position",
    "stage",
    "unit",
    "bucket",
    "desk",
    "handler",
    "visitor",
    "place",
    "category",
    "kind",
    "key",
    "urgency",
    "channel",
    "round",
    "claims",
    "policy_id",
    "policy_version",
    "collected_at",
    "since",
    "due_at",
    "due_obligation",
    "due_clock",
    "provisional",
    "excluded",
    "units",
    "reporter",
)


def fold(run: Run) -> Row:
    """Return the values of COLUMNS for the case as it stands after the run."""
    case = run.case
    unit, bucket = account(case)
    intake, duties = case.intake, case.duties
    first = next_due(run.prospects)
    due: Row = (None, None, None, False)
    if first is not None:
        ahead, moment = first
        due = (moment.at, ahead.clock.obligation.value, ahead.clock.key, moment.provisional)
    return (
        case.id,
        case.version,
        run.last.position,
        case.stage.value,
        unit,
        bucket.value,
        duties.desk,
        duties.handler,
        duties.visitor,
        intake.place.unit,
        intake.category,
        None if intake.kind is None else intake.kind.value,
        intake.key,
        intake.urgency.value,
        intake.channel.value,
        case.round,
        len(case.claims),
        case.policy.id,
        case.policy.version,
        case.collected_at,
        case.since,
        *due,
        case.excluded,
        sorted(case.units),
        intake.reporter,
    )
