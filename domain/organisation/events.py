"""What happened to the organisation. The names and shapes are stored for good."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.actor import UNIT_ID


class UnitEstablished(BaseModel):
    """A unit exists from now on.

    Attributes:
        parent: Id of the unit above; None for the top unit only.
        level: A value of Level.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    NAME: ClassVar[str] = "unit.established"
    VERSION: ClassVar[int] = 1

    at: AwareDatetime
    unit: str = Field(pattern=UNIT_ID, max_length=200)
    parent: str | None = Field(default=None, pattern=UNIT_ID)
    level: str
    name_en: str = Field(min_length=1, max_length=200)
    name_zh: str = Field(min_length=1, max_length=200)
