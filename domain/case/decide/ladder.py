"""Decide rungs and what becomes of accountability entries."""

from typing import Any, assert_never

from domain.actor import Role
from domain.case.clocks import Clock, find
from domain.case.commands import (
    AnswerAccountability,
    AppealAccountability,
    Context,
    HoldAccountable,
    LadderCommand,
    Raise,
    Remind,
    Supervise,
    TakeRung,
    WithdrawAccountability,
)
from domain.case.decide.guards import must_seal, sealed
from domain.case.decide.standing import apart_above
from domain.case.events import (
    AccountabilityAnswered,
    AccountabilityAppealed,
    AccountabilityWithdrawn,
    HeldAccountable,
    LadderEvent,
    Raised,
    Reminded,
    Supervised,
)
from domain.case.parts import Entry
from domain.case.rungs import rung_due
from domain.case.state import Case
from domain.errors import NotYourUnit, Refused
from domain.organisation import Organisation
from domain.policy import Obligation, Rung, RungRule


def decide_ladder(command: LadderCommand, case: Case, context: Context) -> tuple[LadderEvent, ...]:
    """Decide a command of the ladder."""
    match command:
        case Remind() | Supervise() | Raise() | HoldAccountable():
            return _take(command, case, context)
        case AnswerAccountability():
            _of_unit(case, command.entry, context)
            words = must_seal(command.words)
            return (AccountabilityAnswered(at=context.at, entry=command.entry, words=words),)
        case AppealAccountability():
            _of_unit(case, command.entry, context)
            words = must_seal(command.words)
            return (AccountabilityAppealed(at=context.at, entry=command.entry, words=words),)
        case WithdrawAccountability():
            return _withdraw(command, case, context)
        case _:
            assert_never(command)


def _take(
    command: Remind | Supervise | Raise | HoldAccountable, case: Case, context: Context
) -> tuple[LadderEvent, ...]:
    by_ladder = context.actor.role is Role.SYSTEM
    clock = find(case.clocks, command.clock)
    if by_ladder and not _timely(command, clock, case, context):
        return ()
    if clock is None or not clock.open:
        raise Refused("no_clock", command.clock)
    return (_rung(command, clock, case, context, by_ladder),)


def _timely(command: TakeRung, clock: Clock | None, case: Case, context: Context) -> bool:
    """Whether the ladder's step is still to be taken now: a late, early or repeated timer changes nothing."""
    if clock is None or not clock.open:
        return False
    due = rung_due(case, clock, RUNGS[type(command)], context.book)
    return due is not None and due <= context.now


RUNGS: dict[type[TakeRung], Rung] = {
    Remind: Rung.REMIND,
    Supervise: Rung.SUPERVISE,
    Raise: Rung.RAISE,
    HoldAccountable: Rung.HOLD_ACCOUNTABLE,
}
"""The rung that each command takes."""


def _rung(
    command: Remind | Supervise | Raise | HoldAccountable,
    clock: Clock,
    case: Case,
    context: Context,
    by_ladder: bool,
) -> Reminded | Supervised | Raised | HeldAccountable:
    rule = _rule(command, case, clock, context)
    common: dict[str, Any] = {
        "at": context.at,
        "clock": clock.key,
        "unit": clock.owner,
        "by_ladder": by_ladder,
        "note": sealed(command.note),
        "told": _told(rule, case, clock, context),
    }
    to = rule.to if rule is not None else "parent"
    organisation = context.book.organisation
    match command:
        case Remind():
            return Reminded(**common)
        case Supervise():
            if command.rectify_by is not None and command.rectify_by <= context.at:
                raise Refused("until_in_past")
            above = _above(clock.owner, to, organisation)
            return Supervised(
                **common, supervisor=above, listed=command.listed, rectify_by=command.rectify_by
            )
        case Raise():
            return Raised(**common, to=_raised_to(case, clock, to, by_ladder, context))
        case HoldAccountable():
            return HeldAccountable(**common, entry=len(case.entries) + 1, set_by=context.actor.id)
        case _:
            assert_never(command)


def _rule(command: TakeRung, case: Case, clock: Clock, context: Context) -> RungRule | None:
    """Return what the policy says of this rung; None where its ladder does not have it."""
    ladder = context.book.rules(case).ladder_for(clock.obligation)
    return next((rule for rule in ladder if rule.rung is RUNGS[type(command)]), None)


def _above(unit: str, to: str, organisation: Organisation) -> str:
    """Return the unit above that the policy names; the top where there is none of that level."""
    if to == "parent":
        return organisation.parent(unit)
    higher = [one for one in organisation.chain(unit) if one.id != unit]
    named = (one.id for one in higher if one.level.value == to)
    return next(named, higher[-1].id if higher else unit)


def _told(rule: RungRule | None, case: Case, clock: Clock, context: Context) -> tuple[str, ...] | None:
    if rule is None or not rule.tells:
        return None
    organisation = context.book.organisation
    named = {"unit": clock.owner, "desk": case.duties.desk}
    told = (named.get(one) or _above(clock.owner, one, organisation) for one in rule.tells)
    return tuple(dict.fromkeys(told))


def _raised_to(case: Case, clock: Clock, to: str, by_ladder: bool, context: Context) -> str:
    """Return the unit that takes over: the bearer itself where another clock raised the duty so far already.

    The ladder climbs from the unit that owes, so that two clocks late at one moment raise one level and not
    two; a supervisor's hand climbs from whoever bears the duty now.
    """
    organisation = context.book.organisation
    bearer = _bearer(case, clock)
    found = _next_above(clock.owner if by_ladder else bearer, case, clock, to, organisation)
    return bearer if found is None or organisation.contains(bearer, found) else found


def _next_above(unit: str, case: Case, clock: Clock, to: str, organisation: Organisation) -> str | None:
    """Return the unit above; for what judges the work, the nearest that did not work on the case.

    None where there is none: a unit that must not visit or review would leave the case to nobody.
    """
    if clock.obligation in _JUDGE:
        return apart_above(unit, case, organisation)
    return _above(unit, to, organisation)


_JUDGE = frozenset({Obligation.VISIT, Obligation.ANSWER_REVIEW, Obligation.ANSWER_RECHECK})


def _bearer(case: Case, clock: Clock) -> str:
    """Return the unit that bears the duty behind a clock now; a raise may have moved it from the owner."""
    duties = case.duties
    match clock.obligation:
        case Obligation.DISPATCH:
            return duties.desk
        case Obligation.VISIT:
            return duties.visitor or clock.owner
        case Obligation.ANSWER_OBJECTION:
            return duties.objection or clock.owner
        case Obligation.ANSWER_WHISTLE:
            call = case.called_by(clock.key)
            return (call.bearer if call is not None else None) or clock.owner
        case Obligation.DECIDE_EXTENSION:
            return clock.owner
        case Obligation.ANSWER_REVIEW | Obligation.ANSWER_RECHECK:
            return case.review.owner if case.review is not None else clock.owner
        case _:
            return duties.handler or clock.owner


def _entry(case: Case, number: int) -> Entry:
    entry = next((one for one in case.entries if one.number == number), None)
    if entry is None:
        raise Refused("unknown_entry", str(number))
    if entry.withdrawn:
        raise Refused("entry_withdrawn")
    return entry


def _of_unit(case: Case, number: int, context: Context) -> None:
    entry = _entry(case, number)
    if not context.book.organisation.acts_for(entry.unit, context.actor.unit):
        raise NotYourUnit("Only the unit that was held accountable answers or appeals.")


def _withdraw(
    command: WithdrawAccountability, case: Case, context: Context
) -> tuple[AccountabilityWithdrawn]:
    entry = _entry(case, command.entry)
    organisation = context.book.organisation
    unit = context.actor.unit
    top = unit == entry.unit and organisation.parent(entry.unit) == entry.unit
    if unit is None or not organisation.contains(unit, entry.unit) or (unit == entry.unit and not top):
        raise NotYourUnit("An entry is withdrawn by a supervisor above the unit.")
    return (AccountabilityWithdrawn(at=context.at, entry=entry.number, reason=must_seal(command.reason)),)
