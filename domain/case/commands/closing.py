"""Resolution, return visit, strike-off, and what counts in the appraisal."""

from typing import ClassVar

from pydantic import Field

from domain.actor import Role
from domain.case.commands.base import OFFICE, STAFF, CaseCommand, Relation
from domain.case.events.base import Attachment, ClaimId, Code, Instant, Record
from domain.case.stage import Outcome
from domain.personal import Personal


class Answer(Record):
    """What the unit reports for one claim; a written opinion gives its facts, reasons and basis in law."""

    claim: ClaimId
    outcome: Outcome
    measure: Personal
    facts: Personal | None = None
    reasons: Personal | None = None
    basis: Personal | None = None


class Judgement(Record):
    """What the resident says of one claim; satisfaction from 1 (not at all) to 5 (fully)."""

    claim: ClaimId
    solved: bool
    satisfaction: int = Field(ge=1, le=5)
    words: Personal | None = None


class Resolve(CaseCommand):
    """Report an outcome and a measure for each claim (化解).

    Refused: claim_unanswered, unknown_claim, claim_twice, objection_open, evidence_missing.
    """

    VERB: ClassVar[str] = "resolve"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.GRID_WORKER}
    RELATION: ClassVar[Relation] = Relation.HANDLER

    answers: tuple[Answer, ...] = Field(max_length=1_000)
    evidence: tuple[Attachment, ...] = Field(default=(), max_length=50)


class Visit(CaseCommand):
    """Ask the resident again, claim by claim (回访).

    A visit that does not confirm every claim reopens the case.
    Refused: own_visit, own_work, visit_incomplete, visit_not_reached, unknown_claim, claim_twice.
    """

    VERB: ClassVar[str] = "visit"
    ROLES: ClassVar[frozenset[Role]] = OFFICE | {Role.VISITOR, Role.GRID_WORKER}
    RELATION: ClassVar[Relation] = Relation.VISITOR

    reached: bool
    judgements: tuple[Judgement, ...] = Field(default=(), max_length=1_000)
    third_party: bool = False


class Reopen(CaseCommand):
    """Begin a new round because the resident asks for it (重办)."""

    VERB: ClassVar[str] = "reopen"
    ROLES: ClassVar[frozenset[Role]] = OFFICE | {Role.RESIDENT, Role.VISITOR}
    RELATION: ClassVar[Relation] = Relation.REPORTER

    words: Personal | None = None


class StrikeOff(CaseCommand):
    """Close the case (销号).

    Refused: own_visit, own_work, not_the_visitor, not_confirmed, resident_not_reached.
    """

    VERB: ClassVar[str] = "strike-off"
    ROLES: ClassVar[frozenset[Role]] = OFFICE | {Role.VISITOR}
    RELATION: ClassVar[Relation] = Relation.CLOSER


class Exclude(CaseCommand):
    """Sign that the case is left out of the appraisal (剔除); the second person's signature carries it out.

    The first signer gives the evidence; the second one may add to it.
    Refused: reason_not_listed, already_excluded, same_signer, unit_signature, supervisor_signature,
    evidence_missing, until_missing, until_in_past, until_too_late.

    Attributes:
        until: When the case counts again by itself; None: not without an inclusion.
    """

    VERB: ClassVar[str] = "exclude"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.SUPERVISOR}
    RELATION: ClassVar[Relation] = Relation.SIGNER

    reason: Code
    until: Instant | None = None
    evidence: tuple[Attachment, ...] = Field(default=(), max_length=50)


class Include(CaseCommand):
    """Sign that the case counts again (恢复考核); the second person's signature carries it out.

    On the date of the exclusion the ladder includes it.
    Refused: not_excluded, same_signer, unit_signature, supervisor_signature, evidence_missing.
    """

    VERB: ClassVar[str] = "include"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.SUPERVISOR}
    RELATION: ClassVar[Relation] = Relation.SIGNER

    reason: Code = "no_longer_holds"
    evidence: tuple[Attachment, ...] = Field(default=(), max_length=50)
