"""The JSON shapes of the rules: units, policies, and what two policies say differently."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field

from domain.organisation import Level
from interfaces.http.rows import RowShape


class UnitShape(RowShape):
    """A unit of the organisation."""

    id: str
    parent: str | None
    level: Level
    name_en: str
    name_zh: str


class DifferenceShape(RowShape):
    """One place in which two policies differ; null: it says nothing there."""

    place: str
    before: str | None
    after: str | None


class PolicyDifferences(BaseModel):
    """What the newer says otherwise, limits and ladders first."""

    older: str
    newer: str
    differences: list[DifferenceShape]


class PolicyText(BaseModel):
    """The text of a policy as it was adopted."""

    hash: str
    content: str
    adopted_at: AwareDatetime
    adopted_by: str
    reason: str


class PolicyBrief(RowShape):
    """A policy in one version."""

    id: str
    version: int
    title_en: str
    title_zh: str
    hash: str = Field(description="SHA-256 of its file")
    effective_from: date
    adopted_at: AwareDatetime | None = Field(
        description="null: installed as a file, its text is not in the log"
    )
    adopted_by: str | None
    newest: bool
    default: bool


class Units(BaseModel):
    """The organisation, parents before children."""

    items: list[UnitShape]


class Policies(BaseModel):
    """The policies installed."""

    items: list[PolicyBrief]


class PolicyPage(BaseModel):
    """A policy in full, as its file says."""

    hash: str
    policy: dict[str, Any]
