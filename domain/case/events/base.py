"""What all events of a case share, and the small records inside them."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, get_args, get_type_hints

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from domain.actor import UNIT_ID
from domain.case.stage import Outcome
from domain.personal import Commitment

FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2150, 1, 1, tzinfo=UTC)
"""Moments outside these cannot be meant, and some cannot be reckoned with."""


def _reckonable(at: datetime) -> datetime:
    if not FIRST <= at < LAST:
        raise PydanticCustomError("moment_out_of_reach", "a moment lies between the years 1990 and 2150")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_reckonable)]
"""A moment with its zone, as clients may give one."""
UnitId = Annotated[str, Field(pattern=UNIT_ID, max_length=200)]
Code = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=60)]
"""A reason or source out of a list."""
Label = Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$", max_length=120)]
"""A short printable word such as a category; never personal."""
_OF_STAFF = "staff"
StaffId = Annotated[Label, _OF_STAFF]
"""Actor id of a member of staff, which residents are not told; see `staff_fields`."""
ClaimId = Annotated[int, Field(ge=1, le=1_000)]
"""Claims are numbered from 1 within their case; a number is never given twice."""
ClockKey = Annotated[str, Field(pattern=r"^[0-9]+/[a-z_]+(/[^\x00-\x1f]+)?$", max_length=260)]
"""`round/obligation[/n or unit]`; see domain.case.clocks."""


class Record(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CaseEvent(Record):
    """Something that happened to a case.

    NAME and the fields are stored for good: an optional field may be added with a default, anything else is a
    new VERSION with an upcast (engine.codec).

    Attributes:
        at: When it happened in the world; when it was recorded stands in the envelope.
    """

    NAME: ClassVar[str]
    VERSION: ClassVar[int] = 1

    at: AwareDatetime


def staff_fields(event: type[CaseEvent]) -> frozenset[str]:
    """Return the fields of an event that hold ids of members of staff."""
    hints = get_type_hints(event, include_extras=True)
    return frozenset(name for name in event.model_fields if _of_staff(hints[name]))


def _of_staff(hint: Any) -> bool:
    return _OF_STAFF in getattr(hint, "__metadata__", ()) or any(map(_of_staff, get_args(hint)))


class ClaimRaised(Record):
    """One thing that the resident asks for."""

    id: ClaimId
    words: Commitment


class Attachment(Record):
    """A file kept elsewhere, bound by its hash."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: str = Field(pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$", max_length=100)
    size: int = Field(ge=0, le=10**9, description="Bytes")


class ClaimAnswered(Record):
    """What the unit reports for one claim.

    Attributes:
        facts: As they were found, in a written opinion; None: there is none. So `reasons` and `basis` in law.
    """

    claim: ClaimId
    outcome: Outcome
    measure: Commitment
    facts: Commitment | None = None
    reasons: Commitment | None = None
    basis: Commitment | None = None


class ClaimJudged(Record):
    """What the resident says of one claim at the return visit.

    Attributes:
        satisfaction: 1 (not at all) to 5 (fully).
    """

    claim: ClaimId
    solved: bool
    satisfaction: int = Field(ge=1, le=5)
    words: Commitment | None = None


class Place(Record):
    """Where the issue lies.

    Attributes:
        unit: Unit of the axis, as low as known.
        latitude: Degrees, with longitude, in the reference system named; None when not known.
    """

    unit: UnitId
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    reference: str = Field(default="WGS84", pattern=r"^[A-Z0-9-]{1,20}$")


class PolicyRef(Record):
    """The policy to which a case is pinned: a past answer can be given again under the rules of its day."""

    id: str = Field(pattern=r"^[a-z0-9-]+$", max_length=100)
    version: int = Field(ge=1)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the policy file")


class Origin(Record):
    """Where an imported case was kept before.

    Attributes:
        imported_at: Rungs that fell due at or before this moment are not taken.
    """

    system: Label
    reference: Label
    imported_at: AwareDatetime
