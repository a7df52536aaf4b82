"""Which decisions stand on evidence: files kept elsewhere, bound by their hashes."""

from domain.actor import Role
from domain.case.commands import Context
from domain.case.events import Attachment
from domain.case.stage import Act
from domain.case.state import Case
from domain.errors import Refused
from domain.policy import Evidenced, Policy


def evidenced(
    evidence: tuple[Attachment, ...], act: Evidenced, policy: Policy, context: Context
) -> tuple[Attachment, ...]:
    """Return the evidence given for an act, or refuse where the policy asks for some and there is none.

    An import tells what others did, and their files stayed where they were.

    Raises:
        Refused: evidence_missing.
    """
    if not evidence and act in policy.evidence_for and context.actor.role is not Role.SYSTEM:
        raise Refused("evidence_missing", act)
    return evidence


def both(evidence: tuple[Attachment, ...], act: Act, case: Case) -> tuple[Attachment, ...]:
    """Return what both signers gave for an act, the first one's before."""
    first = next((one.evidence for one in case.proposals if one.act is act), ())
    return tuple(dict.fromkeys((*first, *evidence)))


def some(evidence: tuple[Attachment, ...], act: Act) -> tuple[Attachment, ...]:
    """Return the evidence for an act that never goes without.

    Raises:
        Refused: evidence_missing.
    """
    if not evidence:
        raise Refused("evidence_missing", act.value)
    return evidence
