"""Brings every timer back into a Temporal that may be empty, from the log alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from engine.handle import Engine
from engine.opened import maybe_open
from workers.relay.plans import Plans, plans
from workers.relay.table import RelayTable
from workers.temporal.messages import PlanChanged
from workers.temporal.timers import Timers

CHUNK: Final = 500
"""Cases planned and sent at a time."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        open: Cases neither closed nor refused.
        planned: Of these, cases with a next step; each has a timer now.
        sent: Messages acknowledged, those that ended needless timers included.
        parked: Cases that can't be planned.
    """

    open: int
    planned: int
    sent: int
    parked: int

    def __add__(self, other: Self) -> Self:
        """Add up two parts of a rebuild."""
        return type(self)(
            self.open + other.open,
            self.planned + other.planned,
            self.sent + other.sent,
            self.parked + other.parked,
        )


@dataclass(frozen=True, slots=True)
class TimerCheck:
    """Timers compared with the log.

    Attributes:
        open: Cases neither closed nor refused.
        planned: Of these, cases with a next step.
        running: How many of those have a timer that runs.
        missing: Planned cases without a timer.
        needless: Cases with a timer and without a next step, of those that the relay ever started.
        behind: Events that the relay has yet to follow; while there are any, the rest may differ.
    """

    open: int
    planned: int
    running: int
    missing: tuple[UUID, ...]
    needless: tuple[UUID, ...]
    behind: int

    @property
    def whole(self) -> bool:
        """Whether open cases with a plan and running timers are the same."""
        return not self.missing and not self.needless


def rebuild_timers(
    engine: Engine, url: str, timers: Timers, progress: Callable[[int, int], None] = lambda done, total: None
) -> Rebuilt:
    """Start or tell the timer of every case that has a next step. Repeating it is harmless.

    What the relay remembers is not trusted but put right. Relays wait while a chunk is being sent.

    Args:
        engine: Whose log is planned.
        url: Connection string of the database with the relay's tables.
        timers: Where the timers shall run.
        progress: Told the number of cases done and the number of all that may be open.

    Raises:
        Unavailable, TimersUnavailable, psycopg.OperationalError: What is down; run it again.
    """
    timers.prepare()
    total = Rebuilt(open=0, planned=0, sent=0, parked=0)
    with RelayTable(url) as table:
        # A timer may run for a case that has been closed since.
        cases = {**dict.fromkeys(table.cases(), 0), **maybe_open(engine.store)}
        done = 0
        for chunk in _chunks(cases):
            total += _rebuild(engine, table, timers, chunk)
            done += len(chunk)
            progress(done, len(cases))
    return total


def _rebuild(engine: Engine, table: RelayTable, timers: Timers, cases: dict[UUID, int]) -> Rebuilt:
    while True:
        with table.alone() as mine:
            if not mine:
                continue
            found = plans(engine.store, engine.rules.current(), cases)
            sent = _to_send(found, table.plans(cases))
            timers.send(sent)
            table.keep(sent, found.parked, [one.case for one in found.known])
        planned = sum(one.step is not None for one in found.known)
        return Rebuilt(found.open, planned, len(sent), len(found.parked))


def check_timers(engine: Engine, url: str, timers: Timers) -> TimerCheck:
    """Compare the timers that run with the cases that need one, asking Temporal for each by its id.

    Raises:
        Unavailable, TimersUnavailable, psycopg.OperationalError: What is down.
    """
    with RelayTable(url) as table:
        head, followed, started = engine.store.head(), table.position(), table.cases()
    planned: set[UUID] = set()
    count = 0
    for chunk in _chunks(maybe_open(engine.store)):
        found = plans(engine.store, engine.rules.current(), chunk)
        planned.update(one.case for one in found.known if one.step is not None)
        count += found.open
    running = timers.running(planned)
    return TimerCheck(
        open=count,
        planned=len(planned),
        running=len(running),
        missing=tuple(sorted(planned - running)),
        needless=tuple(sorted(timers.running(started - planned))),
        behind=max(head - followed, 0),
    )


def _to_send(found: Plans, started: Mapping[UUID, PlanChanged]) -> list[PlanChanged]:
    """Return the plans with a step, and an end for every other case for which a timer was started."""
    there = {one.case for one in found.known} | {one.case for one in found.parked}
    strange = [one.model_copy(update={"step": None}) for case, one in started.items() if case not in there]
    return [one for one in found.known if one.step is not None or one.case in started] + strange


def _chunks(cases: dict[UUID, int]) -> Iterator[dict[UUID, int]]:
    items = list(cases.items())
    for start in range(0, len(items), CHUNK):
        yield dict(items[start : start + CHUNK])
