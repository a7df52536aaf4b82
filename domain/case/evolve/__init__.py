"""How events become the state of a case. Folding decides nothing and never refuses what has happened."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, get_args

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
from domain.records import finish, replace


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
    folded = settled(_EVOLVE[type(event)](case, event), event.at)
    if folded is case:
        return replace(case, version=case.version + 1)
    return finish(folded, "version", case.version + 1)


def _table() -> Mapping[type[AnyCaseEvent], Callable[[Case, Any], Case]]:
    families: tuple[tuple[Any, Callable[[Case, Any], Case]], ...] = (
        (IntakeEvent, evolve_intake),
        (HandlingEvent, evolve_handling),
        (ClosingEvent, evolve_closing),
        (TimingEvent, evolve_timing),
        (LadderEvent, evolve_ladder),
        (ReviewEvent, evolve_review),
        (LinkEvent, evolve_links),
    )
    return {cls: evolves for family, evolves in families for cls in get_args(family)}


_EVOLVE: Final = _table()
"""How each event is folded; to ask for its class one family after the other costs as much as folding it."""


def fold(events: Iterable[AnyCaseEvent], case: Case | None = None) -> Case | None:
    """Fold events in their order; None when there are none."""
    for event in events:
        case = evolve(case, event)
    return case
