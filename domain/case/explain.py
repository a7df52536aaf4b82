"""Why a clock is due when it is: the rule, the calendar, each pause and grant with who gave it, each day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.actor import Actor
from domain.calendar import Calendar, Duration, Moment, Stretch, reckon
from domain.case.book import Rulebook
from domain.case.clocks import Clock, Standstill, clock_from, pauses
from domain.case.events import (
    AnyCaseEvent,
    ClockRecalibrated,
    ExtensionAsked,
    ExtensionGranted,
    Heard,
    HungUp,
    Merged,
    Raised,
    Supervised,
    Suspended,
    Unmerged,
)
from domain.case.rungs import ladder_dates
from domain.case.stage import HoldKind
from domain.case.state import Case
from domain.policy import ObligationRule, Policy, Rung

Told = tuple[AnyCaseEvent, Actor]
"""An event and who caused it."""


@dataclass(frozen=True, slots=True)
class PauseAccount:
    """A time in which the case stood still.

    Attributes:
        reason: Code, `hearing` for a hearing; None when it is not in the history that was given.
        by: Who decided or recorded it; None when it is not in the history that was given.
        signed_by: Ids of those who signed or approved it.
        counts: Whether the policy lets it pause this clock.
        until: The date set for its end; `end` is None while it lasts.
    """

    kind: HoldKind
    reason: str | None
    by: Actor | None
    signed_by: tuple[str, ...]
    counts: bool
    start: datetime
    until: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class GrantAccount:
    """Time that was granted, or asked for and not decided yet."""

    amount: Duration
    asked_at: datetime
    asked_by: Actor
    granted_at: datetime | None = None
    granted_by: Actor | None = None


@dataclass(frozen=True, slots=True)
class LevelAccount:
    """The clock of a level that a rung brought in; what pauses the obligation pauses it as well.

    Attributes:
        unit: Which took it on its list or over; None when the rung is not in the history that was given.
        since: When the rung was taken.
    """

    rung: Rung
    unit: str | None
    gives: Duration
    since: datetime
    until: Moment | None


@dataclass(frozen=True, slots=True)
class ClockAccount:
    """All that explains one clock.

    Attributes:
        rule: The policy's rule; None where it has none, and nothing falls due then but a target.
        starts_at: When the limit begins to run; None while what it begins with is owed.
        calendar: As it holds for the unit that owes; of an ended clock, as it was known then.
        due: None where there is no limit; while paused, as it will be when the hold ends on its date.
        moved: Recalibrations, oldest first.
        stretches: The arithmetic; empty for a target from outside, which is not reckoned.
        levels: The clocks of the levels that the ladder has brought in so far.
    """

    clock: Clock
    policy: Policy
    rule: ObligationRule | None
    starts_at: datetime | None
    calendar: Calendar
    due: Moment | None
    holds: tuple[PauseAccount, ...]
    grants: tuple[GrantAccount, ...]
    moved: tuple[ClockRecalibrated, ...]
    stretches: tuple[Stretch, ...]
    levels: tuple[LevelAccount, ...]


def explain(case: Case, history: Sequence[Told], book: Rulebook, now: datetime) -> Iterator[ClockAccount]:
    """Yield every clock of a case, open and ended, in the order in which they began.

    Args:
        case: As it stands after `history`.
        history: All its events.
        book: The rules of the moment.
        now: The moment for which used and left are told; an ended clock is told as it ended.
    """
    for clock in case.clocks:
        policy = book.rules_for(case, clock)
        rule, calendar = policy.rules_for(clock.obligation), book.calendar_for(case, clock)
        begins = clock.started_at if rule is None else clock_from(clock, rule)
        yield ClockAccount(
            clock=clock,
            policy=policy,
            rule=rule,
            starts_at=begins,
            calendar=calendar,
            due=book.due(case, clock),
            holds=tuple(_held(clock, one, history, rule) for one in clock.holds),
            grants=_grants(clock, history),
            moved=tuple(
                event
                for event, _ in history
                if isinstance(event, ClockRecalibrated) and event.clock == clock.key
            ),
            stretches=_stretches(clock, rule, begins, policy, calendar, now),
            levels=tuple(_levels(case, clock, history, book)),
        )


def _levels(case: Case, clock: Clock, history: Sequence[Told], book: Rulebook) -> Iterator[LevelAccount]:
    for one in ladder_dates(case, clock, book):
        if one.gives is not None and one.taken_at is not None:
            unit = _brought_in(clock, one.rung, history)
            yield LevelAccount(one.rung, unit, one.gives, one.taken_at, one.level_over)


def _brought_in(clock: Clock, rung: Rung, history: Iterable[Told]) -> str | None:
    for event, _ in history:
        match event:
            case Supervised() if rung is Rung.SUPERVISE and event.by_ladder and event.clock == clock.key:
                return event.supervisor
            case Raised() if rung is Rung.RAISE and event.by_ladder and event.clock == clock.key:
                return event.to
            case _:
                continue
    return None


def _stretches(  # noqa: PLR0917 - what a reckoning depends on
    clock: Clock,
    rule: ObligationRule | None,
    begins: datetime | None,
    policy: Policy,
    calendar: Calendar,
    now: datetime,
) -> tuple[Stretch, ...]:
    limit = None if rule is None else rule.limit or rule.fallback
    if rule is None or limit is None or begins is None or clock.target is not None:
        return ()
    granted = clock.extensions
    extra = Duration(amount=sum(one.amount for one in granted), unit=granted[0].unit) if granted else None
    stops = pauses(clock, policy)
    return reckon(begins, limit, stops, extra, rule.counting, calendar, clock.ended_at or now)


def _held(
    clock: Clock, hold: Standstill, history: Iterable[Told], rule: ObligationRule | None
) -> PauseAccount:
    reason, by, signed = _decision(clock, hold, history)
    return PauseAccount(
        kind=hold.kind,
        reason=reason,
        by=by,
        signed_by=signed,
        counts=rule is not None and hold.kind.value in rule.paused_by,
        start=hold.start,
        until=hold.until,
        end=hold.end,
    )


def _decision(
    clock: Clock, hold: Standstill, history: Iterable[Told]
) -> tuple[str | None, Actor | None, tuple[str, ...]]:
    """Return why a hold began, by whom, and who signed; it is found by its kind, start and date."""
    for event, actor in history:
        if isinstance(event, Heard) and event.clock == clock.key and hold.kind is HoldKind.HEARING:
            if (event.begun, event.ended) == (hold.start, hold.until):
                return HoldKind.HEARING.value, actor, ()
        elif (
            isinstance(event, Suspended | HungUp)
            and _KINDS[type(event)] is hold.kind
            and event.until == hold.until
            and max(event.at, clock.started_at) == hold.start
        ):
            signed = (event.approved_by,) if isinstance(event, Suspended) else event.signed_by
            return event.reason, actor, signed
    return None, None, ()


_KINDS: dict[type[Suspended | HungUp], HoldKind] = {
    Suspended: HoldKind.SUSPENSION,
    HungUp: HoldKind.HANG_UP,
}


def _grants(clock: Clock, history: Iterable[Told]) -> tuple[GrantAccount, ...]:
    found: tuple[GrantAccount, ...] = ()
    asked: GrantAccount | None = None
    before = asked, found
    for event, actor in history:
        match event:
            case ExtensionAsked() if event.clock == clock.key:
                asked = GrantAccount(event.by, event.at, actor)
            case ExtensionGranted() if event.clock == clock.key:
                # What a case is granted with its leader was asked for there.
                asked = asked or GrantAccount(event.by, event.at, actor)
                found = (*found, replace(asked, amount=event.by, granted_at=event.at, granted_by=actor))
                asked = None
            case Merged():
                before, asked = (asked, found), None
            case Unmerged():
                asked, found = before  # as if it had never been merged
            case _:
                continue
    return found
