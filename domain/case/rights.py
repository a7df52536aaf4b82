"""Until when a unit may do what it need not do: a right has a clock too, but nobody is late with it."""

from dataclasses import dataclass

from domain.calendar import Counting, Duration, Moment, due
from domain.case.book import Rulebook
from domain.case.clocks import find_open
from domain.case.stage import Stage
from domain.case.state import Case
from domain.policy import Obligation


@dataclass(frozen=True, slots=True)
class ObjectionRight:
    """The right of the unit to object to the assignment; nothing pauses its time.

    Attributes:
        unit: Which may object: the one that has the case now, though a raise brought it there.
        within: The time that the policy gives, from the assignment on, its day not counted.
        until: When it is over.
        open: Whether the case stands where an objection has its place, and none was ruled against.
    """

    unit: str
    within: Duration
    until: Moment
    open: bool


def may_object_again(case: Case) -> bool:
    """Whether no objection of the unit that has the case now was ruled against."""
    return case.duties.designated != case.duties.bearer


def objection_right(case: Case, book: Rulebook) -> ObjectionRight | None:
    """Return the right to object in this round; None where no assignment stands or no time is set."""
    rule, clock = book.rules(case).objection, find_open(case.clocks, Obligation.RESOLVE)
    if rule is None or clock is None:
        return None
    until = due(clock.started_at, rule.within, (), None, Counting(), book.calendar(case.policy, clock.owner))
    if until is None:
        return None
    free = case.stage is Stage.ASSIGNED and case.duties.objection is None and may_object_again(case)
    return ObjectionRight(unit=case.duties.bearer, within=rule.within, until=until, open=free)
