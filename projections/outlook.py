"""What lies ahead of a case: its open clocks with the limits and rungs that policy and calendar give."""

from dataclasses import dataclass

from domain.calendar import Moment
from domain.case.book import Rulebook
from domain.case.clocks import Clock, due_moment, promised, standstill
from domain.case.plan import ACTIONS, Action
from domain.case.rungs import coming_rungs, lapsed, rung_moments
from domain.case.stage import HoldKind
from domain.case.state import Case
from domain.policy import Rung
from domain.records import quick


@quick
@dataclass(frozen=True, slots=True)
class Prospect:
    """One open clock.

    Attributes:
        due: None where the policy sets no limit; while paused, as it will be when the hold ends on its date.
        promised: Whether lateness counts in the appraisal.
        taken: Rungs that the ladder has taken on it, lowest first.
        lapsed: Number of rungs that fell due before the case was imported.
        action: What happens to it next by itself, the end of a hold too; None when nothing is left.
    """

    clock: Clock
    due: Moment | None
    paused: bool
    promised: bool
    taken: tuple[Rung, ...]
    lapsed: int
    action: Action | None
    action_at: Moment | None


def prospects(case: Case, book: Rulebook) -> tuple[Prospect, ...]:
    """Return the open clocks in the order in which they began.

    Raises:
        Refused: unknown_policy, when the policy of the case is not installed.
    """
    return tuple(_prospect(case, clock, book) for clock in case.clocks if clock.open)


def next_due(ahead: tuple[Prospect, ...]) -> tuple[Prospect, Moment] | None:
    """Return the open clock whose limit comes first, with the limit; None when no limit runs."""
    dated = [(one, one.due) for one in ahead if one.due is not None]
    return min(dated, key=lambda pair: (pair[1].at, pair[0].clock.key), default=None)


def lapsed_rungs(case: Case, ahead: tuple[Prospect, ...], book: Rulebook) -> dict[str, int]:
    """Return how many rungs fell due before the case was imported, by clock, ended ones included; no zeros.

    A rung of an ended clock has lapsed when it fell due while the clock ran.
    """
    if case.intake.origin is None:
        return {}
    counts = {one.clock.key: one.lapsed for one in ahead if one.lapsed}
    for clock in case.clocks:
        ended = clock.ended_at
        if ended is not None and ended > clock.started_at:
            moments = rung_moments(case, clock, book, until=ended)
            if count := sum([one.at < ended and lapsed(case, one.at) for _, one in moments]):
                counts[clock.key] = count
    return counts


def _prospect(case: Case, clock: Clock, book: Rulebook) -> Prospect:
    policy = book.rules(case)
    rules, calendar = book.rules_for(case, clock), book.calendar_for(case, clock)
    due = due_moment(clock, rules, calendar)
    paused = standstill(clock, policy) is not None
    ahead: list[tuple[Moment, Action]] = []
    gone = 0
    for rung, moment in coming_rungs(case, clock, due, rules, calendar):
        if not lapsed(case, moment.at):
            ahead.append((moment, ACTIONS[rung]))
            break  # they come in order
        gone += 1
    if case.hold is not None:  # it ends on its date, whether or not it pauses this clock
        back = Action.RESUME if case.hold.kind is HoldKind.SUSPENSION else Action.TAKE_DOWN
        ahead.append((Moment(case.hold.until, provisional=False), back))
    # Of two rungs at one moment the lower comes first, which is the order of the ladder.
    action_at, action = min(ahead, key=lambda pair: pair[0].at, default=(None, None))
    taken = tuple(one.rung for one in case.rungs if one.clock == clock.key)
    return Prospect(clock, due, paused, promised(clock, policy), taken, gone, action, action_at)
