"""A policy as one checked value, so that no limit, rung or reason is written into code."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from domain.case.stage import Channel, Urgency
from domain.errors import DomainError
from domain.policy.rules import (
    Evidenced,
    Ladder,
    Limit,
    ObjectionRule,
    ObligationRule,
    Provision,
    RungRule,
    Section,
    Switch,
    VisitRule,
)
from domain.policy.terms import OPTIONAL, Obligation, ReasonCode, Record, Source, Title
from domain.toml import read_toml

POLICY_FAULTS: dict[str, str] = {
    "policy_invalid": "The file is not TOML or breaks docs/policy.schema.json; correct each place named.",
    "policy_unverified": "A rule says verified without an article; name the article or lower the status.",
    "policy_incomplete": "An obligation has neither a rule nor a place in `without`; give one of the two.",
    "policy_silent": "Give each of dispatch, resolve and visit a limit or a fallback.",
}
"""Every code of PolicyInvalid and what to do about it."""


Identifier = Annotated[str, Field(pattern=r"^[a-z]+(\.[a-z]+)*$", max_length=60)]


class PolicyInvalid(DomainError):
    """A policy file that is refused.

    Args:
        code: A key of POLICY_FAULTS.
        message: Each fault with its place in the file.
    """

    code: str = "policy_invalid"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Policy(Record):
    """One version of the rules under which a case lives.

    Attributes:
        effective_from: First day on which a case collected may be put under this version.
        calendar: Id of the working calendar.
        without: Obligations that this policy does not know; the others all have a rule, but for milestones,
            review and re-examination, which may go unsaid.
        objection: None: a unit may object as long as it has not accepted.
        provisions: The source rule by rule, each with its article and with what holds it here.
        switches: What the source leaves open, and the choice made here.
        sections: Other rules for some cases, by channel, category, urgency and whether the resident can be
            reached; the first that fits counts.
        ladder: Rungs of every obligation that has none of its own.
        refusal_reasons: Codes with which a case may be refused; so for suspension and exclusion.
        hang_up_max: Longest time for which a case may hang up before it comes back.
        exclusion_max: Longest time for which a case may be left out of the appraisal before it counts again;
            None: an exclusion needs no date.
        hang_up_reasons: Codes with which a case may hang up; empty: any.
        suspension_max: Longest single suspension; None: as long as its decision says.
        suspension_times: How many suspensions one clock may have; None: any number.
        evidence_for: Acts that are refused without evidence; exclusion and inclusion always are.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)
    version: int = Field(ge=1, strict=True)
    title: Title
    source: Source
    effective_from: date
    calendar: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)
    without: tuple[Obligation, ...] = ()
    obligations: Mapping[Obligation, ObligationRule]
    ladder: Ladder
    visit: VisitRule
    refusal_reasons: tuple[ReasonCode, ...] = Field(min_length=1)
    suspension_reasons: tuple[ReasonCode, ...] = Field(min_length=1)
    exclusion_reasons: tuple[ReasonCode, ...] = Field(min_length=1)
    hang_up_max: Limit
    hang_up_reasons: tuple[ReasonCode, ...] = ()
    exclusion_max: Limit | None = None
    suspension_max: Limit | None = None
    suspension_times: int | None = Field(default=None, ge=1, strict=True)
    evidence_for: tuple[Evidenced, ...] = ()
    sections: tuple[Section, ...] = ()
    objection: ObjectionRule | None = None
    provisions: Mapping[Identifier, Provision] = Field(default_factory=dict)
    switches: Mapping[ReasonCode, Switch] = Field(default_factory=dict)
    _narrowed: tuple["Policy", ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _no_case_falls_silent(self) -> Self:
        """Dispatch, resolve and visit carry a case from stage to stage: each must fall due one day."""
        for carrying in (Obligation.DISPATCH, Obligation.RESOLVE, Obligation.VISIT):
            rule = self.obligations.get(carrying)
            if rule is None or (rule.limit is None and rule.fallback is None):
                message = "the obligation {name} needs a limit or a fallback, lest a case wait for ever"
                raise PydanticCustomError("policy_silent", message, {"name": carrying.value})
        return self

    @model_validator(mode="after")
    def _each_obligation_is_decided(self) -> Self:
        missing = [
            one
            for one in Obligation
            if one not in self.obligations and one not in self.without and one not in OPTIONAL
        ]
        if missing:
            message = "give a rule, or list in without: {names}"
            raise PydanticCustomError("policy_incomplete", message, {"names": ", ".join(missing)})
        if both := [one for one in self.without if one in self.obligations]:
            raise ValueError(f"{', '.join(both)}: has a rule and is listed in without")
        return self

    @model_validator(mode="after")
    def _acceptance_falls_due(self) -> Self:
        resolve, accept = (self.obligations.get(one) for one in (Obligation.RESOLVE, Obligation.ACCEPT))
        waits = resolve is not None and resolve.starts == "acceptance"
        if waits and (accept is None or accept.limit is None):
            message = "what starts with the acceptance needs a limit for {name}, lest a case wait for ever"
            raise PydanticCustomError("policy_silent", message, {"name": Obligation.ACCEPT.value})
        return self

    @model_validator(mode="after")
    def _sections_stand(self) -> Self:
        names = [section.name for section in self.sections]
        if len(set(names)) < len(names):
            raise ValueError("each section needs a name of its own")
        whole = self.model_dump()
        self._narrowed = tuple(self._narrow(section, whole) for section in self.sections)
        return self

    def _narrow(self, section: Section, whole: dict[str, Any]) -> "Policy":
        """Return the policy as it reads for the cases of a section, checked like any other."""
        obligations = {**self.obligations, **section.obligations}
        without = tuple(one for one in self.without if one not in section.obligations)
        ladder = section.ladder or self.ladder
        change = {"obligations": obligations, "without": without, "ladder": ladder, "sections": ()}
        return Policy.model_validate({**whole, **change})

    def under(
        self, channel: Channel, category: str, urgency: Urgency, key: bool, reachable: bool = True
    ) -> "Policy":
        """Return the policy as it reads for a case with these facts: itself where no section fits."""
        for section, narrowed in zip(self.sections, self._narrowed, strict=True):
            if section.applies_to.fits(channel, category, urgency, key, reachable):
                return narrowed
        return self

    def rules_for(self, obligation: Obligation) -> ObligationRule | None:
        """Return the rule of `obligation`, or None when the policy does without it."""
        return self.obligations.get(obligation)

    def ladder_for(self, obligation: Obligation) -> tuple[RungRule, ...]:
        """Return the rungs of `obligation`, lowest first; empty when the policy does without it."""
        rule = self.obligations.get(obligation)
        if rule is None:
            return ()
        return self.ladder if rule.ladder is None else rule.ladder


def parse_policy(toml_text: str) -> Policy:
    """Return the policy that a file describes.

    Raises:
        PolicyInvalid: policy_invalid, policy_unverified, policy_incomplete or policy_silent.
    """
    try:
        table = read_toml(toml_text)
    except ValueError as error:
        raise PolicyInvalid("policy_invalid", f"The policy is not TOML: {error}.") from error
    try:
        return Policy.model_validate(table)
    except ValidationError as error:
        faults = error.errors()
        code = next((fault["type"] for fault in faults if fault["type"] in POLICY_FAULTS), "policy_invalid")
        places = (f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in faults)
        raise PolicyInvalid(code, f"Correct the policy file. {'; '.join(places)}.") from error


def content_hash(toml_text: str) -> str:
    """Return the SHA-256 in hex of a file's text; line ends do not change it."""
    return hashlib.sha256(toml_text.replace("\r\n", "\n").encode()).hexdigest()
