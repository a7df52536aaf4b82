"""From a case to its row in the worklist."""

from typing import Final, NamedTuple

from domain.case.buckets import account
from projections.changes import Run
from projections.outlook import next_due

Row = tuple[object, ...]

COLUMNS: Final = {
    "case_id": "uuid",
    "version": "bigint",
    "position": "bigint",
    "stage": "text",
    "unit": "text",
    "bucket": "text",
    "desk": "text",
    "handler": "text",
    "visitor": "text",
    "place": "text",
    "category": "text",
    "kind": "text",
    "key": "boolean",
    "urgency": "text",
    "channel": "text",
    "round": "bigint",
    "claims": "bigint",
    "policy_id": "text",
    "policy_version": "bigint",
    "collected_at": "timestamp with time zone",
    "since": "timestamp with time zone",
    "due_at": "timestamp with time zone",
    "due_obligation": "text",
    "due_clock": "text",
    "provisional": "boolean",
    "excluded": "boolean",
    "units": "text[]",
    "reporter": "text",
}
"""Type of each column of the table."""


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
        case.collected_at,
        case.since,
        *due,
        case.excluded,
        sorted(case.units),
        intake.reporter,
    )
