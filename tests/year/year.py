"""A year of a district in virtual time: people, timers, an amendment and a new policy in one queue.

The domain decides and plans as in the engine, and the codec writes the log; only store and timers are absent.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from hashlib import sha256
from random import Random
from typing import NamedTuple
from uuid import UUID

from domain.actor import LADDER, Actor
from domain.case.book import Grounds, Rulebook
from domain.case.commands import AnyCaseCommand, Context
from domain.case.decide import decide
from domain.case.events import AnyCaseEvent
from domain.case.evolve import evolve
from domain.case.plan import Step, plan
from domain.case.recalibrate import moved
from domain.case.stage import FINAL, Stage
from domain.case.state import Case
from domain.errors import DomainError
from engine import ids
from engine.codec import encode
from engine.envelope import AnyEvent, Recorded
from engine.recalibrate import CALENDAR
from tests.support import asks, town
from tests.support.given import rung, seal
from tests.year import district, people

MATTERS = 4_600
"""What the district takes in a year."""
BEGIN, END = town.wall("2026-01-01 00:00"), town.wall("2027-01-01 00:00")


class Line(NamedTuple):
    """A row of the log, as a store would hold it."""

    stream: UUID
    version: int
    name: str
    state: bytes


class Waiting(NamedTuple):
    """Something that is to happen; at equal moments what was put in first."""

    at: datetime
    number: int
    happen: Callable[[], object]


@dataclass
class Year:
    """What is lived through, and what is left of it.

    Attributes:
        log: Every event in the order of recording.
        refused: How often people asked for what could not be, by code.
        steps: Timers that took their step, by verb.
    """

    random: Random
    book: Rulebook = field(default_factory=district.rulebook)
    now: datetime = BEGIN
    cases: dict[UUID, Case] = field(default_factory=dict)
    log: list[Line] = field(default_factory=list)
    queue: list[Waiting] = field(default_factory=list)
    queued: int = 0
    versions: Counter[UUID] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    recalibrated: set[UUID] = field(default_factory=set)
    moved: set[UUID] = field(default_factory=set)

    def live(self) -> None:
        """Let everything happen in its order, up to the end of the year."""
        self._found()
        while self.queue and self.queue[0].at < END:
            self.now, _, happen = heapq.heappop(self.queue)
            happen()
        self.now = END

    def digest(self) -> str:
        """Return the hash of the whole log, streams and order included."""
        whole = sha256()
        for line in self.log:
            whole.update(f"{line.stream} {line.version} {line.name} ".encode() + line.state + b"\n")
        return whole.hexdigest()

    def _found(self) -> None:
        for event in district.established():
            self._write(ids.ORGANISATION, event, town.ADMINISTRATOR, self._id())
        for _ in range(MATTERS - 1):
            moment = END
            while moment >= END:
                moment = self._in_office(BEGIN + self.random.random() * (END - BEGIN))
            self._at(moment, self._collect)
        petition = self._id()
        for at, command, actor in people.petition():
            self._at(at, partial(self._give, petition, command, actor, self._id()))
        self._at(district.SNOW_KNOWN, self._snow)
        self._at(district.ADOPTED_ON, self._adopt)
        self._at(district.MOVED_ON, self._move)

    def _at(self, moment: datetime, happen: Callable[[], object]) -> None:
        self.queued += 1
        heapq.heappush(self.queue, Waiting(moment, self.queued, happen))

    def _id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def _in_office(self, moment: datetime) -> datetime:
        """Return this moment if offices are open then, or one of the next day on which they are."""
        calendar = self.book.calendars["china"]
        day = calendar.local_day(moment)
        while True:
            for opens, closes in calendar.office_spans(day):
                if opens <= moment < closes:
                    return moment
                if moment < opens:
                    return opens + timedelta(seconds=self.random.randrange(3 * 3600))
            day += timedelta(days=1)
            moment = datetime.combine(day, time(), town.ZONE)

    def _collect(self) -> None:
        case = self._id()
        command, actor = people.collect(self.random)
        self._give(case, command, actor, self._id())
        self._come_later(case)

    def _come_later(self, case: UUID) -> None:
        wait = people.delay(self.random, self.cases[case])
        if wait is not None:
            self._at(self._in_office(self.now + wait), partial(self._come, case))

    def _come(self, case: UUID) -> None:
        """Let somebody come to the case, do something, and come again."""
        before = self.cases[case]
        self._try(case, people.deed(self.random, before, self.now, self.book.organisation))
        after = self.cases[case]
        if len(after.calls) > len(before.calls):
            for _ in after.calls[len(before.calls) :]:
                self._answer_later(case)
        if after.stage is Stage.REFUSED or (before.stage is after.stage is Stage.CLOSED):
            return
        self._come_later(case)

    def _answer_later(self, case: UUID) -> None:
        hours = self.random.choice((2, 5, 9, 20, 30, 200)) * self.random.uniform(0.5, 1.5)
        self._at(self._in_office(self.now + hours * town.HOUR), partial(self._answer, case))

    def _answer(self, case: UUID) -> None:
        self._try(case, people.report_in(self.random, self.cases[case]))

    def _try(self, case: UUID, deed: people.Deed | None) -> None:
        if deed is None:
            return
        try:
            self._give(case, *deed, self._id())
        except DomainError as error:
            self.refused[error.code] += 1

    def _wake(self, case: UUID, step: Step) -> None:
        """Take the planned step, unless the case went on since it was planned: as a timer does."""
        if self.cases[case].version == step.generation:
            assert self._give(case, rung(step), LADDER, ids.step_command(case, step)), step
            self.steps[step.action.value] += 1

    def _give(self, case: UUID, command: AnyCaseCommand, actor: Actor, id_: UUID) -> tuple[AnyCaseEvent, ...]:
        context = Context(case=case, command=id_, actor=actor, at=self.now, now=self.now, book=self.book)
        events = decide(seal(command), self.cases.get(case), context)
        for event in events:
            before = self.cases.get(case)
            self.cases[case] = evolve(before, event)
            grounds = self.book.grounds((before or self.cases[case]).policy)
            self._write(case, event, actor, id_, grounds)
        step = plan(self.cases[case], self.book) if events else None
        if step is not None and step.wake_at < END:
            # A stricter policy may plan a step that was due before: it is taken at once.
            self._at(max(step.wake_at, self.now), partial(self._wake, case, step))
        return events

    def _write(
        self, stream: UUID, event: AnyEvent, actor: Actor, command: UUID, grounds: Grounds | None = None
    ) -> None:
        self.versions[stream] += 1
        version = self.versions[stream]
        recorded = Recorded(stream, version, event, actor, command, self.now, grounds=grounds)
        self.log.append(Line(stream, version, event.NAME, encode(recorded)))

    def _snow(self) -> None:
        """Amend the calendar of the district, and tell each case of which a clock moved."""
        event, self.book = district.snow(self.book)
        self._write(ids.CALENDARS, event, town.ADMINISTRATOR, self._id())
        for case, one in list(self.cases.items()):
            if any(True for _ in moved(one, self.book)):
                id_ = ids.recalibrate_command(case, 1, one.version)
                self._give(case, asks.recalibrate(event.cause), CALENDAR, id_)
                self.recalibrated.add(case)

    def _adopt(self) -> None:
        event, self.book = district.adopt(self.book)
        self._write(ids.POLICIES, event, town.ADMINISTRATOR, self._id())

    def _move(self) -> None:
        """Put every third running case under the new version, with a reason."""
        running = [case for case, one in self.cases.items() if one.stage not in FINAL]
        for case in running[::3]:
            command = asks.move_policy(district.POLICY)
            if self._give(case, command, people.SUPERVISOR, self._id()):
                self.moved.add(case)


def lived(seed: int) -> Year:
    """Return a whole year; the seed drives everything in it."""
    year = Year(Random(seed))
    year.live()
    return year
