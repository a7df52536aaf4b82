"""Two signatures of two persons, one of them a supervisor's: the same rule for every act that needs them."""

from datetime import datetime

from domain.actor import Role
from domain.case.commands import Context
from domain.case.events import Attachment, ProposalSigned
from domain.case.stage import Act
from domain.case.state import Case
from domain.errors import NotYourUnit, Refused


def sign(
    case: Case,
    context: Context,
    act: Act,
    reason: str,
    *,
    until: datetime | None = None,
    evidence: tuple[Attachment, ...] = (),
) -> ProposalSigned | tuple[str, str]:
    """Return the first signature as an event, or both signers when this is the second one.

    Raises:
        NotYourUnit: not_your_unit; the signer is neither of the responsible unit nor above it.
        Refused: same_signer, terms_differ, supervisor_signature.

    Source: systems.md and peers.md, 4.9: hang-up and exclusion stand on two signatures.
    """
    _belongs(case, context)
    supervisor = context.actor.role is Role.SUPERVISOR
    first = next((one for one in case.proposals if one.act is act), None)
    if first is None or (first.signer == context.actor.id and (first.reason, first.until) != (reason, until)):
        return ProposalSigned(
            at=context.at,
            act=act,
            signer=context.actor.id,
            by_supervisor=supervisor,
            reason=reason,
            until=until,
            evidence=evidence,
        )
    if first.signer == context.actor.id:
        raise Refused("same_signer")
    if not (first.by_supervisor or supervisor):
        raise Refused("supervisor_signature")
    if (first.reason, first.until) != (reason, until):
        raise Refused("terms_differ", f"signed was: {first.reason}")
    return (first.signer, context.actor.id)


def _belongs(case: Case, context: Context) -> None:
    named = case.duties.handler or case.duties.desk
    contains = context.book.organisation.contains
    unit = context.actor.unit
    if context.actor.role is Role.SYSTEM or contains(named, unit):
        return
    if context.actor.role is Role.SUPERVISOR and unit is not None and contains(unit, named):
        return
    raise NotYourUnit("A signature comes from the responsible unit or from a supervisor above it.")
