"""The guards that every command passes: role, unit, stage and time."""

from datetime import datetime, timedelta

from domain.actor import Actor, Role
from domain.case.clocks import Clock
from domain.case.commands import (
    AnyCaseCommand,
    Context,
    GrantExtension,
    Object,
    RefuseExtension,
    Relation,
    StrikeOff,
)
from domain.case.decide.standing import is_own, judges_own, stands_right
from domain.case.events.base import FIRST
from domain.case.stage import HoldKind, Stage
from domain.case.state import Case
from domain.case.transitions import TRANSITIONS, has_place
from domain.errors import DomainError, NotAllowed, NotYourUnit, Refused, WrongStage
from domain.personal import MAX_TEXT, Commitment, Personal

CLOCKS_DISAGREE = timedelta(minutes=5)
"""How far a client's clock may differ from ours."""


def may_give(actor: Actor, command: type[AnyCaseCommand]) -> bool:
    """Whether the actor's role may give this command at all."""
    return actor.role is Role.SYSTEM or actor.role in command.ROLES


def guard(command: AnyCaseCommand, case: Case, context: Context) -> None:
    """Let a command on an existing case pass, or refuse it.

    Raises:
        NotAllowed: role_not_allowed.
        WrongStage: wrong_stage.
        NotYourUnit: not_your_unit.
        Refused: own_visit, own_work, not_the_visitor, happened_in_future, happened_too_early, dated_back.
    """
    kind = type(command)
    guard_role(context.actor, kind)
    guard_stage(kind, case.stage)
    if not stands_right(context.actor, kind, case, context.book.organisation):
        raise _misfit(kind, case, context)
    guard_time(context, _earliest(kind, case))


def _misfit(kind: type[AnyCaseCommand], case: Case, context: Context) -> DomainError:
    actor, relation = context.actor, kind.RELATION
    visits_for = actor.unit if relation in (Relation.VISITOR, Relation.CLOSER) else None
    if visits_for is not None and is_own(visits_for, case, context.book.organisation):
        return Refused("own_visit")
    if judges_own(actor, relation, case):
        return Refused("own_work")
    if visits_for is not None:
        return Refused("not_the_visitor")
    return NotYourUnit(f"The command {kind.VERB} belongs to another unit; ask the {relation.value}.")


def guard_role(actor: Actor, kind: type[AnyCaseCommand]) -> None:
    """Refuse a role that may never give this command."""
    if not may_give(actor, kind):
        roles = ", ".join(sorted(role.value for role in kind.ROLES))
        raise NotAllowed(f"The role {actor.role.value} may not {kind.VERB}; it takes one of: {roles}.")


def guard_stage(kind: type[AnyCaseCommand], stage: Stage | None) -> None:
    """Refuse a command that has no place in this stage."""
    if not has_place(kind, stage):
        places = ", ".join(place.value if place else "a new case" for place in TRANSITIONS[kind])
        at = stage.value if stage else "not collected"
        raise WrongStage(f"The case is {at}; {kind.VERB} has its place in: {places}.")


def guard_time(context: Context, earliest: datetime | None) -> None:
    """Refuse a moment of happening that cannot be."""
    if context.at > context.now + CLOCKS_DISAGREE:
        raise Refused("happened_in_future", context.at.isoformat())
    if context.actor.role is Role.RESIDENT and context.at < context.now - CLOCKS_DISAGREE:
        # Residents enter what they do themselves; dated back it would make a unit late at once.
        raise Refused("dated_back")
    earliest = earliest or FIRST
    if context.at < earliest:
        raise Refused("happened_too_early", f"not before {earliest.isoformat()}")


def _earliest(kind: type[AnyCaseCommand], case: Case) -> datetime:
    """A change of stage or an objection can't happen before that stage; all else not before collection.

    And nothing happens before that on which it rests: a decision on more time before it was asked for, or a
    strike-off before the visits.
    """
    if kind in (GrantExtension, RefuseExtension) and case.ask is not None:
        return case.ask.at
    if kind is StrikeOff:
        return max((case.since, *(visit.at for visit in case.visits)))
    stays = TRANSITIONS[kind].get(case.stage) == frozenset({case.stage}) and kind is not Object
    return case.collected_at if stays else case.since


def stops_in_time(kind: HoldKind, clock: Clock, at: datetime, case: Case, context: Context) -> None:
    """Refuse to stop a clock at a moment before a limit that has passed by now: it would undo a breach.

    An import tells what others did, and when.

    Raises:
        Refused: entered_too_late.
    """
    rule = context.book.rules(case).rules_for(clock.obligation)
    if context.person is None or rule is None or kind.value not in rule.paused_by:
        return
    due = context.book.due(case, clock)
    if due is not None and at < due.at <= context.latest:
        raise Refused("entered_too_late", f"{clock.obligation.value} was due {due}")


def sealed(value: Personal | None) -> Commitment | None:
    """Return the commitment that goes into an event in place of a personal value.

    Raises:
        Refused: text_too_long.
        ValueError: The engine did not seal the command, a fault of ours.
    """
    return None if value is None else must_seal(value)


def must_seal(value: Personal) -> Commitment:
    """As `sealed`, for a value that must be there."""
    if len(value.text) > MAX_TEXT:
        raise Refused("text_too_long", f"at most {MAX_TEXT} characters")
    if not value.commitment:
        raise ValueError("a command must be sealed before it is decided")
    return value.commitment


def listed(reason: str, reasons: tuple[str, ...]) -> str:
    """Return a reason that the policy lists.

    Raises:
        Refused: reason_not_listed.
    """
    if reason not in reasons:
        raise Refused("reason_not_listed", ", ".join(reasons))
    return reason
