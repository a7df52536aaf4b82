"""From changed cases to the plans to send; a case that can't be planned doesn't hold up the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.case.book import Rulebook
from domain.case.evolve import fold
from domain.case.stage import FINAL
from domain.errors import DomainError
from engine.errors import EngineError, EventUnreadable, UnknownEvent
from engine.replay import case_events
from engine.store import Store
from workers.relay.table import Parked
from workers.temporal.activities import planned
from workers.temporal.messages import PlanChanged

_FAULTS: Final = (DomainError, ValueError, LookupError, TypeError)


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of a set of cases.

    Attributes:
        known: One a case, also of those with nothing left.
        open: How many of the cases are neither closed nor refused.
        parked: The cases that can't be planned.
    """

    known: Sequence[PlanChanged]
    open: int
    parked: Sequence[Parked] = ()


def plans(store: Store, book: Rulebook, cases: Mapping[UUID, int]) -> Plans:
    """Plan cases as they stand now; each comes with the position that it is parked under if that fails.

    Raises:
        Unavailable: unavailable.
    """
    try:
        return _plan(store, book, cases)
    except _FAULTS as error:
        if not _of_a_case(error):
            raise
    known: list[PlanChanged] = []
    parked: list[Parked] = []
    count = 0
    for case, position in cases.items():
        try:
            one = _plan(store, book, (case,))
        except _FAULTS as error:
            if not _of_a_case(error):
                raise
            parked.append(Parked(case, position, getattr(error, "code", "fault"), str(error)[:500]))
        else:
            known.extend(one.known)
            count += one.open
    return Plans(known, count, parked)


def changed(plans: Sequence[PlanChanged], sent: Mapping[UUID, PlanChanged]) -> list[PlanChanged]:
    """Return the plans that differ from what was sent; no step where there never was one is no change."""
    return [one for one in plans if one.step != (sent[one.case].step if one.case in sent else None)]


def _plan(store: Store, book: Rulebook, cases: Collection[UUID]) -> Plans:
    folded = [fold(case_events(events)) for events in store.load_many(cases).values()]
    found = [case for case in folded if case is not None]
    return Plans([planned(case, book) for case in found], sum(case.stage not in FINAL for case in found))


def _of_a_case(error: Exception) -> bool:
    """Whether the fault lies in one case's events, not in the database."""
    return not isinstance(error, EngineError) or isinstance(error, EventUnreadable | UnknownEvent)
