"""Policies as data: what is owed, by when, what stops it, and what follows when it is late."""

from domain.policy.compare import Difference, differences
from domain.policy.events import PolicyAdopted
from domain.policy.policy import POLICY_FAULTS, Policy, PolicyInvalid, content_hash, parse_policy
from domain.policy.rules import AppliesTo, Evidenced, Extension, ObligationRule, RungRule, Section, VisitRule
from domain.policy.terms import (
    MILESTONES,
    OBLIGATIONS,
    Obligation,
    Offset,
    Rung,
    Share,
    Source,
    Status,
    Title,
)

__all__ = [
    "MILESTONES",
    "OBLIGATIONS",
    "POLICY_FAULTS",
    "AppliesTo",
    "Difference",
    "Evidenced",
    "Extension",
    "Obligation",
    "ObligationRule",
    "Offset",
    "Policy",
    "PolicyAdopted",
    "PolicyInvalid",
    "Rung",
    "RungRule",
    "Section",
    "Share",
    "Source",
    "Status",
    "Title",
    "VisitRule",
    "content_hash",
    "differences",
    "parse_policy",
]
