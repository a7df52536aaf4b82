"""The rows that whistles and alarms must have of a case, from its events alone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from domain.case.alarms import seen
from domain.case.book import Rulebook
from domain.case.clocks import Clock, Ending
from domain.case.events import CaseEvent, Resolved, Visited, WhistleAnswered, Whistled
from domain.case.parts import Call
from domain.errors import Refused
from projections.audit.fresh import Fresh, Row, Step

WHISTLES: Final = (
    "number",
    "department",
    "version",
    "position",
    "round",
    "caller",
    "called_at",
    "called_version",
    "called_position",
    "help",
    "answer",
    "answered_at",
    "met_at",
    "void_at",
    "rungs",
    "stage",
    "outcomes",
    "solved",
    "satisfaction",
    "due_at",
)
"""Columns of the whistles beside the case; the one that follows from policy and calendar last."""
ALARMS: Final = (
    "version",
    "position",
    "kind",
    "clock",
    "unit",
    "at",
    "recorded_at",
    "was_due",
    "now_due",
)


def whistles(found: Fresh, book: Rulebook | None) -> list[Row]:
    """Return what WHISTLES must be of a case, by number and department; without rules no due moment."""
    case = found.case
    answers = {(call.number, call.department): call for call in case.calls}
    rows: list[Row] = []
    for step in found.steps:
        event = step.recorded.event
        if not isinstance(event, Whistled):
            continue
        for department in event.called:
            clock = _clock(found, event.number, department)
            said = (event.number, department, case.version, found.position, step.after.round, event.caller)
            made = (event.at, step.recorded.version, step.recorded.position, event.help)
            stands = _stands(found, answers[event.number, department], clock)
            row = (*said, *made, *stands, *_judged(found, step.after.round))
            due = None if book is None else book.due(case, clock)
            rows.append(row if book is None else (*row, None if due is None else due.at))
    return sorted(rows, key=lambda row: row[:2])


def _clock(found: Fresh, number: int, department: str) -> Clock:
    ending = f"/{number}.{department}"
    return next(one for one in found.case.clocks if one.key.endswith(ending))


def _stands(found: Fresh, call: Call, clock: Clock) -> Row:
    return (
        None if call.answer is None else call.answer.value,
        _answered(found, call),
        clock.ended_at if clock.ending is Ending.MET else None,
        clock.ended_at if clock.ending is Ending.VOID else None,
        [one.rung.value for one in found.case.rungs if one.clock == clock.key],
        found.case.stage.value,
    )


def _answered(found: Fresh, call: Call) -> datetime | None:
    answers = (step.recorded.event for step in found.steps)
    moments = [
        one.at
        for one in answers
        if isinstance(one, WhistleAnswered) and (one.number, one.department) == (call.number, call.department)
    ]
    return moments[-1] if moments else None


def _judged(found: Fresh, round_: int) -> Row:
    """Return what was reported for each claim in a round, and what the resident said: the last of each."""
    outcomes: list[str] | None = None
    solved: bool | None = None
    satisfaction: int | None = None
    for step in found.steps:
        event = step.recorded.event
        if step.after.round != round_:
            continue
        if isinstance(event, Resolved):
            outcomes = [one.outcome.value for one in event.answers]
        elif isinstance(event, Visited) and event.judged:
            solved = all(one.solved for one in event.judged)
            satisfaction = min(one.satisfaction for one in event.judged)
    return outcomes, solved, satisfaction


def alarms(found: Fresh, book: Rulebook | None) -> list[Row]:
    """Return what ALARMS must be of a case, by position, kind and clock."""
    if book is None:
        return []
    rows = [row for step in found.steps for row in _alarms(step, book)]
    return sorted(rows, key=lambda row: row[1:4])


def _alarms(step: Step, book: Rulebook) -> Iterator[Row]:
    recorded, before = step.recorded, step.before
    if before is None or not isinstance(recorded.event, CaseEvent):
        return
    try:
        found = seen(recorded.event, recorded.recorded_at, before, step.after, book)
    except Refused:
        return  # under rules that are not installed nobody can say what was won
    for one in found:
        said = (one.version, recorded.position, one.kind.value, one.clock or "", one.unit)
        yield (*said, one.at, recorded.recorded_at, one.was, one.now)
