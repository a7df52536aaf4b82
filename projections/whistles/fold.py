"""From events to whistles, and from a case to how each call on it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.case.clocks import Clock, Ending
from domain.case.events import Resolved, Visited, WhistleAnswered, Whistled
from domain.case.parts import Call
from domain.case.state import Case
from domain.policy import Obligation
from projections.changes import Change, Run


class NewCall(NamedTuple):
    """One department as it was called; see schema.sql."""

    case_id: UUID
    number: int
    department: str
    version: int
    position: int
    round: int
    caller: str
    called_at: datetime
    called_version: int
    called_position: int
    help: str
    rungs: list[str]
    stage: str


class Standing(NamedTuple):
    """How a call stands after the run; `answered_at` is None where no answer came in it."""

    version: int
    position: int
    due_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    met_at: datetime | None
    void_at: datetime | None
    rungs: list[str]
    stage: str
    case_id: UUID
    number: int
    department: str


class Judged(NamedTuple):
    """What became of a case in one round, the newest of each kind; None: nothing new in this run."""

    outcomes: list[str] | None
    solved: bool | None
    satisfaction: int | None
    case_id: UUID
    round: int


@dataclass(frozen=True, slots=True)
class Rows:
    """What one case gives."""

    calls: Sequence[NewCall]
    standings: Sequence[Standing]
    judged: Sequence[Judged]


def fold(run: Run) -> Rows | None:
    """Return the calls made in the run, how all calls of the case stand after it, and what was judged.

    None for a case on which nobody has whistled.
    """
    case = run.case
    if not case.calls:
        return None
    return Rows(
        calls=[call for change in run.changes for call in _called(change)],
        standings=[_standing(call, case, run) for call in case.calls],
        judged=list(_judged(run)),
    )


def _called(change: Change) -> Iterator[NewCall]:
    event, case = change.recorded.event, change.after
    if not isinstance(event, Whistled) or case is None:
        return
    for department in event.called:
        yield NewCall(
            case_id=case.id,
            number=event.number,
            department=department,
            version=case.version,
            position=change.position,
            round=case.round,
            caller=event.caller,
            called_at=event.at,
            called_version=case.version,
            called_position=change.position,
            help=event.help,
            rungs=[],
            stage=case.stage.value,
        )


def _standing(call: Call, case: Case, run: Run) -> Standing:
    clock = _clock(call, case)
    due = run.book.due(case, clock)
    ended = clock.ended_at
    return Standing(
        version=case.version,
        position=run.last.position,
        due_at=None if due is None else due.at,
        answer=None if call.answer is None else call.answer.value,
        answered_at=_answered(call, run),
        met_at=ended if clock.ending is Ending.MET else None,
        void_at=ended if clock.ending is Ending.VOID else None,
        rungs=[one.rung.value for one in case.rungs if one.clock == clock.key],
        stage=case.stage.value,
        case_id=case.id,
        number=call.number,
        department=call.department,
    )


def _clock(call: Call, case: Case) -> Clock:
    """Return the clock of a call: each whistle begins one for each department."""
    suffix = f"/{call.number}.{call.department}"
    whistles = (one for one in case.clocks if one.obligation is Obligation.ANSWER_WHISTLE)
    return next(one for one in whistles if one.key.endswith(suffix))


def _answered(call: Call, run: Run) -> datetime | None:
    """Return the moment of the newest answer to a call in the run."""
    for change in reversed(run.changes):
        event = change.recorded.event
        if isinstance(event, WhistleAnswered) and (event.number, event.department) == (
            call.number,
            call.department,
        ):
            return event.at
    return None


def _judged(run: Run) -> Iterator[Judged]:
    """Yield what was reported and said in each round, in order; a later one of a round counts."""
    for change in run.changes:
        event, case = change.recorded.event, change.after
        if case is None:
            continue
        if isinstance(event, Resolved):
            yield Judged([one.outcome.value for one in event.answers], None, None, case.id, case.round)
        elif isinstance(event, Visited) and event.judged:
            solved = all(one.solved for one in event.judged)
            lowest = min(one.satisfaction for one in event.judged)
            yield Judged(None, solved, lowest, case.id, case.round)
