"""What a unit or a later notice has otherwise than a calendar; a unit inherits from its parent."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

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
        years: Years that are published with it: what was only expected of them no longer counts. Days that
            an earlier change named stay, unless this one says otherwise of them.
        office_hours: In place of the former ones; None: they stay.
        known_at: When it was recorded; None: it stands in a file and always held.
        cause: Why, in words.
        from_file: Whether a later file of the calendar made it: days off in years not published are only
            expected then, as they are in the file.
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
    from_file: bool = False

    def over(self, calendar: Calendar) -> Calendar:
        """Return the calendar with this change in it."""
        years = None if calendar.years is None else calendar.years | self.years
        fallen = _of_years(calendar.expected, self.years)
        expected = calendar.expected - fallen - self.off - self.worked
        if self.from_file and years is not None:
            expected |= self.off - _of_years(self.off, years)
        return replace(
            calendar,
            version=max(calendar.version, self.version),
            office_hours=self.office_hours or calendar.office_hours,
            days_off=(calendar.days_off - fallen - self.worked) | _weekly(self.off, calendar, off=False),
            make_up_workdays=(calendar.make_up_workdays - self.off)
            | _weekly(self.worked, calendar, off=True),
            years=years,
            expected=expected,
        )


def overlaid(calendar: Calendar, overlays: Iterable[Overlay]) -> Calendar:
    """Return a calendar with changes in it, the later ones over the earlier.

    Equal calendars are always the same object here, so that what is remembered about their days is found at
    once: to compare two costs more than to count the days.
    """
    for one in overlays:
        calendar = one.over(calendar)
    return _the_one(calendar)


@lru_cache(maxsize=1024)
def _the_one(calendar: Calendar) -> Calendar:
    return calendar


def _of_years(days: frozenset[date], years: frozenset[int]) -> frozenset[date]:
    return frozenset(day for day in days if day.year in years) if years else _NOTHING


def _weekly(days: frozenset[date], calendar: Calendar, *, off: bool) -> frozenset[date]:
    """Return those of the days that the week alone makes days off, or workdays."""
    return frozenset(day for day in days if (day.isoweekday() in calendar.weekend) is off)
