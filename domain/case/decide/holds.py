"""Decide what stops a case for a time, and what lets it go on."""

from datetime import datetime

from domain.actor import Role
from domain.calendar import Duration, shift
from domain.case.clocks import standstills
from domain.case.commands import Context, HangUp, Suspend, TakeDown
from domain.case.decide.evidence import both, evidenced
from domain.case.decide.guards import listed, stops_in_time
from domain.case.decide.signatures import sign
from domain.case.events import HungUp, ProposalSigned, Resumed, Suspended, TakenDown
from domain.case.stage import Act, HoldKind
from domain.case.state import Case
from domain.errors import Refused


def suspend(command: Suspend, case: Case, context: Context) -> tuple[Suspended]:
    """Decide a suspension; the head who gives it approves it thereby."""
    policy = context.book.rules(case)
    until_allowed(command.until, policy.suspension_max, case, context)
    _often(case, policy.suspension_times)
    _in_time(HoldKind.SUSPENSION, case, context)
    return (
        Suspended(
            at=context.at,
            reason=listed(command.reason, policy.suspension_reasons),
            until=command.until,
            approved_by=context.actor.id,
            evidence=evidenced(command.evidence, "suspend", policy, context),
        ),
    )


def resume(case: Case, context: Context) -> tuple[Resumed, ...]:
    """Decide the end of a suspension, by hand or because its date has come."""
    date = _date_come(case, context)
    if date is not None:
        return (Resumed(at=date, on_date=True),)
    return () if context.actor.role is Role.SYSTEM else (Resumed(at=context.at, on_date=False),)


def hang_up(command: HangUp, case: Case, context: Context) -> tuple[ProposalSigned | HungUp, ...]:
    """Decide a signature under a hang-up; the second one carries it out."""
    policy = context.book.rules(case)
    until_allowed(command.until, policy.hang_up_max, case, context)
    _in_time(HoldKind.HANG_UP, case, context)
    reason = listed(command.reason, policy.hang_up_reasons) if policy.hang_up_reasons else command.reason
    evidence = evidenced(both(command.evidence, Act.HANG_UP, case), "hang_up", policy, context)
    signed = sign(case, context, Act.HANG_UP, reason, until=command.until, evidence=evidence)
    if isinstance(signed, ProposalSigned):
        return (signed,)
    return (HungUp(at=context.at, reason=reason, until=command.until, signed_by=signed, evidence=evidence),)


def take_down(command: TakeDown, case: Case, context: Context) -> tuple[ProposalSigned | TakenDown, ...]:
    """Decide the end of a hang-up: on its date by itself, before it with two signatures."""
    date = _date_come(case, context)
    if date is not None:
        return (TakenDown(at=date, on_date=True, signed_by=()),)
    if context.actor.role is Role.SYSTEM:
        return ()
    signed = sign(case, context, Act.TAKE_DOWN, command.reason)
    if isinstance(signed, ProposalSigned):
        return (signed,)
    return (TakenDown(at=context.at, on_date=False, signed_by=signed),)


def _date_come(case: Case, context: Context) -> datetime | None:
    """Return the date set for the end of a hold once it has come; who is late changes nothing in it."""
    reached = context.now if context.actor.role is Role.SYSTEM else context.at
    return case.hold.until if case.hold is not None and case.hold.until <= reached else None


def until_allowed(until: datetime, longest: Duration | None, case: Case, context: Context) -> None:
    """Refuse a date that lies before the decision, or further off than the policy allows.

    Raises:
        Refused: until_in_past, until_too_late.
    """
    if until <= context.at:
        raise Refused("until_in_past")
    if longest is not None:
        latest = shift(context.at, longest, context.book.calendar(case.policy, case.responsible))
        if until > latest.at:
            raise Refused("until_too_late", f"at most {longest.amount} {longest.unit.value}")


def _often(case: Case, times: int | None) -> None:
    had = max((standstills(clock, HoldKind.SUSPENSION) for clock in case.clocks if clock.open), default=0)
    if times is not None and had >= times:
        raise Refused("suspension_over_limit", f"at most {times}")


def _in_time(kind: HoldKind, case: Case, context: Context) -> None:
    for clock in case.clocks:
        if clock.open:
            stops_in_time(kind, clock, context.at, case, context)
