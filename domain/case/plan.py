"""The escalation plan: what happens next by itself, as a pure function of the case."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.case.book import Rulebook
from domain.case.clocks import Clock, due_moment, standstill
from domain.case.stage import FINAL, HoldKind
from domain.case.state import Case
from domain.policy import Rung


class Action(StrEnum):
    """What the ladder does next; each is the verb of a command."""

    REMIND = "remind"
    SUPERVISE = "supervise"
    RAISE = "raise"
    HOLD_ACCOUNTABLE = "hold-accountable"
    RESUME = "resume"
    TAKE_DOWN = "take-down"


ACTIONS: dict[Rung, Action] = {
    Rung.REMIND: Action.REMIND,
    Rung.SUPERVISE: Action.SUPERVISE,
    Rung.RAISE: Action.RAISE,
    Rung.HOLD_ACCOUNTABLE: Action.HOLD_ACCOUNTABLE,
}
_ORDER = {action: place for place, action in enumerate(Action)}


@dataclass(frozen=True, slots=True)
class Step:
    """The next step of a case.

    Attributes:
        generation: Version of the case that the step was planned from; a newer plan replaces an older one.
        wake_at: When to take it, in UTC.
        clock: Key of the clock; None for the end of a suspension or hang-up.
        unit: Unit that it concerns.
    """

    generation: int
    wake_at: datetime
    action: Action
    clock: str | None
    unit: str


def plan(case: Case, book: Rulebook) -> Step | None:
    """Return the next step, the earliest first, or None when nothing is to happen by itself.

    Source: design, section 4.
    """
    if case.stage in FINAL:
        return None
    return min(
        _steps(case, book),
        key=lambda step: (step.wake_at, _ORDER[step.action], step.clock or ""),
        default=None,
    )


def _steps(case: Case, book: Rulebook) -> Iterator[Step]:
    if case.hold is not None:
        action = Action.RESUME if case.hold.kind is HoldKind.SUSPENSION else Action.TAKE_DOWN
        yield Step(case.version, case.hold.until, action, None, case.responsible)
    for clock in case.clocks:
        if clock.open:
            for rung, moment in rung_moments(case, clock, book):
                if not lapsed(case, moment):
                    yield Step(case.version, moment, ACTIONS[rung], clock.key, clock.owner)


def rung_moments(
    case: Case, clock: Clock, book: Rulebook, until: datetime | None = None
) -> Iterator[tuple[Rung, datetime]]:
    """Yield the rungs of an open clock not taken yet, with their moments.

    None while it stands still, unless its limit had passed before: stopping a clock does not make it timely.
    With `until`, rungs after it may be left out: none that follows a later limit is reckoned.
    """
    policy = book.policy(case.policy)
    calendar = book.calendar(case.policy)
    due = due_moment(clock, policy, calendar)
    stop = standstill(clock, policy)
    if due is None or (stop is not None and due.at > stop.start):
        return
    taken = {one.rung for one in case.rungs if one.clock == clock.key}
    # A short limit, or a target already past, must not put a rung before its clock.
    earliest = max(clock.started_at, case.collected_at)
    before_only = until is not None and due.at > until
    for rule in policy.ladder_for(clock.obligation):
        if rule.rung not in taken and not (before_only and rule.at.when == "after"):
            yield rule.rung, max(rule.at.moment(due.at, calendar), earliest)


def lapsed(case: Case, moment: datetime) -> bool:
    """Whether a rung fell due before its case was imported: it is counted, and never taken."""
    origin = case.intake.origin
    return origin is not None and moment <= origin.imported_at


def rung_due(case: Case, clock: Clock, rung: Rung, book: Rulebook) -> datetime | None:
    """Return when a rung is to be taken; None when it was taken, has lapsed, or its clock stands still."""
    for one, moment in rung_moments(case, clock, book):
        if one is rung and not lapsed(case, moment):
            return moment
    return None
