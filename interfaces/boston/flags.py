"""Compares the city's verdicts with those of our clocks, folded from the events that the import recorded."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from domain.case.book import Rulebook
from domain.case.clocks import find, promised
from domain.case.evolve import fold
from domain.case.state import Case
from engine.envelope import Recorded
from engine.handle import Engine
from engine.replay import case_events
from interfaces.boston.mend import mend
from interfaces.boston.oracle import Verdict, compare
from interfaces.boston.record import SNAPSHOT_END, BostonCase, Status
from interfaces.boston.rows import FIRST_LINE, read_rows
from interfaces.boston.story import ACTOR, case_id

BATCH: Final = 400
CLOCK: Final = "1/resolve"
"""The clock that the city's verdict is about."""


@dataclass(frozen=True, slots=True)
class FlagReport:
    """Both verdicts on a file, case by case.

    Attributes:
        closed: Closed cases on which both verdicts agree.
        open: Open cases on which both agree, judged at the snapshot's end.
        disagree: Cases on which they differ.
        blank: Cases on which the city gave none, with ours.
        missing: Ids of rows whose case isn't in the log; import the file first.
    """

    closed: int
    open: int
    disagree: tuple[Verdict, ...]
    blank: tuple[Verdict, ...]
    missing: tuple[str, ...]

    @property
    def agree(self) -> int:
        """Cases on which both verdicts agree."""
        return self.closed + self.open

    @property
    def sound(self) -> bool:
        """Whether every row was compared and no verdict differs."""
        return not self.disagree and not self.missing

    def as_json(self) -> dict[str, Any]:
        """Return the report as names and plain values."""
        return {
            "agree": self.agree,
            "closed": self.closed,
            "open": self.open,
            "disagree": [
                {"id": one.id, "published": one.published, "ours": one.ours} for one in self.disagree
            ],
            "blank": [{"id": one.id, "ours": one.ours} for one in self.blank],
            "missing": list(self.missing),
        }

    def sentences(self) -> tuple[str, ...]:
        """Return the report for a person; each row without the city's flag is named with our verdict."""
        return (
            f"{self.closed:,} closed and {self.open:,} open rows: our clocks agree with the city's flag.",
            f"{len(self.disagree):,} disagree; {len(self.missing):,} are not imported.",
            f"{len(self.blank):,} rows carry no flag; our clocks say:",
            *(f"  {one.id} {one.ours}" for one in self.blank),
        )


def check_flags(
    engine: Engine, path: Path, *, progress: Callable[[int, int | None], None] | None = None
) -> FlagReport:
    """Judge each imported case by its clock as it stood after the import, and compare with the file's flag.

    By how much an import moved a case in time is read from the case, so that any import can be checked.

    Raises:
        BostonFileError: The file can't be read on.
    """
    count = {Status.CLOSED: 0, Status.OPEN: 0}
    disagree: list[Verdict] = []
    blank: list[Verdict] = []
    missing: list[str] = []
    done = 0
    for batch in _batches(path):
        stored = engine.store.load_many(batch)
        book = engine.rules.current()
        for stream, row in batch.items():
            case = _as_imported(stored.get(stream, ()))
            if case is None:
                missing.append(row.id)
                continue
            verdict = judge_case(row, case, book)
            if verdict.agrees:
                count[row.status] += 1
            else:
                (blank if verdict.agrees is None else disagree).append(verdict)
        done += len(batch)
        if progress is not None:
            progress(done, None)
    return FlagReport(count[Status.CLOSED], count[Status.OPEN], tuple(disagree), tuple(blank), tuple(missing))


def judge_case(row: BostonCase, case: Case, book: Rulebook) -> Verdict:
    """Return both verdicts on a case as the import left it.

    Only a target that came with the row is a limit here: the policy's fallback is never appraised.
    """
    clock = find(case.clocks, CLOCK)
    policy = book.rules(case)
    due = book.due(case, clock) if clock is not None and promised(clock, policy) else None
    moved: timedelta = case.collected_at - row.opened
    ended = None if clock is None else clock.ended_at
    return compare(row, None if due is None else due.at, ended, SNAPSHOT_END + moved)


def _as_imported(recorded: Sequence[Recorded]) -> Case | None:
    """Fold what the import recorded; what was done since then is not what the city judged."""
    ours = list(takewhile(lambda one: one.actor.id == ACTOR.id, recorded))
    return fold(case_events(ours))


def _batches(path: Path) -> Iterator[Mapping[UUID, BostonCase]]:
    """Yield the rows that can be cases, by their case's id; of a repeated id the first, as in the import."""
    batch: dict[UUID, BostonCase] = {}
    seen: set[str] = set()
    for row in _cases(path):
        if row.id not in seen:
            seen.add(row.id)
            batch[case_id(row.id)] = row
        if len(batch) == BATCH:
            yield batch
            batch = {}
    if batch:
        yield batch


def _cases(path: Path) -> Iterable[BostonCase]:
    for line, raw in enumerate(read_rows(path), FIRST_LINE):
        case = mend(raw, line).case
        if case is not None:
            yield case
