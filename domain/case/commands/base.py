"""What all commands share: what is asked stands in the command, who asks and when in the context."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain.actor import Actor, Role
from domain.case.book import Rulebook
from domain.personal import said
from domain.records import quick

Words = Annotated[
    str,
    Field(pattern=r"^[^\x00-\x1f]*[^\x00-\x1f\s][^\x00-\x1f]*$", max_length=120),
    AfterValidator(said),
]
"""A label as a client may give it: short, printable and not blank; never personal."""


class Relation(StrEnum):
    """How the actor's unit must stand to the case. The system's own commands pass every relation."""

    ANY = "any"
    DESK = "desk"
    """The unit that screens and assigns, or one above it."""
    REFUSER = "refuser"
    """The desk or a unit above it; not one that worked on the case, nor one under the unit that has it."""
    RULER = "ruler"
    """The unit that owes the ruling on an objection, or one above it; never the unit that objects."""
    HANDLER = "handler"
    """The responsible unit, or a part of it; everybody is under a district, so nobody is a part of one."""
    SUPERVISOR = "supervisor"
    """A unit above the responsible one (or the desk, before assignment)."""
    VISITOR = "visitor"
    """Any unit but those that worked on the case, and nobody who accepted or resolved it."""
    CLOSER = "closer"
    """A visitor as above, of the unit that visited last, one above it, or the unit that owes the visit."""
    SIGNER = "signer"
    """The responsible unit (or the desk, before assignment), or a supervisor above it."""
    REPORTER = "reporter"
    """The resident who raised the case, or the desk for them."""
    APPROVER = "approver"
    """The unit that owes the decision, the responsible one, or one above; the policy says which decides."""
    REVIEWER = "reviewer"
    """The unit that owes the opinion, or one above it that did not work on the case.

    Nobody who accepted or resolved the case; for a re-examination, nobody who answered the review."""
    STREET = "street"
    """The desk, the handler, or a unit above one of them."""


class CaseCommand(BaseModel):
    """What an actor asks for. Field names are the request body of `POST /v1/cases/{id}/{VERB}`.

    VERB: path segment and command name.
    ROLES: who may give it at all; Role.SYSTEM always may.
    RELATION: how the actor's unit must stand to the case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    VERB: ClassVar[str]
    ROLES: ClassVar[frozenset[Role]]
    RELATION: ClassVar[Relation] = Relation.ANY


@quick
@dataclass(frozen=True, slots=True)
class Context:
    """Everything about a command but what it asks for.

    Attributes:
        case: Id of the case.
        command: Id of the command; a repeat has the same.
        at: When it happened in the world.
        now: When it is being recorded; never before `at` by more than the clocks' disagreement.
        book: Policies, calendars and organisation of that moment.
    """

    case: UUID
    command: UUID
    actor: Actor
    at: datetime
    now: datetime
    book: Rulebook

    @property
    def person(self) -> str | None:
        """Actor id of the person who asks; None where a system tells what others did."""
        return None if self.actor.role is Role.SYSTEM else self.actor.id

    @property
    def latest(self) -> datetime:
        """By when a limit must not have passed: entered late, nothing undoes a breach.

        A system tells what others did, and when.
        """
        return self.at if self.person is None else max(self.at, self.now)


STAFF = frozenset({Role.CASE_WORKER, Role.UNIT_HEAD})
OFFICE = STAFF | {Role.SUPERVISOR, Role.ADMINISTRATOR}
