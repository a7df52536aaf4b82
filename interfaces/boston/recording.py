"""One import under way: batches of rows go into the log, and what was wrong with them into the error file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import ValidationError

from domain.case.evolve import fold
from domain.case.plan import lapsed, rung_moments
from engine.handle import Engine
from engine.replay import case_events
from engine.request import Request
from interfaces.boston.axis import Axis
from interfaces.boston.error_file import ErrorFile
from interfaces.boston.findings import Finding, Findings, excerpt
from interfaces.boston.mend import Mended
from interfaces.boston.record import BostonCase, shift_to_now
from interfaces.boston.story import Row, case_id, first_command, requests


@dataclass(slots=True)
class _Entry:
    """One row on its way.

    Attributes:
        findings: All that was found wrong with it so far.
        case: None when none is made of it; a finding then says why.
    """

    line: int
    row_id: str
    findings: list[Finding]
    case: BostonCase | None
    stream: UUID


@dataclass(slots=True)
class Recording:
    """An import's counts and what it must remember between batches.

    Attributes:
        now: The moment of the import, for all that it records.
        delta: By how much moments are moved.
    """

    engine: Engine
    error_file: ErrorFile
    now: datetime
    delta: timedelta
    axis: Axis = field(default_factory=Axis.load)
    rows: int = 0
    cases: int = 0
    new: int = 0
    reported: int = 0
    lapsed_rungs: int = 0
    _seen: set[str] = field(default_factory=set)

    def take(self, batch: Sequence[Mended]) -> None:
        """Record a batch in one transaction, then report what was wrong with its rows."""
        entries = [self._entry(row) for row in batch]
        known = self._known(entries)
        asked = [request for entry in entries for request in self._requests(entry, known)]
        self._record(asked, entries)
        standing = {entry.stream: entry.case for entry in entries if entry.case is not None}
        self.lapsed_rungs += self._lapsed(stream for stream, case in standing.items() if case.closed is None)
        self.rows += len(entries)
        self.cases += len(standing)
        self._report(entries)

    def _entry(self, row: Mended) -> _Entry:
        entry = _Entry(row.line, row.id, list(row.findings), row.case, case_id(row.id))
        if row.case is None:
            return entry
        if row.id in self._seen:
            entry.case = None
            entry.findings += _finding("id_repeated", "CASE_ENQUIRY_ID", row.id)
        self._seen.add(row.id)
        return entry

    def _known(self, entries: Iterable[_Entry]) -> set[UUID]:
        """Return the cases that are there already; they stay as they are, since somebody may work on them."""
        first = {first_command(entry.stream): entry.stream for entry in entries if entry.case is not None}
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
            entry.findings += _finding("value_unfit", "", "; ".join(faults))
            return []

    def _record(self, asked: Sequence[Request], entries: Iterable[_Entry]) -> None:
        if not asked:
            return
        answer = self.engine.handle_many(asked)
        self.new += answer.cases_new
        for entry in entries:
            refusal = answer.refused.get(entry.stream) if entry.case is not None else None
            if refusal is not None:
                entry.case = None
                entry.findings.append(Finding(refusal.code, "", excerpt(str(refusal))))

    def _lapsed(self, streams: Iterable[UUID]) -> int:
        """Count the rungs on open clocks that fell due before the import."""
        book = self.engine.rules.current()
        stored = self.engine.store.load_many(streams)
        cases = (fold(case_events(recorded)) for recorded in stored.values())
        return sum(
            lapsed(case, moment.at)
            for case in cases
            if case is not None
            for clock in case.clocks
            if clock.open
            for _, moment in rung_moments(case, clock, book)
        )

    def _report(self, entries: Iterable[_Entry]) -> None:
        for entry in entries:
            if entry.findings:
                self.reported += 1
                self.error_file.write(entry.line, entry.row_id, entry.findings)
        self.error_file.flush()


def _finding(code: str, column: str, value: str) -> tuple[Finding, ...]:
    found = Findings()
    found.add(code, column, value)
    return found.all()
