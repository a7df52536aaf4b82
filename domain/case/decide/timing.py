"""Decide what stops, moves or replaces a limit."""

from dataclasses import replace
from typing import assert_never

from domain.calendar import Duration
from domain.case.clocks import Clock, find_open
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
from domain.case.decide.guards import must_seal
from domain.case.decide.hindrance import asked
from domain.case.decide.holds import hang_up, resume, suspend, take_down
from domain.case.decide.standing import decides_on_time
from domain.case.events import (
    ClockRecalibrated,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    PolicyMoved,
    ProposalSigned,
    TargetReceived,
    TimingEvent,
)
from domain.case.events.base import PolicyRef
from domain.case.parts import Ask
from domain.case.recalibrate import moved
from domain.case.state import Case
from domain.errors import NotYourUnit, Refused
from domain.policy import Extension, Obligation, Policy


def decide_timing(
    command: TimingCommand, case: Case, context: Context
) -> tuple[TimingEvent | ProposalSigned, ...]:
    """Decide a command of the timing."""
    match command:
        case Suspend():
            return suspend(command, case, context)
        case Resume():
            return resume(case, context)
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
            return hang_up(command, case, context)
        case TakeDown():
            return take_down(command, case, context)
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
        rules = context.book.rules(replace(case, policy=ref))
        if not rules.falls_due(review.step):
            raise Refused("no_review", ref.id)


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
    policy = context.book.rules(case)
    allowed = _allowance(clock, command.by, policy)
    due = context.book.due(case, clock)
    # Entered after the limit a request would undo a breach, whenever it is said to have been made.
    if due is not None and context.latest > due.at:
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


def _grant(case: Case, context: Context) -> tuple[ExtensionGranted]:
    """Grant what the policy of today still allows; it may have changed since the request."""
    ask, clock = asked(case)
    _allowance(clock, ask.by, context.book.rules(case))
    _may_decide(ask, clock, case, context)
    return (ExtensionGranted(at=context.at, clock=ask.clock, by=ask.by),)


def _may_decide(ask: Ask, clock: Clock, case: Case, context: Context) -> None:
    """Let the unit that owes the decision give it, or one above it; never the person who asked.

    Where none is owed, the policy says which unit decides.
    """
    rule = context.book.rules(case).rules_for(clock.obligation)
    named = _approving(rule.extension if rule is not None else None, case, context)
    unit = decides_on_time(case) or named
    if context.person is None:
        return
    if context.actor.unit is None or not context.book.organisation.contains(context.actor.unit, unit):
        raise NotYourUnit(f"Only {unit} or a unit above it decides on more time here; ask it.")
    if context.person == ask.asker:
        raise Refused("own_request")


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
