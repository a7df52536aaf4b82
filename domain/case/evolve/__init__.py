"""How events become the state of a case. Folding decides nothing and never refuses what has happened."""

from collections.abc import Iterable

from domain.case.events import (
    AnyCaseEvent,
    ClosingEvent,
    Collected,
    HandlingEvent,
    IntakeEvent,
    LadderEvent,
    LinkEvent,
    ReviewEvent,
    TimingEvent,
)
from domain.case.evolve.closing import evolve_closing
from domain.case.evolve.handling import evolve_handling
from domain.case.evolve.intake import begin, evolve_intake
from domain.case.evolve.ladder import evolve_ladder
from domain.case.evolve.links import evolve_links
from domain.case.evolve.review import evolve_review
from domain.case.evolve.timing import evolve_timing, settled
from domain.case.state import Case
from domain.records import replace


class NotBegun(ValueError):
    """A stream that does not begin with `case.collected` is no case."""


def evolve(case: Case | None, event: AnyCaseEvent) -> Case:
    """Fold one event onto a case; None is the case before its first event.

    Raises:
        NotBegun: The first event is not Collected.
    """
    if case is None:
        if not isinstance(event, Collected):
            raise NotBegun(f"a case begins with case.collected, not {event.NAME}")
        return begin(event)
    return replace(settled(_apply(case, event), event.at), version=case.version + 1)


def _apply(case: Case, event: AnyCaseEvent) -> Case:
    if isinstance(event, IntakeEvent):
        return evolve_intake(case, event)
    if isinstance(event, HandlingEvent):
        return evolve_handling(case, event)
    if isinstance(event, ClosingEvent):
        return evolve_closing(case, event)
    if isinstance(event, TimingEvent):
        return evolve_timing(case, event)
    if isinstance(event, LadderEvent):
        return evolve_ladder(case, event)
    if isinstance(event, ReviewEvent):
        return evolve_review(case, event)
    links: LinkEvent = event
    return evolve_links(case, links)


def fold(events: Iterable[AnyCaseEvent], case: Case | None = None) -> Case | None:
    """Fold events in their order; None when there are none."""
    for event in events:
        case = evolve(case, event)
    return case
