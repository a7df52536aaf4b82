"""What happened to the policies. The names and shapes are stored for good."""

from datetime import date
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

LONGEST = 400_000
"""Characters of a policy file at most."""


class PolicyAdopted(BaseModel):
    """A version of a policy was adopted: its text stands in the log, whatever becomes of the file.

    Attributes:
        hash: SHA-256 of the text, as each case pinned to it says.
        content: The file's text.
        effective_from: First day on which a case may be put under it.
        by: Actor id of whoever adopted it.
        reason: Why, in a few words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    NAME: ClassVar[str] = "policy.adopted"
    VERSION: ClassVar[int] = 1

    at: AwareDatetime
    policy: str = Field(pattern=r"^[a-z0-9-]+$", max_length=100)
    version: int = Field(ge=1)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    content: str = Field(min_length=1, max_length=LONGEST)
    effective_from: date
    by: str = Field(pattern=r"^[^\x00-\x1f]+$", max_length=120)
    reason: str = Field(pattern=r"^[^\x00-\x1f]+$", max_length=400)
