"""The escalation plan: what happens next by itself, as a pure function of the case."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from domain.case.book import Rulebook
from domain.case.rungs import lapsed, rung_moments
from domain.case.stage import FINAL, HoldKind
from domain.case.state import Case
from domain.policy import Rung
from domain.records import quick


class Action(StrEnum):
    """What the ladder does next; each is the verb of a command."""

    REMIND = "remind"
    SUPERVISE = "supervise"
    RAISE = "raise"
    HOLD_ACCOUNTABLE = "hold-accountable"
    RESUME = "resume"
    TAKE_DOWN = "take-down"
    INCLUDE = "include"


ACTIONS: dict[Rung, Action] = {
    Rung.REMIND: Action.REMIND,
    Rung.SUPERVISE: Action.SUPERVISE,
    Rung.RAISE: Action.RAISE,
    Rung.HOLD_ACCOUNTABLE: Action.HOLD_ACCOUNTABLE,
}
_ORDER = {action: place for place, action in enumerate(Action)}


@quick
@dataclass(frozen=True, slots=True)
class Step:
    """The next step of a case.

    Attributes:
        generation: Version of the case that the step was planned from; a newer plan replaces an older one.
        wake_at: When to take it, in UTC.
        clock: Key of the clock; None for the end of a suspension, hang-up or exclusion.
        unit: Unit that it concerns.
        provisional: Whether a year that is not published decides the moment.
    """

    generation: int
    wake_at: datetime
    action: Action
    clock: str | None
    unit: str
    provisional: bool = False


def plan(case: Case, book: Rulebook) -> Step | None:
    """Return the next step, the earliest first, or None when nothing is to happen by itself.

    Source: docs/escalation.md.
    """
    return min(
        _steps(case, book),
        key=lambda step: (step.wake_at, _ORDER[step.action], step.clock or ""),
        default=None,
    )


def _steps(case: Case, book: Rulebook) -> Iterator[Step]:
    if case.excluded_until is not None:
        # Most exclusions are of cases that are closed, and those too count again on the date.
        yield Step(case.version, case.excluded_until, Action.INCLUDE, None, case.responsible)
    if case.stage in FINAL:
        return
    if case.hold is not None:
        action = Action.RESUME if case.hold.kind is HoldKind.SUSPENSION else Action.TAKE_DOWN
        yield Step(case.version, case.hold.until, action, None, case.responsible)
    for clock in case.clocks:
        if clock.open:
            coming = (one for one in rung_moments(case, clock, book) if not lapsed(case, one[1].at))
            for rung, moment in islice(coming, 1):  # they come in order, and counting the others costs
                action = ACTIONS[rung]
                yield Step(case.version, moment.at, action, clock.key, clock.owner, moment.provisional)
