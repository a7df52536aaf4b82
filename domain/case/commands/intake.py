"""Collection and screening."""

from typing import ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from domain.actor import Role
from domain.case.commands.base import OFFICE, CaseCommand, Relation, Words
from domain.case.events.base import Code, Origin, Place
from domain.case.stage import Channel, Kind, Urgency
from domain.personal import Personal


class Collect(CaseCommand):
    """Record the issue as told (收集).

    Refused: no_claim, unknown_place, text_too_long, unknown_policy, policy_not_yours, origin_not_yours.

    Attributes:
        claims: The resident's own words, one entry for each thing asked.
        policy: Id of the policy, only for imports and administrators, since it decides how long the limits
            are and how a visit is judged; None takes the installation's default in its newest version.
        origin: Only for imports.
    """

    VERB: ClassVar[str] = "collect"
    ROLES: ClassVar[frozenset[Role]] = OFFICE | {Role.GRID_WORKER, Role.RESIDENT, Role.VISITOR}

    channel: Channel
    claims: tuple[Personal, ...] = Field(max_length=50)
    category: Words
    place: Place
    urgency: Urgency = Urgency.ORDINARY
    name: Personal | None = None
    telephone: Personal | None = None
    address: Personal | None = None
    policy: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$", max_length=100)
    origin: Origin | None = None

    @field_validator("place", mode="after")
    @classmethod
    def _is_a_point(cls, place: Place) -> Place:
        if (place.latitude is None) is not (place.longitude is None):
            message = "a point has a latitude and a longitude; give both or neither"
            raise PydanticCustomError("half_a_point", message)
        return place


class Screen(CaseCommand):
    """Decide what it is (排查); the category may be corrected."""

    VERB: ClassVar[str] = "screen"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.DESK

    kind: Kind
    key: bool = False
    category: Words | None = Field(default=None, description="None keeps the category as collected")


class Refuse(CaseCommand):
    """Do not take it (不予受理), never without an explanation.

    Refused: reason_not_listed, leads_others, taken_already.
    """

    VERB: ClassVar[str] = "refuse"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.REFUSER

    reason: Code
    explanation: Personal
    turn_to: Words
