"""What a unit or a later notice has otherwise than a calendar; a unit inherits from its parent."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.calendar.days import Calendar

_NOTHING: frozenset[date] = frozenset()
_NO_YEAR: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Overlay:
    """One change of a calendar.

    Attributes:
        calendar: Id of the calendar that it changes.
        unit: For this unit and all under it; None: for everybody.
        version: Version of the calendar from this change on, where it holds.
        off: Days that are off, whatever they were before.
        worked: Days that are worked, whatever they were before.
        years: Years that are published with it: what was only expected of them no longer counts.
        office_hours: In place of the former ones; None: they stay.
        known_at: When it was recorded; None: it stands in a file and always held.
        cause: Why, in words.
    """

    calendar: str
    unit: str | None
    version: int
    off: frozenset[date] = _NOTHING
    worked: frozenset[date] = _NOTHING
    years: frozenset[int] = _NO_YEAR
    office_hours: tuple[tuple[int, int], ...] | None = None
    known_at: datetime | None = None
    cause: str = ""

    def over(self, calendar: Calendar) -> Calendar:
        """Return the calendar with this change in it."""
        kept_off, kept_worked = (
            frozenset(day for day in days if day.year not in self.years) if self.years else days
            for days in (calendar.days_off, calendar.make_up_workdays)
        )
        return replace(
            calendar,
            version=max(calendar.version, self.version),
            office_hours=self.office_hours or calendar.office_hours,
            days_off=(kept_off - self.worked) | _weekly(self.off, calendar, off=False),
            make_up_workdays=(kept_worked - self.off) | _weekly(self.worked, calendar, off=True),
            years=None if calendar.years is None else calendar.years | self.years,
        )


def overlaid(calendar: Calendar, overlays: Iterable[Overlay]) -> Calendar:
    """Return a calendar with changes in it, the later ones over the earlier."""
    for one in overlays:
        calendar = one.over(calendar)
    return calendar


def _weekly(days: frozenset[date], calendar: Calendar, *, off: bool) -> frozenset[date]:
    """Return those of the days that the week alone makes days off, or workdays."""
    return frozenset(day for day in days if (day.isoweekday() in calendar.weekend) is off)
