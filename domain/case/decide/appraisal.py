"""Decide what counts in the appraisal: two signatures, a reason of a list, evidence, and a date of return."""

from datetime import datetime

from domain.actor import Role
from domain.case.commands import Context, Exclude, Include
from domain.case.decide.evidence import both, some
from domain.case.decide.guards import listed
from domain.case.decide.holds import until_allowed
from domain.case.decide.signatures import sign
from domain.case.events import Excluded, Included, ProposalSigned
from domain.case.stage import Act
from domain.case.state import Case
from domain.errors import Refused

EXPIRED = "expired"
"""The reason with which a case counts again by itself."""


def exclude(command: Exclude, case: Case, context: Context) -> ProposalSigned | Excluded:
    """Decide a signature under an exclusion; the second one carries it out."""
    policy = context.book.rules(case)
    reason = listed(command.reason, policy.exclusion_reasons)
    if command.until is not None:
        until_allowed(command.until, policy.exclusion_max, case, context)
    elif policy.exclusion_max is not None:
        raise Refused("until_missing")
    evidence = some(both(command.evidence, Act.EXCLUDE, case), Act.EXCLUDE)
    signed = sign(case, context, Act.EXCLUDE, reason, until=command.until, evidence=evidence)
    if isinstance(signed, ProposalSigned):
        return signed
    return Excluded(at=context.at, reason=reason, signed_by=signed, evidence=evidence, until=command.until)


def include(command: Include, case: Case, context: Context) -> tuple[ProposalSigned | Included, ...]:
    """Decide that a case counts again: on the date of its exclusion by itself, before by two signatures."""
    date = _date_come(case, context)
    if date is not None:
        return (Included(at=date, reason=EXPIRED, signed_by=()),)
    if context.actor.role is Role.SYSTEM:
        return ()
    evidence = some(both(command.evidence, Act.INCLUDE, case), Act.INCLUDE)
    signed = sign(case, context, Act.INCLUDE, command.reason, evidence=evidence)
    if isinstance(signed, ProposalSigned):
        return (signed,)
    return (Included(at=context.at, reason=command.reason, signed_by=signed, evidence=evidence),)


def _date_come(case: Case, context: Context) -> datetime | None:
    reached = context.now if context.actor.role is Role.SYSTEM else context.at
    until = case.excluded_until
    return until if until is not None and until <= reached else None
