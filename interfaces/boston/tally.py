"""What an import keeps of its file: rows that wait for their outcome, ids seen, counts, the error file."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from interfaces.boston.error_file import ErrorFile
from interfaces.boston.findings import finding
from interfaces.boston.mend import Mended
from interfaces.boston.recording import Batch, Taken


@dataclass(slots=True)
class Tally:
    """Keeps count, in the order of the file, however many processes record it."""

    error_file: ErrorFile
    rows: int = 0
    cases: int = 0
    new: int = 0
    reported: int = 0
    lapsed_rungs: int = 0
    _seen: set[str] = field(default_factory=set)
    _waiting: deque[Sequence[Mended]] = field(default_factory=deque)

    def asked(self, batches: Iterable[Sequence[Mended]]) -> Iterator[Batch]:
        """Yield what is to be recorded of each batch; of an id that is repeated the first row counts."""
        for batch in batches:
            rows = [self._first(row) for row in batch]
            self._waiting.append(rows)
            yield [(row.line, row.case) for row in rows if row.case is not None]

    def add(self, taken: Taken) -> None:
        """Count the outcome of the batch that has waited longest, and report what was wrong with its rows."""
        rows = self._waiting.popleft()
        self.rows += len(rows)
        self.cases += taken.cases
        self.new += taken.new
        self.lapsed_rungs += taken.lapsed_rungs
        for row in rows:
            findings = (*row.findings, *taken.findings.get(row.line, ()))
            if findings:
                self.reported += 1
                self.error_file.write(row.line, row.id, findings)
        self.error_file.flush()

    def _first(self, row: Mended) -> Mended:
        if row.case is None:
            return row
        if row.id in self._seen:
            repeated = finding("id_repeated", "CASE_ENQUIRY_ID", row.id)
            return replace(row, case=None, findings=(*row.findings, repeated))
        self._seen.add(row.id)
        return row
