"""Tells every open case of an amended calendar, so that its timers follow; may be stopped and run again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.actor import Actor, Role
from domain.case.commands import Recalibrate
from domain.case.recalibrate import moved
from domain.case.state import Case
from engine import ids, replay
from engine.handle import Engine
from engine.opened import maybe_open
from engine.request import Request

CHUNK: Final = 200
"""Cases read, and told in one transaction, at a time."""
CAUSE: Final = 120
"""Characters of a cause that an event keeps."""
UNSAID: Final = "calendar amended"
"""Stands for a cause in which nothing printable is said."""
CALENDAR: Final = Actor(id="calendar", role=Role.SYSTEM)
"""The actor of every recalibration."""


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """What a run did.

    Attributes:
        cases: Cases that may be open, all looked at.
        moved: Cases of which a clock moved and was told now.
        clocks: Clocks told now.
        refused: Cases that could not be told; they stay as they are and are told by the next run.
    """

    cases: int
    moved: int
    clocks: int
    refused: tuple[UUID, ...] = ()


def recalibrate(
    engine: Engine, cause: str, progress: Callable[[int, int], None] = lambda done, total: None
) -> Recalibrated:
    """Record on each open case which of its clocks the amendments known so far have moved.

    A case that was told keeps that in its history and is not told again; so a run that was stopped anywhere
    is taken up by the next one, and one more run does nothing. A case that somebody records meanwhile by the
    rules of before is told by the next run as well; `untold` counts it.

    Args:
        engine: Whose cases are told.
        cause: Why, in a few words; its first CAUSE characters, on one line, stand in each event.
        progress: Told the number of cases done and of all.

    Raises:
        Conflict, Unavailable: Run it again.
    """
    engine.rules.refresh()
    cases = list(maybe_open(engine.store))
    total = Recalibrated(cases=len(cases), moved=0, clocks=0)
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        total = _add(total, _told(engine, cause, chunk))
        progress(start + len(chunk), len(cases))
    return total


def untold(engine: Engine) -> int:
    """Return how many open cases have a clock that an amendment moved and were not told of it.

    Raises:
        Unavailable: unavailable.
    """
    engine.rules.refresh()
    if not engine.rules.amendments:
        return 0
    cases = list(maybe_open(engine.store))
    chunks = (cases[start : start + CHUNK] for start in range(0, len(cases), CHUNK))
    return sum(len(_moved(engine, chunk)) for chunk in chunks)


def _moved(engine: Engine, cases: Sequence[UUID]) -> list[Case]:
    book = engine.rules.current()
    return [case for case in replay.cases(engine.store, cases) if any(True for _ in moved(case, book))]


def _told(engine: Engine, cause: str, cases: Sequence[UUID]) -> Recalibrated:
    command, count = Recalibrate(cause=_printable(cause)), engine.rules.amendments
    requests = [
        Request(case.id, command, CALENDAR, ids.recalibrate_command(case.id, count, case.version))
        for case in _moved(engine, cases)
    ]
    if not requests:
        return Recalibrated(cases=0, moved=0, clocks=0)
    answer = engine.handle_many(requests)
    return Recalibrated(0, answer.cases_new, answer.events, tuple(answer.refused))


def _printable(cause: str) -> str:
    """Return a cause as a command takes it: older logs hold some with line breaks, or of blanks only."""
    words = "".join(" " if one < " " else one for one in cause).split()
    return " ".join(words)[:CAUSE].rstrip() or UNSAID


def _add(one: Recalibrated, other: Recalibrated) -> Recalibrated:
    return Recalibrated(
        one.cases, one.moved + other.moved, one.clocks + other.clocks, (*one.refused, *other.refused)
    )
