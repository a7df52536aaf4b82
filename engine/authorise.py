"""Who may give a command and who may see a case: one rule, asked of a case or of a ledger's rows."""

from domain.actor import Actor, Role
from domain.case.commands import AnyCaseCommand
from domain.case.decide import may_give
from domain.case.state import Case
from domain.organisation import Level, Organisation

EVERYWHERE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
"""Roles that see everything when they speak for no unit."""


def may(actor: Actor, command: type[AnyCaseCommand]) -> bool:
    """Whether the actor's role may give this command at all."""
    return may_give(actor, command)


def visible(actor: Actor, case: Case, organisation: Organisation) -> bool:
    """Whether the actor may know of a case. What one may not see answers as if it did not exist.

    Residents see what they raised; everybody else what concerns a unit in their own unit's subtree. A visitor
    of a third party sees what the unit sees that engaged it, the one above.
    Source: design, section 8; third-party evaluation (systems.md, 6).
    """
    if actor.role is Role.RESIDENT:
        return case.intake.reporter == actor.id
    if _sees_all(actor):
        return True
    root = _root(actor, organisation)
    return root is not None and any(organisation.contains(root, unit) for unit in case.units)


def _root(actor: Actor, organisation: Organisation) -> str | None:
    """Return the unit whose subtree the actor sees; None for nobody's."""
    unit = organisation.units.get(actor.unit or "")
    if unit is not None and unit.level is Level.THIRD_PARTY and actor.role is Role.VISITOR:
        return unit.parent
    return actor.unit


def subtree(unit: str, organisation: Organisation) -> frozenset[str]:
    """Return the ids of a unit and all units under it; empty for an unknown unit."""
    return frozenset(one for one in organisation.units if organisation.contains(unit, one))


def scope_sql(
    actor: Actor, organisation: Organisation, *, units: str = "units", reporter: str = "reporter"
) -> tuple[str, list[object]]:
    """Return the rule of `visible` as a condition on a ledger's rows, with its parameters.

    Args:
        actor: Who asks.
        organisation: Of this moment.
        units: Expression for a text[] with Case.units; a GIN index on it serves the condition.
        reporter: Expression for the actor id of the resident who raised the case, null for none.
    """
    if actor.role is Role.RESIDENT:
        return f"({reporter} IS NOT NULL AND {reporter} = %s)", [actor.id]
    if _sees_all(actor):
        return "TRUE", []
    root = _root(actor, organisation)
    seen = subtree(root, organisation) if root is not None else frozenset()
    if seen and len(seen) == len(organisation.units):
        # Everything lies under the top unit; a list of all units would only slow the query down.
        return f"(cardinality({units}) > 0)", []
    return f"({units} && %s::text[])", [sorted(seen)]


def _sees_all(actor: Actor) -> bool:
    return actor.role is Role.SYSTEM or (actor.role in EVERYWHERE and actor.unit is None)
