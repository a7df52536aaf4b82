"""Policies as data: what is owed, by when, what stops it, and what follows when it is late."""

from domain.policy.policy import POLICY_FAULTS, Policy, PolicyInvalid, content_hash, parse_policy
from domain.policy.rules import Extension, ObligationRule, RungRule, VisitRule
from domain.policy.terms import Obligation, Offset, Rung, Source, Status, Title

__all__ = [
    "POLICY_FAULTS",
    "Extension",
    "Obligation",
    "ObligationRule",
    "Offset",
    "Policy",
    "PolicyInvalid",
    "Rung",
    "RungRule",
    "Source",
    "Status",
    "Title",
    "VisitRule",
    "content_hash",
    "parse_policy",
]
