"""Two signatures of two persons, the unit's and a supervisor's: one rule for every act that needs them."""

from datetime import datetime

from domain.case.commands import Context
from domain.case.decide.standing import signs_above, signs_for_unit
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

    Other terms than those signed before are a new first signature, so that nobody's proposal stands in the
    way of a better one, or of one whose date has passed.

    Raises:
        NotYourUnit: not_your_unit; the signer is neither of the responsible unit nor a supervisor above it.
        Refused: same_signer, unit_signature, supervisor_signature.

    Source: docs/decisions/0005 (the unit and a supervisor above it, two persons).
    """
    actor, organisation = context.actor, context.book.organisation
    supervisor = signs_above(actor, case, organisation)
    if not supervisor and not signs_for_unit(actor, case, organisation):
        raise NotYourUnit("A signature comes from the responsible unit or from a supervisor above it.")
    first = next((one for one in case.proposals if one.act is act), None)
    if first is None or (first.reason, first.until) != (reason, until):
        return ProposalSigned(
            at=context.at,
            act=act,
            signer=actor.id,
            by_supervisor=supervisor,
            reason=reason,
            until=until,
            evidence=evidence,
        )
    if first.signer == actor.id:
        raise Refused("same_signer")
    if first.by_supervisor and supervisor:
        raise Refused("unit_signature")
    if not first.by_supervisor and not supervisor:
        raise Refused("supervisor_signature")
    return (first.signer, actor.id)
