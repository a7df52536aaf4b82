"""What an import tells at its end, for people and for programs."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of one import: rows = cases + reported_only. A second one differs in `new` and `units`.

    Attributes:
        rows: Rows of the file.
        cases: Rows that stand in the log as cases now.
        new: Cases that this import recorded.
        reported: Rows with at least one line in the error file.
        reported_only: Rows of which no case was made; each has a line that says why.
        seconds: From the first to the last.
        lapsed_rungs: Rungs on the file's open cases that fell due before the import: never taken.
        units: Units of the organisation that this import established.
        delta: By how much every moment was moved.
        errors: The error file.
    """

    rows: int
    cases: int
    new: int
    reported: int
    reported_only: int
    seconds: float
    lapsed_rungs: int
    units: int
    delta: timedelta
    errors: Path

    def as_json(self) -> dict[str, int | float | str]:
        """Return the report as names and plain values."""
        return {
            "rows": self.rows,
            "cases": self.cases,
            "new": self.new,
            "reported": self.reported,
            "reported_only": self.reported_only,
            "seconds": round(self.seconds, 1),
            "lapsed_rungs": self.lapsed_rungs,
            "units": self.units,
            "delta_seconds": self.delta.total_seconds(),
            "errors": str(self.errors),
        }

    def sentences(self) -> tuple[str, ...]:
        """Return the report in plain English, a sentence a line."""
        lines = [
            f"{self.rows:,} rows: {self.cases:,} cases, {self.new:,} of them new; "
            f"{self.reported_only:,} rows reported only.",
            f"{self.reported:,} rows have findings: {self.errors}",
            f"{self.lapsed_rungs:,} rungs fell due before the import; they are not taken.",
        ]
        if self.delta:
            days = self.delta.total_seconds() / 86_400
            lines.append(f"Every moment was moved by {days:,.2f} days, so that the file ends now.")
        return (*lines, f"Took {self.seconds:.1f} s.")
