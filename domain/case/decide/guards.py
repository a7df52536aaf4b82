"""The guards that every command passes: role, unit, stage and time."""

from datetime import datetime, timedelta

from domain.actor import Actor, Role
from domain.case.commands import AnyCaseCommand, Context, Object, Relation
from domain.case.events.base import FIRST
from domain.case.stage import Stage
from domain.case.state import Case
from domain.case.transitions import TRANSITIONS, has_place
from domain.errors import NotAllowed, NotYourUnit, Refused, WrongStage
from domain.organisation import Level, Organisation
from domain.personal import MAX_TEXT, Commitment, Personal

CLOCKS_DISAGREE = timedelta(minutes=5)
"""How far a client's clock may run ahead of ours."""


def may_give(actor: Actor, command: type[AnyCaseCommand]) -> bool:
    """Whether the actor's role may give this command at all."""
    return actor.role is Role.SYSTEM or actor.role in command.ROLES


def stands_right(actor: Actor, command: type[AnyCaseCommand], case: Case, organisation: Organisation) -> bool:
    """Whether the actor's unit stands to the case as the command asks."""
    if actor.role is Role.SYSTEM or command.RELATION is Relation.ANY:
        return True
    if actor.role is Role.RESIDENT:
        return command.RELATION is Relation.REPORTER and case.intake.reporter == actor.id
    if actor.role is Role.ADMINISTRATOR and actor.unit is None:
        return True
    match command.RELATION:
        case Relation.DESK | Relation.REPORTER:
            return _near(actor.unit, case.duties.desk, organisation)
        case Relation.RULER:
            return _may_rule(actor.unit, case, organisation)
        case Relation.HANDLER:
            handler = case.duties.handler
            return handler is not None and organisation.contains(handler, actor.unit)
        case Relation.SUPERVISOR:
            return actor.unit is not None and _above(actor.unit, case, organisation)
        case Relation.VISITOR:
            return actor.unit is not None and not is_own(actor.unit, case, organisation)
        case Relation.APPROVER:
            return _approves(actor, case, organisation)
        case Relation.REVIEWER:
            return _reviews(actor.unit, case, organisation)
        case _:
            street = _near(actor.unit, case.duties.desk, organisation)
            return street or organisation.contains(case.duties.handler or case.duties.desk, actor.unit)


def _approves(actor: Actor, case: Case, organisation: Organisation) -> bool:
    if actor.unit is None:
        return False
    head = actor.role is Role.UNIT_HEAD and organisation.contains(case.duties.handler or "", actor.unit)
    return head or _above(actor.unit, case, organisation)


def _reviews(unit: str | None, case: Case, organisation: Organisation) -> bool:
    """At the unit that owes the opinion, or above: whoever is under it may have handled the case."""
    review = case.review
    return review is not None and unit is not None and organisation.contains(unit, review.owner)


def _near(unit: str | None, desk: str, organisation: Organisation) -> bool:
    """At the desk, under it, or above it."""
    return unit is not None and (organisation.contains(desk, unit) or organisation.contains(unit, desk))


def _may_rule(unit: str | None, case: Case, organisation: Organisation) -> bool:
    """At the desk or the unit that owes the ruling, or above; never the unit that objects, but at the top."""
    handler, duties = case.duties.handler, case.duties
    if (
        handler is not None
        and organisation.parent(handler) != handler
        and organisation.contains(handler, unit)
    ):
        return False
    return any(_near(unit, one, organisation) for one in (duties.desk, duties.objection or duties.desk))


def _above(unit: str, case: Case, organisation: Organisation) -> bool:
    """Above the unit that must act, or that unit itself at the top of the tree."""
    for named in {case.duties.handler or case.duties.desk, case.duties.desk}:
        if organisation.contains(unit, named) and (unit != named or organisation.parent(unit) == unit):
            return True
    return False


def is_own(unit: str, case: Case, organisation: Organisation) -> bool:
    """Whether a unit handled the case, itself or through the body it belongs to.

    A district is above everybody, so its offices are not the district. Source: design, section 3.
    """
    for handled in case.duties.handled:
        if unit == handled:
            return True
        above = organisation.units.get(handled)
        if above is not None and above.level is not Level.DISTRICT and organisation.contains(handled, unit):
            return True
    return False


def guard(command: AnyCaseCommand, case: Case, context: Context) -> None:
    """Let a command on an existing case pass, or refuse it.

    Raises:
        NotAllowed: role_not_allowed.
        WrongStage: wrong_stage.
        NotYourUnit: not_your_unit.
        Refused: own_visit, happened_in_future, happened_too_early.
    """
    kind = type(command)
    guard_role(context.actor, kind)
    guard_stage(kind, case.stage)
    if not stands_right(context.actor, kind, case, context.book.organisation):
        if kind.RELATION is Relation.VISITOR and context.actor.unit is not None:
            raise Refused("own_visit")
        raise NotYourUnit(f"The command {kind.VERB} belongs to another unit; ask the {kind.RELATION.value}.")
    guard_time(context, _earliest(kind, case))


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
    earliest = earliest or FIRST
    if context.at < earliest:
        raise Refused("happened_too_early", f"not before {earliest.isoformat()}")


def _earliest(kind: type[AnyCaseCommand], case: Case) -> datetime:
    """A change of stage or an objection can't happen before that stage; all else not before collection."""
    stays = TRANSITIONS[kind].get(case.stage) == frozenset({case.stage}) and kind is not Object
    return case.collected_at if stays else case.since


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
