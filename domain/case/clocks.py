"""The clocks of a case: what each unit owes since when; a due moment is derived here and never stored."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.calendar import Calendar, Duration, Moment, Pause, due, shift
from domain.case.events.base import PolicyRef
from domain.case.stage import HoldKind
from domain.policy import OBLIGATIONS, Obligation, ObligationRule, Policy
from domain.records import quick, replace


class Ending(StrEnum):
    """How a clock ended: the obligation was met, or it fell away."""

    MET = "met"
    VOID = "void"


@quick
@dataclass(frozen=True, slots=True)
class Standstill:
    """A time in which the case was on hold.

    Attributes:
        until: The date set for its end.
        end: None while it lasts; counted to `until` then, so that a timer that never came hides nothing.
    """

    kind: HoldKind
    start: datetime
    until: datetime
    end: datetime | None = None


@quick
@dataclass(frozen=True, slots=True)
class Terms:
    """What decides by which rules a clock is measured, beside what never changes in a case."""

    policy: PolicyRef
    category: str
    key: bool


@quick
@dataclass(frozen=True, slots=True)
class Clock:
    """The measure of one obligation, folded from the events of the case.

    Attributes:
        key: `round/obligation`, then `/n` for a second one in the same round, `/number.department` for a
            whistle, or `/merged-version` for the one that a merge began; never given twice in a case's life.
        owner: Unit that owes it; a raise moves the duty but not the fault.
        holds: All standstills since the start; the policy says which of them pause this clock.
        extensions: Granted time, in the order granted.
        target: A due moment that came from outside, in place of the policy's limit.
        target_at: When it came: whoever set it knew of the standstills before.
        accepted_at: When the unit accepted, for a limit that starts there; None: not yet, or not here.
        calendar_version: Of the calendar by which it was last recalibrated; 0: never.
        climbs_from: When rules that may ask for more began to hold for this clock: what was late by them
            before climbs the ladder from here. None: they have held since its start.
        ended_at: None while the clock is open.
        terms: By which it ended, once the case stands under others; None: those of the case.
    """

    key: str
    obligation: Obligation
    owner: str
    started_at: datetime
    holds: tuple[Standstill, ...] = ()
    extensions: tuple[Duration, ...] = ()
    target: datetime | None = None
    target_at: datetime | None = None
    accepted_at: datetime | None = None
    calendar_version: int = 0
    climbs_from: datetime | None = None
    ended_at: datetime | None = None
    ending: Ending | None = None
    terms: Terms | None = None

    @property
    def open(self) -> bool:
        """Whether the obligation is still owed."""
        return self.ended_at is None


def pauses(clock: Clock, policy: Policy) -> tuple[Pause, ...]:
    """Return the standstills that stop this clock under the policy, oldest first."""
    if not clock.holds or (rule := policy.rules_for(clock.obligation)) is None:
        return ()
    return tuple(
        Pause(hold.start, hold.end or hold.until, hold.kind.value in rule.takes_whole_days)
        for hold in clock.holds
        if hold.kind.value in rule.paused_by
    )


def standstill(clock: Clock, policy: Policy) -> Standstill | None:
    """Return the hold that pauses the clock now; None when it runs, whatever other clocks do."""
    if not clock.holds or clock.holds[-1].end is not None:
        return None
    rule, last = policy.rules_for(clock.obligation), clock.holds[-1]
    return last if rule is not None and last.kind.value in rule.paused_by else None


def standstills(clock: Clock, kind: HoldKind) -> int:
    """Return how many times the clock's case was put on hold in this way since the clock began."""
    return sum(hold.kind is kind for hold in clock.holds)


def due_moment(clock: Clock, policy: Policy, calendar: Calendar) -> Moment | None:
    """Return the moment by which the obligation must be met; None where the policy sets no limit.

    While the clock is paused the answer supposes that it goes on at the date set for that, which is what it
    will do: so a late case is seen to be late even when no timer is there to take it back.

    Source: docs/decisions/0005-what-a-case-owes.md: it follows from the clock's events, policy and calendar.
    """
    rule = policy.rules_for(clock.obligation)
    if clock.target is not None:
        return _moved_target(clock, clock.target, pauses(clock, policy), calendar)
    if rule is None:
        return None
    limit, begins = rule.limit or rule.fallback, clock_from(clock, rule)
    if limit is None or begins is None:
        return None
    return due(begins, limit, pauses(clock, policy), _sum(clock.extensions), rule.counting, calendar)


def clock_from(clock: Clock, rule: ObligationRule) -> datetime | None:
    """Return when the limit begins to run; None while the acceptance with which it begins is owed."""
    return clock.accepted_at if rule.starts == "acceptance" else clock.started_at


def accepted(clocks: tuple[Clock, ...], at: datetime) -> tuple[Clock, ...]:
    """Mark every open resolution as accepted, once."""
    return tuple(
        replace(clock, accepted_at=max(at, clock.started_at))
        if clock.open and clock.obligation is Obligation.RESOLVE and clock.accepted_at is None
        else clock
        for clock in clocks
    )


def promised(clock: Clock, policy: Policy) -> bool:
    """Whether lateness counts in the appraisal: not where a fallback only keeps the case from silence."""
    rule = policy.rules_for(clock.obligation)
    return clock.target is not None or (rule is not None and rule.limit is not None)


def _moved_target(clock: Clock, target: datetime, stops: tuple[Pause, ...], calendar: Calendar) -> Moment:
    """Move a given moment by what was granted, and then by the time for which the clock stood still.

    A standstill counts only as far as it lies after the target came.
    """
    extra = _sum(clock.extensions)
    shifted = shift(target, extra, calendar) if extra else Moment(target, provisional=False)
    moved, provisional = shifted.at, shifted.provisional
    for stop in stops:
        start = max(stop.start, clock.target_at or stop.start)
        if stop.end is not None and start < min(moved, stop.end):
            moved += stop.end - start
    return Moment(moved, provisional)


def _sum(extensions: tuple[Duration, ...]) -> Duration | None:
    """Add grants of one unit of time; a policy's extension has one unit, so grants never mix."""
    if not extensions:
        return None
    return Duration(amount=sum(one.amount for one in extensions), unit=extensions[0].unit)


def start(
    clocks: tuple[Clock, ...], obligation: Obligation, owner: str, at: datetime, round_: int
) -> tuple[Clock, ...]:
    """Add an open clock, numbered when the round has had one for this obligation."""
    key = base = f"{round_}/{obligation}"
    same = [clock.key for clock in clocks if clock.obligation is obligation]
    if same and (taken := sum([one == base or one.startswith(base + "/") for one in same])):
        key = f"{base}/{taken + 1}"
    return (*clocks, Clock(key, obligation, owner, at))


def end(
    clocks: tuple[Clock, ...], at: datetime, ending: Ending, obligations: Container[Obligation]
) -> tuple[Clock, ...]:
    """End every open clock of the obligations named; a clock never ends before it began."""
    return tuple(
        [
            replace(clock, ended_at=max(at, clock.started_at), ending=ending)
            if clock.ended_at is None and clock.obligation in obligations
            else clock
            for clock in clocks
        ]
    )


def hold(
    clocks: tuple[Clock, ...],
    kind: HoldKind,
    at: datetime,
    until: datetime,
    obligations: Container[Obligation] = OBLIGATIONS,
) -> tuple[Clock, ...]:
    """Begin a standstill on every open clock of the obligations named."""
    return tuple(
        replace(clock, holds=(*clock.holds, Standstill(kind, max(at, clock.started_at), until)))
        if clock.open and clock.obligation in obligations
        else clock
        for clock in clocks
    )


def release(clocks: tuple[Clock, ...], at: datetime) -> tuple[Clock, ...]:
    """End the standstill under way on every open clock."""
    return tuple(_released(clock, at) if clock.open else clock for clock in clocks)


def _released(clock: Clock, at: datetime) -> Clock:
    if not clock.holds or clock.holds[-1].end is not None:
        return clock
    last = clock.holds[-1]
    return replace(clock, holds=(*clock.holds[:-1], replace(last, end=max(at, last.start))))


def change(clocks: tuple[Clock, ...], key: str, new: Clock) -> tuple[Clock, ...]:
    """Put a changed clock in the place of the one with this key."""
    return tuple(new if clock.key == key else clock for clock in clocks)


def settle(clocks: tuple[Clock, ...], terms: Terms) -> tuple[Clock, ...]:
    """Let every clock that has ended keep the terms by which it did: it is not judged anew by later ones."""
    return tuple(
        clock if clock.open or clock.terms is not None else replace(clock, terms=terms) for clock in clocks
    )


def under_new_rules(clocks: tuple[Clock, ...], at: datetime) -> tuple[Clock, ...]:
    """Let nobody be late at once for time before the rules were so: open clocks climb from `at`."""
    return tuple(replace(clock, climbs_from=at) if clock.open else clock for clock in clocks)


def find(clocks: tuple[Clock, ...], key: str) -> Clock | None:
    """Return the clock with this key, open or ended."""
    for clock in clocks:
        if clock.key == key:
            return clock
    return None


def find_open(clocks: tuple[Clock, ...], obligation: Obligation) -> Clock | None:
    """Return the newest open clock of an obligation."""
    for clock in reversed(clocks):
        if clock.obligation is obligation and clock.ended_at is None:
            return clock
    return None
