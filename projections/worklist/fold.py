"""From a case to its row in the worklist."""

from typing import Final, NamedTuple

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
    "policy_hash",
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


class Folded(NamedTuple):
    """The values of COLUMNS for a case, and whether it began in the run."""

    row: Row
    is_new: bool


def fold(run: Run) -> Folded:
    """Return the row of the case as it stands after the run."""
    return Folded(_row(run), run.is_new)


def _row(run: Run) -> Row:
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
        case.policy.hash,
        case.collected_at,
        case.since,
        *due,
        case.excluded,
        sorted(case.units),
        intake.reporter,
    )
