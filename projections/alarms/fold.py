"""From events to the alarms that they gave; what gives one is the domain's alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.case.alarms import Alarm, seen
from domain.case.book import Rulebook
from domain.case.events import CaseEvent
from domain.errors import Refused
from projections.changes import Change, Run


class AlarmRow(NamedTuple):
    """One alarm; see schema.sql."""

    case_id: UUID
    version: int
    position: int
    kind: str
    clock: str
    unit: str
    at: datetime
    recorded_at: datetime
    was_due: datetime | None
    now_due: datetime | None


def fold(run: Run) -> Sequence[AlarmRow] | None:
    """Return the alarms that the events of the run gave, None for none, under the rules of its moment.

    An event of a case whose policy is not installed, or with another text, gives none.
    """
    return [_row(one, change) for change in run.changes for one in _seen(change, run.book)] or None


def _seen(change: Change, book: Rulebook) -> Sequence[Alarm]:
    event, before, after = change.recorded.event, change.before, change.after
    if not isinstance(event, CaseEvent) or before is None or after is None:
        return ()
    try:
        return seen(event, change.recorded.recorded_at, before, after, book)
    except Refused:
        # Without the rules of that time nobody can say what was won; a case moved to others shall go on.
        return ()


def _row(one: Alarm, change: Change) -> AlarmRow:
    return AlarmRow(
        case_id=change.recorded.stream,
        version=one.version,
        position=change.position,
        kind=one.kind.value,
        clock=one.clock or "",
        unit=one.unit,
        at=one.at,
        recorded_at=change.recorded.recorded_at,
        was_due=one.was,
        now_due=one.now,
    )
