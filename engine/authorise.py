"""Who may give a command and who may see a case: one rule, asked of a case or of a ledger's rows."""

from dataclasses import dataclass

from domain.actor import Actor, Role
from domain.case.state import Case
from domain.errors import NotAllowed
from domain.organisation import Level, Organisation
from domain.records import quick

EVERYWHERE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
"""Roles that see everything when they speak for no unit."""


@dataclass(frozen=True, slots=True)
class Everything:
    """Every case is seen."""


@quick
@dataclass(frozen=True, slots=True)
class Raised:
    """The cases that one resident raised."""

    reporter: str


@quick
@dataclass(frozen=True, slots=True)
class Under:
    """The cases that concern a unit or one under it; None: no case at all."""

    root: str | None


Sight = Everything | Raised | Under


def sight(actor: Actor, organisation: Organisation) -> Sight:
    """Return what an actor may see, by role and unit: the one rule that `visible` and `scope_sql` apply.

    Residents see what they raised; everybody else what concerns a unit in their own unit's subtree. A visitor
    of a third party sees what the unit sees that engaged it, the one above.
    Source: local choice; the third party comes from cities that let others evaluate.
    """
    unit = organisation.units.get(actor.unit or "")
    match actor.role:
        case Role.SYSTEM:
            return Everything()
        case Role.RESIDENT:
            return Raised(actor.id)
        case role if role in EVERYWHERE and actor.unit is None:
            return Everything()
        case Role.VISITOR if unit is not None and unit.level is Level.THIRD_PARTY:
            return Under(unit.parent)
        case _:
            return Under(None if unit is None else unit.id)


def visible(actor: Actor, case: Case, organisation: Organisation) -> bool:
    """Whether the actor may know of a case. What one may not see answers as if it did not exist."""
    match sight(actor, organisation):
        case Everything():
            return True
        case Raised(reporter):
            return case.intake.reporter == reporter
        case Under(root):
            return root is not None and any(organisation.contains(root, unit) for unit in case.units)


def answers_for(actor: Actor, unit: str, organisation: Organisation) -> bool:
    """Whether an actor may ask about a unit as a whole; False for one that isn't there."""
    if actor.unit is None:
        return actor.role in EVERYWHERE and organisation.knows(unit)
    return organisation.contains(actor.unit, unit)


def subtree(unit: str, organisation: Organisation) -> frozenset[str]:
    """Return the ids of a unit and all units under it; empty for an unknown unit."""
    return frozenset(one for one in organisation.units if organisation.contains(unit, one))


def must_be_staff(actor: Actor) -> None:
    """Refuse a resident, whose ledger is the worklist of their own cases.

    Raises:
        NotAllowed: role_not_allowed.
    """
    if actor.role is Role.RESIDENT:
        raise NotAllowed("Residents read their own cases; this ledger is for staff and auditors.")


def scope_sql(
    actor: Actor, organisation: Organisation, *, units: str = "units", reporter: str = "reporter"
) -> tuple[str, list[object]]:
    """Return what an actor may see as a condition on a ledger's rows, with its parameters.

    Args:
        actor: Who asks.
        organisation: Of this moment.
        units: Expression for a text[] with Case.units; a GIN index on it serves the condition.
        reporter: Expression for the actor id of the resident who raised the case, null for none.
    """
    match sight(actor, organisation):
        case Everything():
            return "TRUE", []
        case Raised(by):
            return f"({reporter} IS NOT NULL AND {reporter} = %s)", [by]
        case Under(root):
            seen = subtree(root, organisation) if root is not None else frozenset()
    if seen and len(seen) == len(organisation.units):
        # Everything lies under the top unit; a list of all units would only slow the query down.
        return f"(cardinality({units}) > 0)", []
    return f"({units} && %s::text[])", [sorted(seen)]
