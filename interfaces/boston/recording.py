"""Batches of rows go into the log, and what becomes of them is told in plain values, from any process."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import ValidationError

from domain.case.evolve import fold
from domain.case.rungs import lapsed, rung_moments
from domain.case.state import Case
from engine.handle import Engine
from engine.replay import case_events
from engine.request import Request
from engine.settings import Settings
from interfaces.boston.axis import Axis
from interfaces.boston.findings import Finding, excerpt, finding
from interfaces.boston.record import BostonCase, shift_to_now
from interfaces.boston.story import Row, case_id, first_command, requests

Batch = Sequence[tuple[int, BostonCase]]
"""Rows of one transaction with their lines in the file; no id stands in it twice."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch.

    Attributes:
        cases: Rows that stand in the log as cases now.
        new: Those of them that were recorded now.
        lapsed_rungs: Rungs on the open ones of the cases that fell due before the import.
        findings: What was found by line, beside what reading the row had found.
    """

    cases: int
    new: int
    lapsed_rungs: int
    findings: Mapping[int, Sequence[Finding]]


@dataclass(slots=True)
class _Entry:
    """One row on its way.

    Attributes:
        case: None when none can be made of it; a finding then says why.
    """

    line: int
    case: BostonCase | None
    stream: UUID
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recording:
    """Takes batches, in any order.

    Attributes:
        now: The moment of the import, for all that it records.
        delta: By how much moments are moved.
    """

    engine: Engine
    now: datetime
    delta: timedelta
    axis: Axis = field(default_factory=Axis.load)

    def take(self, batch: Batch) -> Taken:
        """Record a batch in one transaction.

        Raises:
            Conflict: conflict. Unavailable: unavailable; the same batch may be taken again.
        """
        entries = [_Entry(line, case, case_id(case.id)) for line, case in batch]
        known = self._known(entries)
        asked = [request for entry in entries for request in self._requests(entry, known)]
        new = self._record(asked, entries)
        standing = {entry.stream: entry.case for entry in entries if entry.case is not None}
        waiting = [stream for stream, case in standing.items() if case.closed is None]
        return Taken(
            cases=len(standing),
            new=len(new),
            lapsed_rungs=self._lapsed(waiting, new),
            findings={entry.line: entry.findings for entry in entries if entry.findings},
        )

    def _known(self, entries: Iterable[_Entry]) -> set[UUID]:
        """Return the cases that are there already; they stay as they are, since somebody may work on them."""
        first = {first_command(entry.stream): entry.stream for entry in entries}
        return {first[command] for command in self.engine.store.answers(first)}

    def _requests(self, entry: _Entry, known: set[UUID]) -> list[Request]:
        """Return a row's commands; none when its case is known, or it holds a value that no case can hold."""
        if entry.case is None:
            return []
        place, doubts = self.axis.place(entry.case)
        desk, more = self.axis.desk(entry.case)
        entry.findings += (*doubts, *more)
        if entry.stream in known:
            return []
        moved = shift_to_now(entry.case, self.delta) if self.delta else entry.case
        try:
            return requests(Row(moved, place, desk), self.now)
        except ValidationError as error:
            faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
            entry.case = None
            entry.findings.append(finding("value_unfit", "", "; ".join(faults)))
            return []

    def _record(self, asked: Sequence[Request], entries: Iterable[_Entry]) -> Mapping[UUID, Case]:
        """Record what is asked; return the cases that are new."""
        if not asked:
            return {}
        answer = self.engine.handle_many(asked)
        for entry in entries:
            refusal = answer.refused.get(entry.stream) if entry.case is not None else None
            if refusal is not None:
                entry.case = None
                entry.findings.append(Finding(refusal.code, "", excerpt(str(refusal))))
        return answer.cases

    def _lapsed(self, streams: Iterable[UUID], new: Mapping[UUID, Case]) -> int:
        """Count the rungs on open clocks that fell due before the import."""
        book = self.engine.rules.current()
        stored = self.engine.store.load_many(stream for stream in streams if stream not in new)
        cases = [fold(case_events(recorded)) for recorded in stored.values()]
        cases += [new[stream] for stream in streams if stream in new]
        return sum(
            lapsed(case, moment.at)
            for case in cases
            if case is not None
            for clock in case.clocks
            if clock.open
            for _, moment in rung_moments(case, clock, book)
        )


@contextmanager
def recording(settings: Settings, now: datetime, delta: timedelta) -> Iterator[Callable[[Batch], Taken]]:
    """Give what takes batches in a process of its own, on connections of its own."""
    own = settings.model_copy(update={"pool_size": 1})
    with closing(Engine.open(own, create_keys=False)) as engine:
        yield Recording(engine, now, delta).take
