"""From a case to its open clocks and the end of its exclusion, and from its events to the rungs taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.case.events import HeldAccountable, Raised, Reminded, RungTaken, Supervised
from domain.case.state import Case
from domain.policy import Rung
from domain.records import quick
from projections.changes import Change, Run
from projections.ledger import LedgerRefused
from projections.outlook import Prospect, lapsed_rungs

_RUNGS: Final[dict[type[Any], Rung]] = {
    Reminded: Rung.REMIND,
    Supervised: Rung.SUPERVISE,
    Raised: Rung.RAISE,
    HeldAccountable: Rung.HOLD_ACCOUNTABLE,
}


class ClockRow(NamedTuple):
    """An open clock; see schema.sql."""

    case_id: UUID
    clock: str
    version: int
    position: int
    obligation: str
    owner: str
    started_at: datetime
    due_at: datetime | None
    provisional: bool
    paused: bool
    promised: bool
    rungs: list[str]
    lapsed: int
    next_action: str | None
    next_at: datetime | None
    next_provisional: bool


class LapsedRow(NamedTuple):
    """A clock with rungs that fell due before the import of its case."""

    case_id: UUID
    clock: str
    version: int
    position: int
    rungs: int


class ExclusionRow(NamedTuple):
    """A case that is excluded from the appraisal until a date; one without a date gives none."""

    case_id: UUID
    version: int
    position: int
    until: datetime


class RungRow(NamedTuple):
    """A rung that was taken."""

    position: int
    case_id: UUID
    version: int
    clock: str
    rung: str
    unit: str
    to_unit: str | None
    at: datetime
    recorded_at: datetime
    by_ladder: bool
    told: list[str]


@quick
@dataclass(frozen=True, slots=True)
class Rows:
    """What one case gives.

    Attributes:
        stood: Whether it may have rows from before that no longer hold.
        clocks: All its open clocks.
    """

    case: UUID
    stood: bool
    clocks: Sequence[ClockRow]
    lapsed: Sequence[LapsedRow]
    exclusions: Sequence[ExclusionRow]
    rungs: Sequence[RungRow]


def fold(run: Run) -> Rows:
    """Return the clocks as they stand after the run, and the rungs taken in it.

    Raises:
        LedgerRefused: ledger_refused, when the log holds a rung of the ladder twice.
    """
    case, position = run.case, run.last.position
    counts = lapsed_rungs(case, run.prospects, run.book)
    return Rows(
        case=case.id,
        stood=not run.is_new,
        clocks=[_clock(one, case.id, case.version, position) for one in run.prospects],
        lapsed=[LapsedRow(case.id, key, case.version, position, rungs) for key, rungs in counts.items()],
        exclusions=_exclusions(case, position),
        rungs=[
            _rung(change, rung)
            for change in run.changes
            if (rung := _RUNGS.get(type(change.recorded.event))) is not None
        ],
    )


def _exclusions(case: Case, position: int) -> Sequence[ExclusionRow]:
    until = case.excluded_until
    return () if until is None else (ExclusionRow(case.id, case.version, position, until),)


def _clock(ahead: Prospect, case: UUID, version: int, position: int) -> ClockRow:
    return ClockRow(
        case_id=case,
        clock=ahead.clock.key,
        version=version,
        position=position,
        obligation=ahead.clock.obligation.value,
        owner=ahead.clock.owner,
        started_at=ahead.clock.started_at,
        due_at=None if ahead.due is None else ahead.due.at,
        provisional=ahead.due is not None and ahead.due.provisional,
        paused=ahead.paused,
        promised=ahead.promised,
        rungs=[rung.value for rung in ahead.taken],
        lapsed=ahead.lapsed,
        next_action=None if ahead.action is None else ahead.action.value,
        next_at=None if ahead.action_at is None else ahead.action_at.at,
        next_provisional=ahead.action_at is not None and ahead.action_at.provisional,
    )


def _rung(change: Change, rung: Rung) -> RungRow:
    event = change.recorded.event
    if not isinstance(event, RungTaken):
        raise TypeError("every event of _RUNGS takes a rung")
    taken = change.before.rungs if change.before is not None else ()
    if event.by_ladder and any((one.clock, one.rung) == (event.clock, rung) for one in taken):
        raise LedgerRefused(
            f"The ladder took {rung.value} on {event.clock} before; look into the case's events."
        )
    return RungRow(
        position=change.position,
        case_id=change.recorded.stream,
        version=change.recorded.version,
        clock=event.clock,
        rung=rung.value,
        unit=event.unit,
        to_unit=_to(event),
        at=event.at,
        recorded_at=change.recorded.recorded_at,
        by_ladder=event.by_ladder,
        told=list(event.told or ()),
    )


def _to(event: RungTaken) -> str | None:
    match event:
        case Supervised():
            return event.supervisor
        case Raised():
            return event.to
        case _:
            return None
