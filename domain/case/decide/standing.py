"""How an actor must stand to a case for each command: the one place where units are compared."""

from domain.actor import Actor, Role
from domain.case.clocks import find_open
from domain.case.commands import AnyCaseCommand, Relation
from domain.case.state import Case
from domain.organisation import Organisation
from domain.policy import Obligation


def stands_right(actor: Actor, command: type[AnyCaseCommand], case: Case, organisation: Organisation) -> bool:
    """Whether the actor and the actor's unit stand to the case as the command asks."""
    relation = command.RELATION
    if actor.role is Role.SYSTEM or relation is Relation.ANY:
        return True
    if actor.role is Role.RESIDENT:
        return relation is Relation.REPORTER and case.intake.reporter == actor.id
    if judges_own(actor, relation, case):
        return False
    if actor.role is Role.ADMINISTRATOR and actor.unit is None:
        return True
    return actor.unit is not None and _fits(relation, actor, actor.unit, case, organisation)


def _fits(relation: Relation, actor: Actor, unit: str, case: Case, organisation: Organisation) -> bool:
    """Whether a unit stands in a relation; whoever is at or above a unit contains it."""
    handler, desk = case.duties.handler, case.duties.desk
    match relation:
        case Relation.DESK | Relation.REPORTER:
            return organisation.contains(unit, desk)
        case Relation.REFUSER:
            return _may_refuse(unit, case, organisation)
        case Relation.RULER:
            return organisation.contains(unit, case.duties.objection or desk)
        case Relation.HANDLER:
            return organisation.acts_for(handler, unit)
        case Relation.SUPERVISOR:
            return any(_over(unit, one, organisation) for one in (handler or desk, desk))
        case Relation.VISITOR:
            return not is_own(unit, case, organisation)
        case Relation.CLOSER:
            return not is_own(unit, case, organisation) and _closes(unit, case, organisation)
        case Relation.APPROVER:
            return any(organisation.contains(unit, one) for one in (handler or desk, decides_on_time(case)))
        case Relation.SIGNER:
            return signs_for_unit(actor, case, organisation) or signs_above(actor, case, organisation)
        case Relation.REVIEWER:
            return _reviews(unit, case, organisation)
        case _:
            above = any(organisation.contains(unit, one) for one in (desk, handler or desk))
            return above or organisation.acts_for(handler, unit)


def judges_own(actor: Actor, relation: Relation, case: Case) -> bool:
    """Whether a person would judge their own work; a re-examination judges the review that they answered."""
    match relation:
        case Relation.VISITOR | Relation.CLOSER:
            return actor.id in case.duties.workers
        case Relation.REVIEWER:
            answered_by = case.review.answered_by if case.review is not None else None
            return actor.id in case.duties.workers or actor.id == answered_by
        case _:
            return False


def _may_refuse(unit: str, case: Case, organisation: Organisation) -> bool:
    """At the desk or above it; neither a unit that worked on the case, nor one under the unit that has it."""
    handler, own = case.duties.handler, is_own(unit, case, organisation)
    under = handler is not None and organisation.contains(handler, unit)
    return organisation.contains(unit, case.duties.desk) and not (own or under)


def decides_on_time(case: Case) -> str | None:
    """Return the unit that owes the decision on more time; None where none is owed."""
    clock = find_open(case.clocks, Obligation.DECIDE_EXTENSION)
    return None if clock is None else clock.owner


def _reviews(unit: str, case: Case, organisation: Organisation) -> bool:
    """At the unit that owes the opinion, or at one above it that did not work on the case."""
    owed_by = case.review.owner if case.review is not None else None
    return unit == owed_by or (organisation.contains(unit, owed_by) and not is_own(unit, case, organisation))


def _over(unit: str, other: str, organisation: Organisation) -> bool:
    """Above another unit, or that unit itself at the top of the tree."""
    return organisation.contains(unit, other) and (unit != other or organisation.parent(unit) == unit)


def _closes(unit: str, case: Case, organisation: Organisation) -> bool:
    """At the unit of the last visit or above it, or at the unit that owes the visit."""
    went = case.visits[-1].unit if case.visits else None
    return unit == case.duties.visitor or (went is not None and organisation.contains(unit, went))


def is_own(unit: str, case: Case, organisation: Organisation) -> bool:
    """Whether a unit worked on the case, itself or through the body it belongs to.

    Source: docs/decisions/0008-who-acts-for-a-unit.md.
    """
    return any(organisation.acts_for(worked, unit) for worked in case.worked)


def apart_above(unit: str, case: Case, organisation: Organisation) -> str | None:
    """Return the nearest unit above another one that did not work on the case; None where all of them did."""
    higher = [one.id for one in organisation.chain(unit)][1:]
    return next((one for one in higher if not is_own(one, case, organisation)), None)


def signs_for_unit(actor: Actor, case: Case, organisation: Organisation) -> bool:
    """Whether the actor's signature is that of the unit that must act."""
    return actor.role is not Role.SUPERVISOR and organisation.acts_for(case.duties.bearer, actor.unit)


def signs_above(actor: Actor, case: Case, organisation: Organisation) -> bool:
    """Whether the actor's signature is that of a supervisor above the unit that must act."""
    unit = actor.unit
    return (
        actor.role is Role.SUPERVISOR and unit is not None and _over(unit, case.duties.bearer, organisation)
    )
