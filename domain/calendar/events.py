"""What happened to the calendars. The names and shapes are stored for good."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from domain.actor import UNIT_ID
from domain.calendar.notation import OfficeHours
from domain.calendar.overlays import Overlay

_Year = Annotated[int, Field(ge=1, le=9_999)]
_Text = Annotated[str, Field(min_length=1, max_length=400)]
LONGEST = 400_000
"""Characters of a calendar file at most."""
OfficeSpan = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")
]
"""Office hours without a break, such as `09:00-12:00`."""
_SPANS: TypeAdapter[tuple[tuple[int, int], ...]] = TypeAdapter(OfficeHours)


class CalendarAmended(BaseModel):
    """Days or hours of a calendar are otherwise than they were known, from this record on.

    Attributes:
        calendar: Id of the calendar.
        version: Its version from now on, for whom the change holds.
        unit: For this unit and all under it; None for everybody.
        off: Days that are off.
        worked: Days that are worked.
        years: Years that are published with it.
        office_hours: In place of the former ones; None when they stay.
        cause: Why.
        instrument: The notice or order by which it was done.
        hash: SHA-256 of the calendar's file, when the change came with one.
        content: That file's text; the first one of a calendar is what all changes build on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    NAME: ClassVar[str] = "calendar.amended"
    VERSION: ClassVar[int] = 1

    at: AwareDatetime
    calendar: str = Field(pattern=r"^[a-z0-9-]+$", max_length=100)
    version: int = Field(ge=1)
    unit: str | None = Field(default=None, pattern=UNIT_ID)
    off: tuple[date, ...] = ()
    worked: tuple[date, ...] = ()
    years: tuple[_Year, ...] = ()
    office_hours: tuple[OfficeSpan, ...] | None = None
    cause: _Text
    instrument: _Text
    hash: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    content: str | None = Field(default=None, min_length=1, max_length=LONGEST)

    @property
    def changes(self) -> bool:
        """Whether any day, year or hour is otherwise by it."""
        return bool(self.off or self.worked or self.years or self.office_hours)

    def overlay(self) -> Overlay:
        """Return the change that this event makes. Raises: ValueError, for hours out of order."""
        hours = None if self.office_hours is None else _SPANS.validate_python(self.office_hours)
        return Overlay(
            calendar=self.calendar,
            unit=self.unit,
            version=self.version,
            off=frozenset(self.off),
            worked=frozenset(self.worked),
            years=frozenset(self.years),
            office_hours=hours,
            known_at=self.at,
            cause=self.cause,
            from_file=self.content is not None,
        )
