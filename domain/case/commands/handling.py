"""Assignment, acceptance, and the work of the responsible unit."""

from typing import ClassVar

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from domain.actor import Role
from domain.case.commands.base import OFFICE, STAFF, CaseCommand, Relation
from domain.case.events.base import Attachment, Code, Instant, UnitId
from domain.case.stage import Manner, Means, WhistleAnswer, Why
from domain.personal import Personal


class Assign(CaseCommand):
    """Name one responsible unit (交办). Refused: unknown_unit, not_a_workplace."""

    VERB: ClassVar[str] = "assign"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.DESK

    unit: UnitId
    manner: Manner = Manner.DIRECT
    co_units: tuple[UnitId, ...] = Field(default=(), max_length=50)
    why: Why = Why.PERSON
    rule: str | None = Field(default=None, max_length=200, pattern=r"^[^\x00-\x1f]*$", validate_default=True)

    @field_validator("rule", mode="after")
    @classmethod
    def _is_named(cls, rule: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("why") is Why.RULE and not (rule or "").strip():
            raise PydanticCustomError("rule_missing", "a rule that chose is named; give rule")
        return rule


class Accept(CaseCommand):
    """Take the case (签收). Refused: objection_open."""

    VERB: ClassVar[str] = "accept"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.GRID_WORKER}
    RELATION: ClassVar[Relation] = Relation.HANDLER


class Object(CaseCommand):
    """Return the case with reasons (退回异议). Refused: designated, objection_open, objection_too_late."""

    VERB: ClassVar[str] = "object"
    ROLES: ClassVar[frozenset[Role]] = STAFF
    RELATION: ClassVar[Relation] = Relation.HANDLER

    reason: Code
    explanation: Personal


class RuleObjection(CaseCommand):
    """Uphold an objection, or designate the unit for good. Refused: no_objection."""

    VERB: ClassVar[str] = "rule-objection"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.RULER

    upheld: bool
    explanation: Personal


class Contact(CaseCommand):
    """Record a try to reach the resident; `reached` meets the obligation."""

    VERB: ClassVar[str] = "contact"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.GRID_WORKER}
    RELATION: ClassVar[Relation] = Relation.HANDLER

    means: Means
    reached: bool = True


class Progress(CaseCommand):
    """Write down what was done, with attachments by hash, type and size."""

    VERB: ClassVar[str] = "progress"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.GRID_WORKER}
    RELATION: ClassVar[Relation] = Relation.HANDLER

    note: Personal
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=50)


class Whistle(CaseCommand):
    """Call departments to help on the spot (吹哨). Refused: unknown_unit, not_a_department, until_in_past."""

    VERB: ClassVar[str] = "whistle"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.STREET

    departments: tuple[UnitId, ...] = Field(min_length=1, max_length=50)
    help: Personal
    by: Instant | None = None


class AnswerWhistle(CaseCommand):
    """Report in, or decline with a reason (报到).

    Refused: unknown_whistle, whistle_answered, reason_missing.
    """

    VERB: ClassVar[str] = "answer-whistle"
    ROLES: ClassVar[frozenset[Role]] = STAFF

    number: int = Field(ge=1, le=1_000)
    answer: WhistleAnswer
    words: Personal | None = None
