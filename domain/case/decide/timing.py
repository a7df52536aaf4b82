"""Decide what stops, moves or replaces a limit."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from domain.actor import Role
from domain.calendar import Duration, shift
from domain.case.clocks import Clock, find, find_open
from domain.case.commands import (
    AskExtension,
    Context,
    GrantExtension,
    HangUp,
    MovePolicy,
    Recalibrate,
    ReceiveTarget,
    RefuseExtension,
    Resume,
    Suspend,
    TakeDown,
    TimingCommand,
)
from domain.case.decide.guards import listed, must_seal
from domain.case.decide.signatures import sign
from domain.case.events import (
    ClockRecalibrated,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    HungUp,
    PolicyMoved,
    ProposalSigned,
    Resumed,
    Suspended,
    TakenDown,
    TargetReceived,
    TimingEvent,
)
from domain.case.events.base import PolicyRef
from domain.case.recalibrate import moved
from domain.case.stage import Act
from domain.case.state import Ask, Case
from domain.errors import NotYourUnit, Refused
from domain.policy import Extension, Obligation, Policy


def decide_timing(
    command: TimingCommand, case: Case, context: Context
) -> tuple[TimingEvent | ProposalSigned, ...]:
    """Decide a command of the timing."""
    match command:
        case Suspend():
            return _suspend(command, case, context)
        case Resume():
            return _resume(case, context)
        case AskExtension():
            return _ask_extension(command, case, context)
        case GrantExtension():
            return _grant(case, context)
        case RefuseExtension():
            ask, clock = asked(case)
            _may_decide(ask, clock, case, context)
            reason = must_seal(command.reason)
            return (ExtensionRefused(at=context.at, clock=clock.key, reason=reason),)
        case HangUp():
            return _hang_up(command, case, context)
        case TakeDown():
            return _take_down(command, case, context)
        case ReceiveTarget():
            return _receive_target(command, case, context)
        case Recalibrate():
            return _recalibrate(command, case, context)
        case MovePolicy():
            ref = context.book.newest(command.policy, context.at)
            if ref == case.policy:
                return ()
            _goes_on(ref, case, context)
            return (PolicyMoved(at=context.at, policy=ref, reason=must_seal(command.reason)),)
        case _:
            assert_never(command)


def _goes_on(ref: PolicyRef, case: Case, context: Context) -> None:
    """Refuse a policy that knows no limit for the review under way: nothing would run any more."""
    review = case.review
    if review is not None and not review.answered:
        rule = context.book.rules(replace(case, policy=ref)).rules_for(review.step)
        if rule is None or (rule.limit is None and rule.fallback is None):
            raise Refused("no_review", ref.id)


def _suspend(command: Suspend, case: Case, context: Context) -> tuple[Suspended]:
    policy = context.book.rules(case)
    _until(command.until, policy.suspension_max, case, context)
    return (
        Suspended(
            at=context.at,
            reason=listed(command.reason, policy.suspension_reasons),
            until=command.until,
            approved_by=context.actor.id,
            evidence=command.evidence,
        ),
    )


def _resume(case: Case, context: Context) -> tuple[Resumed, ...]:
    date = _date_come(case, context)
    if date is not None:
        return (Resumed(at=date, on_date=True),)
    return () if context.actor.role is Role.SYSTEM else (Resumed(at=context.at, on_date=False),)


def _date_come(case: Case, context: Context) -> datetime | None:
    """Return the date set for the end of a hold once it has come; who is late changes nothing in it."""
    reached = context.now if context.actor.role is Role.SYSTEM else context.at
    return case.hold.until if case.hold is not None and case.hold.until <= reached else None


def _until(until: datetime, longest: Duration | None, case: Case, context: Context) -> None:
    if until <= context.at:
        raise Refused("until_in_past")
    if longest is not None:
        latest = shift(context.at, longest, context.book.calendar(case.policy, case.responsible))
        if until > latest.at:
            raise Refused("until_too_late", f"at most {longest.amount} {longest.unit.value}")


def open_clock(case: Case, obligation: Obligation) -> Clock:
    """Return the open clock of an obligation.

    Raises:
        Refused: no_clock.
    """
    clock = find_open(case.clocks, obligation)
    if clock is None:
        raise Refused("no_clock", obligation.value)
    return clock


def _ask_extension(command: AskExtension, case: Case, context: Context) -> tuple[ExtensionAsked]:
    clock = open_clock(case, command.obligation)
    if _open_ask(case) is not None:
        raise Refused("extension_asked")
    policy = context.book.rules(case)
    allowed = _allowance(clock, command.by, policy)
    due = context.book.due(case, clock)
    if due is not None and context.at > due.at:
        raise Refused("extension_too_late", str(due))
    return (
        ExtensionAsked(
            at=context.at,
            clock=clock.key,
            by=command.by,
            reason=must_seal(command.reason),
            decided_by=_decider(allowed, case, policy, context),
            asked_by=context.person,
        ),
    )


def _decider(allowed: Extension, case: Case, policy: Policy, context: Context) -> str | None:
    """Return the unit that owes the decision; None where the policy sets no limit for it."""
    if policy.rules_for(Obligation.DECIDE_EXTENSION) is None:
        return None
    return _approving(allowed, case, context)


def _approving(allowed: Extension | None, case: Case, context: Context) -> str:
    """Return the unit whose head or supervisor decides; where the policy names none, the unit above."""
    handler, organisation = case.duties.bearer, context.book.organisation
    match allowed.approver if allowed is not None else "parent":
        case "head":
            return handler
        case "parent":
            return organisation.parent(handler)
        case _:
            return list(organisation.chain(handler))[-1].id


def _allowance(clock: Clock, by: Duration, policy: Policy) -> Extension:
    """Return the rule under which this much time may be given, or refuse."""
    rule = policy.rules_for(clock.obligation)
    allowed = rule.extension if rule else None
    if allowed is None or by.unit is not allowed.max.unit or by.amount == 0:
        raise Refused("extension_not_allowed", f"in {allowed.max.unit.value} only" if allowed else "")
    if any(given.unit is not allowed.max.unit for given in clock.extensions):
        raise Refused("extension_not_allowed", "time was granted under another policy")
    given = sum(one.amount for one in clock.extensions)
    if given + by.amount > allowed.max.amount or len(clock.extensions) >= allowed.times:
        raise Refused("extension_over_limit", f"at most {allowed.max.amount} {allowed.max.unit.value} in all")
    return allowed


def _open_ask(case: Case) -> tuple[Ask, Clock] | None:
    """Return what was asked and for which clock; a request falls away with its clock."""
    clock = find(case.clocks, case.ask.clock) if case.ask is not None else None
    return (case.ask, clock) if case.ask is not None and clock is not None and clock.open else None


def asked(case: Case) -> tuple[Ask, Clock]:
    """Return the request that waits for its decision, and its clock.

    Raises:
        Refused: no_extension_asked.
    """
    found = _open_ask(case)
    if found is None:
        raise Refused("no_extension_asked")
    return found


def _grant(case: Case, context: Context) -> tuple[ExtensionGranted]:
    """Grant what the policy of today still allows; it may have changed since the request."""
    ask, clock = asked(case)
    _allowance(clock, ask.by, context.book.rules(case))
    _may_decide(ask, clock, case, context)
    return (ExtensionGranted(at=context.at, clock=ask.clock, by=ask.by),)


def _may_decide(ask: Ask, clock: Clock, case: Case, context: Context) -> None:
    """Let the unit that the policy names decide, or one above it; never the person who asked."""
    rule = context.book.rules(case).rules_for(clock.obligation)
    unit = _approving(rule.extension if rule is not None else None, case, context)
    if context.person is None:
        return
    if context.actor.unit is None or not context.book.organisation.contains(context.actor.unit, unit):
        raise NotYourUnit(f"This policy lets only {unit} or a unit above it decide on more time; ask it.")
    if context.person == ask.asker:
        raise Refused("own_request")


def _hang_up(command: HangUp, case: Case, context: Context) -> tuple[ProposalSigned | HungUp, ...]:
    _until(command.until, context.book.rules(case).hang_up_max, case, context)
    signed = sign(case, context, Act.HANG_UP, command.reason, until=command.until)
    if isinstance(signed, ProposalSigned):
        return (signed,)
    return (HungUp(at=context.at, reason=command.reason, until=command.until, signed_by=signed),)


def _take_down(command: TakeDown, case: Case, context: Context) -> tuple[ProposalSigned | TakenDown, ...]:
    date = _date_come(case, context)
    if date is not None:
        return (TakenDown(at=date, on_date=True, signed_by=()),)
    if context.actor.role is Role.SYSTEM:
        return ()
    signed = sign(case, context, Act.TAKE_DOWN, command.reason)
    if isinstance(signed, ProposalSigned):
        return (signed,)
    return (TakenDown(at=context.at, on_date=False, signed_by=signed),)


def _recalibrate(command: Recalibrate, case: Case, context: Context) -> tuple[ClockRecalibrated, ...]:
    return tuple(
        ClockRecalibrated(
            at=context.at,
            clock=one.clock.key,
            was=None if one.was is None else one.was.at,
            now=None if one.now is None else one.now.at,
            provisional=one.now is not None and one.now.provisional,
            cause=command.cause,
            calendar=one.calendar.id,
            version=one.calendar.version,
        )
        for one in moved(case, context.book)
    )


def _receive_target(command: ReceiveTarget, case: Case, context: Context) -> tuple[TargetReceived, ...]:
    clock = open_clock(case, command.obligation)
    if clock.target == command.due:
        return ()
    return (TargetReceived(at=context.at, clock=clock.key, due=command.due, source=command.source),)
