"""Who gives a command: a person or a part of the system, with a role and a unit."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

UNIT_ID = r"^[a-z0-9-]+(\.[a-z0-9-]+)*$"
"""Unit ids are dotted paths of lower-case ASCII, so that a subtree is a prefix."""


class Role(StrEnum):
    """What a person is here. Source: docs/decisions/0008-who-acts-for-a-unit.md."""

    RESIDENT = "resident"
    GRID_WORKER = "grid_worker"
    CASE_WORKER = "case_worker"
    UNIT_HEAD = "unit_head"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    VISITOR = "visitor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"
    """The ladder and imports; never granted by a token."""


class Actor(BaseModel):
    """The person (or part of the system) behind a command.

    Attributes:
        id: Stable identifier of the person; two signatures are of two persons when these differ.
        unit: Unit for which the actor speaks; None for residents and the system.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")
    role: Role
    unit: str | None = Field(default=None, pattern=UNIT_ID)


LADDER = Actor(id="ladder", role=Role.SYSTEM)
"""The actor of every rung that a timer takes."""
