"""Which rungs the ladder owed to the lived cases, and which it took: both are asked of the log."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain.case.book import Rulebook
from domain.case.clocks import Clock
from domain.case.events import CaseEvent, HeldAccountable, Raised, Reminded, RungTaken, Supervised
from domain.case.evolve import evolve
from domain.case.rungs import ladder_dates, lapsed
from domain.case.state import Case
from engine.envelope import Recorded

SLACK: Final = timedelta(seconds=15)
"""How late a rung may be before a clock that ended meanwhile counts as one that it missed."""
RUNGS: Final[Mapping[type[CaseEvent], str]] = {
    Reminded: "remind",
    Supervised: "supervise",
    Raised: "raise",
    HeldAccountable: "hold_accountable",
}
Key = tuple[UUID, str, str]
"""A case, one of its clocks, and a rung."""


@dataclass(frozen=True)
class Outage:
    """The time without Temporal and its worker.

    Attributes:
        began: They were killed.
        mending: They were about to be started again: in between no timer could take a rung.
        ended: Every timer was back.
    """

    began: datetime
    mending: datetime
    ended: datetime

    def hid(self, due: datetime) -> bool:
        """Whether a rung fell due while no timer could take it."""
        return self.began <= due < self.mending

    def possible(self, due: datetime) -> datetime:
        """Return from when on a rung with this due moment could be taken."""
        return self.ended if self.began - SLACK <= due < self.ended else due


@dataclass(frozen=True)
class Ladder:
    """What the ladder owed and what it did.

    Attributes:
        owed: When each rung fell due that must have been taken: its clock ran on for SLACK at least.
        taken: When each rung was recorded, as often as it was.
    """

    owed: Mapping[Key, datetime]
    taken: Mapping[Key, Sequence[datetime]]
    outage: Outage

    @property
    def missing(self) -> list[Key]:
        """Rungs that were owed and never taken: must be empty."""
        return [key for key in self.owed if key not in self.taken]

    @property
    def repeated(self) -> list[Key]:
        """Rungs recorded more than once: must be empty."""
        return [key for key, moments in self.taken.items() if len(moments) > 1]

    @property
    def exactly_once(self) -> bool:
        """Whether every rung that was owed was taken, and none twice."""
        return not self.missing and not self.repeated

    @property
    def hidden(self) -> list[Key]:
        """Owed rungs that fell due while Temporal was down: there must be some."""
        return [key for key, due in self.owed.items() if self.outage.hid(due)]

    @property
    def caught_up(self) -> bool:
        """Whether rungs fell due during the outage, and each was recorded once, not before it was due.

        By the sweep while Temporal was still down, or by its timer afterwards: both keep the promise.
        """
        recorded = [(self.owed[key], self.taken.get(key, ())) for key in self.hidden]
        return bool(recorded) and all(len(moments) == 1 and moments[0] >= due for due, moments in recorded)

    @property
    def expected(self) -> dict[str, int]:
        """How many rungs of each kind were owed."""
        return _by_rung(self.owed)

    @property
    def found(self) -> dict[str, int]:
        """How many events of each kind of rung are in the log; at least as many as were owed."""
        return _by_rung(key for key, moments in self.taken.items() for _ in moments)


def read(histories: Iterable[Sequence[Recorded]], book: Rulebook, outage: Outage, now: datetime) -> Ladder:
    """Read what the ladder owed and did out of the histories of cases, each whole and in order.

    Args:
        histories: The events of each case.
        book: The rules by which due moments are reckoned.
        outage: When rungs could not be taken.
        now: Ends the clocks that still run.
    """
    owed: dict[Key, datetime] = {}
    taken: dict[Key, list[datetime]] = {}
    for events in histories:
        for key, recorded_at in _taken(events):
            taken.setdefault(key, []).append(recorded_at)
        for ended in _ended(events, now):
            owed.update(_owed(ended, book, outage))
    return Ladder(owed, taken, outage)


def _taken(events: Sequence[Recorded]) -> Iterator[tuple[Key, datetime]]:
    for one in events:
        if isinstance(one.event, RungTaken) and one.event.by_ladder:
            yield (one.stream, one.event.clock, RUNGS[type(one.event)]), one.recorded_at


@dataclass(frozen=True)
class _Ended:
    """A clock that ended.

    Attributes:
        case: As it stood just before.
        free: When the last hold of the case was taken off: while it lasts no rung is taken.
        end: When the end was recorded.
    """

    case: Case
    clock: Clock
    free: datetime
    end: datetime


def _ended(events: Sequence[Recorded], now: datetime) -> Iterator[_Ended]:
    """Yield the clocks of a case in the order in which they ended; those that run end now."""
    case: Case | None = None
    free = events[0].recorded_at
    for one in events:
        if not isinstance(one.event, CaseEvent):
            continue
        before, case = case, evolve(case, one.event)
        if before is not None:
            left = {clock.key for clock in case.clocks if clock.open}
            ended = [clock for clock in before.clocks if clock.open and clock.key not in left]
            yield from (_Ended(before, clock, free, one.recorded_at) for clock in ended)
            if before.hold is not None and case.hold is None:
                free = one.recorded_at
    if case is not None:
        yield from (_Ended(case, clock, free, now) for clock in case.clocks if clock.open)


def _owed(ended: _Ended, book: Rulebook, outage: Outage) -> Iterator[tuple[Key, datetime]]:
    case, clock = ended.case, ended.clock
    for date in ladder_dates(case, clock, book):
        possible = max(outage.possible(date.at), ended.free)
        if not lapsed(case, date.at) and possible + SLACK <= ended.end:
            yield (case.id, clock.key, date.rung.value), date.at


def _by_rung(keys: Iterable[Key]) -> dict[str, int]:
    counts = Counter(rung for _, _, rung in keys)
    return {rung: counts[rung] for rung in RUNGS.values()}
