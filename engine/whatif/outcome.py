"""What came of a trial: counts by unit and category, and the clocks that would have gone otherwise."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.calendar import Moment


@dataclass(frozen=True, slots=True, order=True)
class Differing:
    """One clock that would have gone otherwise; a due moment is None where nothing is promised.

    Attributes:
        rungs: That the ladder of its own policy reaches while the clock runs; `rungs_then`: of the other.
        taken: That were really taken.
    """

    case: UUID
    clock: str
    unit: str
    category: str
    due: Moment | None = field(compare=False)
    due_then: Moment | None = field(compare=False)
    late: bool
    late_then: bool
    rungs: tuple[str, ...]
    rungs_then: tuple[str, ...]
    taken: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What came of it.

    Attributes:
        counts: By (`all`, `unit` or `category`; its name; what is counted). Counted are `clocks`, `late`,
            `late_then`, `worse` (late only then), `better` (late only now), and `rung:NAME`,
            `rung_then:NAME`, `taken:NAME`.
        differing: The first of them by case and clock.
        skipped: Cases whose own policy is not installed.
    """

    cases: int = 0
    differing_total: int = 0
    skipped: int = 0
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    differing: list[Differing] = field(default_factory=list)

    def add(self, other: "Outcome", most: int) -> None:
        """Take in what another part of the cases gave; the order of the parts changes nothing."""
        self.cases += other.cases
        self.differing_total += other.differing_total
        self.skipped += other.skipped
        self.counts.update(other.counts)
        self.differing = sorted([*self.differing, *other.differing])[:most]

    def of(self, kind: str, name: str) -> dict[str, int]:
        """Return what was counted for all, a unit or a category."""
        counted = sorted(self.counts.items())
        return {what: n for (one, which, what), n in counted if (one, which) == (kind, name)}

    def names(self, kind: str) -> list[str]:
        """Return the units or categories that occur."""
        return sorted({which for one, which, _ in self.counts if one == kind})


def _moment(name: str, moment: Moment | None) -> dict[str, str | bool | None]:
    at = None if moment is None else moment.at.isoformat()
    return {name: at, f"{name}_provisional": moment is not None and moment.provisional}


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as names and plain values; docs/policies.md tells what they mean."""
    return {
        "cases": outcome.cases,
        "skipped": outcome.skipped,
        "all": outcome.of("all", ""),
        "units": {name: outcome.of("unit", name) for name in outcome.names("unit")},
        "categories": {name: outcome.of("category", name) for name in outcome.names("category")},
        "differing_total": outcome.differing_total,
        "differing": [
            {
                "case": str(one.case),
                "clock": one.clock,
                "unit": one.unit,
                "category": one.category,
                **_moment("due", one.due),
                **_moment("due_then", one.due_then),
                "late": one.late,
                "late_then": one.late_then,
                "rungs": list(one.rungs),
                "rungs_then": list(one.rungs_then),
                "taken": list(one.taken),
            }
            for one in outcome.differing
        ],
    }
