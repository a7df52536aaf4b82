"""From changed cases to the plans that are to be sent; a case that can't be planned doesn't hold up the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.case.book import Rulebook
from domain.case.evolve import fold
from domain.errors import DomainError
from engine.errors import EngineError, EventUnreadable, UnknownEvent
from engine.replay import case_events
from engine.store import Store
from workers.relay.table import Parked
from workers.temporal.activities import planned
from workers.temporal.messages import PlanChanged


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of a set of cases.

    Attributes:
        known: One a case, also of those with nothing left.
        parked: The cases that can't be planned.
    """

    known: Sequence[PlanChanged]
    parked: Sequence[Parked]


def plans(store: Store, book: Rulebook, cases: Mapping[UUID, int]) -> Plans:
    """Plan cases as they stand now.

    Args:
        cases: Each with the position that it is parked under if it can't be planned.

    Raises:
        Unavailable: unavailable.
    """
    try:
        return Plans(_plan(store, book, cases), ())
    except (DomainError, ValueError, LookupError, TypeError) as error:
        if not _of_a_case(error):
            raise
    known: list[PlanChanged] = []
    parked: list[Parked] = []
    for case, position in cases.items():
        try:
            known.extend(_plan(store, book, (case,)))
        except (DomainError, ValueError, LookupError, TypeError) as error:
            if not _of_a_case(error):
                raise
            parked.append(Parked(case, position, getattr(error, "code", "fault"), str(error)[:500]))
    return Plans(known, parked)


def changed(plans: Sequence[PlanChanged], sent: Mapping[UUID, PlanChanged]) -> list[PlanChanged]:
    """Return the plans that differ from what was sent; nothing to do for a case that never had one is no change."""
    return [one for one in plans if one.step != (sent[one.case].step if one.case in sent else None)]


def _plan(store: Store, book: Rulebook, cases: Collection[UUID]) -> list[PlanChanged]:
    folded = (fold(case_events(events)) for events in store.load_many(cases).values())
    return [planned(case, book) for case in folded if case is not None]


def _of_a_case(error: Exception) -> bool:
    """Whether the fault lies in one case's events, not in the database."""
    return not isinstance(error, EngineError) or isinstance(error, EventUnreadable | UnknownEvent)
