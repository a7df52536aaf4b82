"""What the city's words mean as ours: need or issue, and what its closing says to the resident's claim."""

import re
from typing import Final

from domain.case.stage import Kind, Outcome
from interfaces.boston.record import Closure, ClosureKind, Matter

OUTCOMES: Final[dict[ClosureKind, Outcome]] = {
    ClosureKind.RESOLVED: Outcome.SOLVED,
    ClosureKind.INTERNAL: Outcome.SOLVED,
    ClosureKind.CORRECTED: Outcome.SOLVED,
    ClosureKind.AUTOMATIC: Outcome.PLANNED,
    ClosureKind.REINSPECTION: Outcome.PLANNED,
    ClosureKind.VIOLATION: Outcome.PARTLY,
    ClosureKind.NOTED: Outcome.EXPLAINED,
    ClosureKind.INVALID: Outcome.EXPLAINED,
    ClosureKind.REFERRED: Outcome.EXPLAINED,
    ClosureKind.ADMINISTRATIVE: Outcome.EXPLAINED,
    ClosureKind.NO_VIOLATION: Outcome.EXPLAINED,
    ClosureKind.NO_BASIS: Outcome.EXPLAINED,
    ClosureKind.NO_ACCESS: Outcome.EXPLAINED,
    ClosureKind.PERMIT: Outcome.EXPLAINED,
    ClosureKind.UNSTATED: Outcome.EXPLAINED,
    ClosureKind.OTHER: Outcome.EXPLAINED,
}
"""By what the closure says; duplicates are refused instead. Where nothing tells of a repair, none is claimed.

A filed violation is half of the matter: somebody was told to mend it. Bulk items are closed by a program once
their collection is scheduled. docs/boston.md prints the same table. Source: our own reading.
"""

SCHEDULED: Final = re.compile(
    r"\b(?:scheduled for|(?:is|are|be|been|being) scheduled|(?:referred|sent down) for permanent)\b",
    re.IGNORECASE,
)
"""Words by which a case that was closed as resolved or noted tells that the work is still to come."""

NEEDS: Final = re.compile(
    r"\b(?:request|requests|schedule|sticker|install|new|upgrade|inquiry)\b", re.IGNORECASE
)
"""Words in a type's name that ask for something; other types name a defect or a complaint."""
NEEDING_REASONS: Final = frozenset({"Call Inquiry", "Participatory Budgeting Idea Collection", "Recycling"})
"""Reasons of which every type asks for something."""

NO_WORDS: Final = "The city closed the record without a word."
"""Stands where a closing says nothing; the row then carries the finding closure_empty."""

_MAY_BE_SCHEDULED = frozenset({ClosureKind.RESOLVED, ClosureKind.NOTED, ClosureKind.OTHER})


def kind_of(matter: Matter) -> Kind:
    """Return need for what asks for a service, issue for what tells of a defect."""
    asks = NEEDS.search(matter.type) or matter.reason in NEEDING_REASONS
    return Kind.NEED if asks else Kind.ISSUE


def outcome_of(closure: Closure | None) -> Outcome:
    """Return what a closing says to the claim; None is a closing without any text."""
    if closure is None:
        return OUTCOMES[ClosureKind.UNSTATED]
    if closure.kind in _MAY_BE_SCHEDULED and SCHEDULED.search(closure.text):
        return Outcome.PLANNED
    return OUTCOMES[closure.kind]


def words_of(closure: Closure | None) -> str:
    """Return the closing's words, or NO_WORDS."""
    return (closure.text if closure is not None else "") or NO_WORDS
