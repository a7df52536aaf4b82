"""What the demonstration proves at its end: every promise is asked of the log, none is assumed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.case.events import (
    Assigned,
    CaseEvent,
    HeldAccountable,
    Raised,
    Reminded,
    Reopened,
    RungTaken,
    StruckOff,
    Supervised,
)
from domain.case.plan import plan
from engine import clock
from engine.envelope import Recorded
from engine.handle import Engine
from engine.replay import history, replay
from interfaces.demo.stories import NEGLECTED_RUNGS

RUNGS: dict[type[CaseEvent], str] = {
    Reminded: "remind",
    Supervised: "supervise",
    Raised: "raise",
    HeldAccountable: "hold_accountable",
}


@dataclass(frozen=True)
class Lived:
    """What the log says of the cases that were lived.

    Attributes:
        rungs: By (case, clock, rung): how often the ladder recorded it.
    """

    struck_off: int
    reopened: int
    rungs: Counter[tuple[UUID, str, str]]

    @property
    def by_rung(self) -> dict[str, int]:
        """How often each rung was taken."""
        taken = Counter(rung for (_, _, rung), times in self.rungs.items() for _ in range(times))
        return {rung: taken[rung] for rung in RUNGS.values()}

    @property
    def repeated(self) -> list[tuple[UUID, str, str]]:
        """Rungs recorded more than once: must be empty."""
        return [key for key, times in self.rungs.items() if times > 1]


def read(engine: Engine, cases: Sequence[UUID]) -> Lived:
    """Read the lived cases out of the log."""
    rungs: Counter[tuple[UUID, str, str]] = Counter()
    struck_off = reopened = 0
    for recorded in _events(engine, cases):
        event = recorded.event
        struck_off += isinstance(event, StruckOff)
        reopened += isinstance(event, Reopened)
        if isinstance(event, RungTaken) and event.by_ladder:
            rungs[recorded.stream, event.clock, RUNGS[type(event)]] += 1
    return Lived(struck_off, reopened, rungs)


def _events(engine: Engine, cases: Sequence[UUID]) -> Iterator[Recorded]:
    for case in cases:
        yield from history(engine.store, case)


def missing_rungs(engine: Engine, neglected: Sequence[UUID], lived: Lived) -> list[tuple[UUID, str, str]]:
    """Return the rungs that the neglected cases lack on the clocks of their last assignment."""
    missing = []
    for case in neglected:
        assigned = [one for one in history(engine.store, case) if isinstance(one.event, Assigned)]
        state = replay(engine.store, case, version=assigned[-1].version)
        running = {} if state is None else {one.obligation.value: one.key for one in state.clocks if one.open}
        wanted = ((case, running[obligation], rung) for obligation, rung in sorted(NEGLECTED_RUNGS))
        missing += [key for key in wanted if key not in lived.rungs]
    return missing


def waiting(engine: Engine, cases: Sequence[UUID]) -> list[UUID]:
    """Return the cases whose next step has come due and is not recorded yet."""
    book = engine.rules.current()
    late = []
    for case in cases:
        state = engine.case(case)
        step = plan(state, book) if state else None
        if step is not None and step.wake_at <= clock.now():
            late.append(case)
    return late


def replayed(engine: Engine, case: UUID) -> list[str]:
    """Replay one case at three moments, by its version and by both of its times, and return the stages found.

    Empty when an answer disagrees with what the case's own events say.
    """
    events = history(engine.store, case)
    stages = []
    for pick in (events[0], events[len(events) // 2], events[-1]):
        recorded = [one for one in events if one.recorded_at <= pick.recorded_at]
        happened = [one for one in events if one.happened <= pick.happened]
        as_of_version = replay(engine.store, case, version=pick.version)
        as_recorded = replay(engine.store, case, recorded_at=pick.recorded_at)
        as_happened = replay(engine.store, case, happened_at=pick.happened)
        if as_of_version is None or as_recorded is None or as_happened is None:
            return []
        found = (as_of_version.version, as_recorded.version, as_happened.version)
        if found != (pick.version, len(recorded), len(happened)):
            return []
        stages.append(as_of_version.stage.value)
    return stages
