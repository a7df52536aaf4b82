"""From changed cases to the plans to send; a case that can't be planned doesn't hold up the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from domain.actor import LADDER
from domain.case.book import Rulebook
from domain.case.evolve import fold
from domain.case.stage import FINAL
from engine.envelope import Recorded
from engine.errors import EngineError, EventUnreadable, UnknownEvent
from engine.replay import case_events
from engine.store import Store
from workers.relay.table import Parked
from workers.temporal.activities import FAULTS, planned
from workers.temporal.messages import PlanChanged

_STEPS: Final = frozenset(
    {
        "case.reminded",
        "case.supervised",
        "case.raised",
        "case.held_accountable",
        "case.resumed",
        "case.taken_down",
        "case.included",
    }
)
"""What a timer records on its own case; a case that follows another may get other events by its hand."""


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of a set of cases.

    Attributes:
        known: One a case, also of those with nothing left.
        open: How many of the cases are neither closed nor refused.
        answered: Cases whose last event is a step of the ladder, each with the version at which anyone else
            last changed it: a timer that was told a plan since then gets the next ones as its answers.
        parked: The cases that can't be planned.
    """

    known: Sequence[PlanChanged]
    open: int
    answered: Mapping[UUID, int] = field(default_factory=dict)
    parked: Sequence[Parked] = ()


def plans(store: Store, book: Rulebook, cases: Mapping[UUID, int]) -> Plans:
    """Plan cases as they stand now; each comes with the position that it is parked under if that fails.

    Raises:
        Unavailable: unavailable.
    """
    try:
        return _plan(store, book, cases)
    except FAULTS as error:
        if not _of_a_case(error):
            raise
    known: list[PlanChanged] = []
    parked: list[Parked] = []
    answered: dict[UUID, int] = {}
    count = 0
    for case, position in cases.items():
        try:
            one = _plan(store, book, (case,))
        except FAULTS as error:
            if not _of_a_case(error):
                raise
            parked.append(Parked(case, position, getattr(error, "code", "fault"), str(error)[:500]))
        else:
            known.extend(one.known)
            answered |= one.answered
            count += one.open
    return Plans(known, count, answered, parked)


def changed(plans: Sequence[PlanChanged], sent: Mapping[UUID, PlanChanged]) -> list[PlanChanged]:
    """Return the plans that differ from what was sent; no step where there never was one is no change."""
    return [one for one in plans if one.step != (sent[one.case].step if one.case in sent else None)]


def _plan(store: Store, book: Rulebook, cases: Collection[UUID]) -> Plans:
    streams = {case: events for case, events in store.load_many(cases).items() if case_events(events)}
    found = [case for events in streams.values() if (case := fold(case_events(events))) is not None]
    return Plans(
        known=[planned(case, book) for case in found],
        open=sum(case.stage not in FINAL for case in found),
        answered={
            case: max((one.version for one in events if not _own_step(one)), default=0)
            for case, events in streams.items()
            if _own_step(events[-1])
        },
    )


def _own_step(event: Recorded) -> bool:
    return event.actor == LADDER and event.name in _STEPS


def _of_a_case(error: Exception) -> bool:
    """Whether the fault lies in one case's events, not in the database."""
    return not isinstance(error, EngineError) or isinstance(error, EventUnreadable | UnknownEvent)
