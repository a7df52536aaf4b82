"""Which days and hours are worked, so that a limit in working time has one answer for everybody."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_NOTHING: frozenset[date] = frozenset()
_SATURDAY, _SUNDAY = 6, 7


@dataclass(frozen=True, slots=True)
class Calendar:
    """One version of an organisation's working calendar.

    Attributes:
        id: Stable name, such as `china`.
        version: 1 or more; an amended calendar is a new version.
        zone: IANA time zone in which days begin and end.
        office_hours: Spans of a workday, ordered and apart, each from and to in seconds after local midnight;
            to may be 86400, midnight of the next day.
        days_off: Days off that the week alone would make workdays.
        make_up_workdays: Weekend days that are worked.
        weekend: ISO numbers of the weekly days off (1 Monday to 7 Sunday); empty: every day is worked.
        years: Years for which days off are published; None: every year. A year outside is provisional:
            weekends off and nothing else known.
        source: Where the days come from, in words.
        expected: Those of `days_off` that are only expected of years not published; they fall away when the
            year is.
    """

    id: str
    version: int
    zone: str
    office_hours: tuple[tuple[int, int], ...]
    days_off: frozenset[date] = _NOTHING
    make_up_workdays: frozenset[date] = _NOTHING
    weekend: frozenset[int] = frozenset({_SATURDAY, _SUNDAY})
    years: frozenset[int] | None = None
    source: str = ""
    expected: frozenset[date] = _NOTHING

    def __hash__(self) -> int:
        """Return a hash that costs little, since calendars are keys of what is remembered about days."""
        return hash((self.id, self.version))

    @property
    def tz(self) -> ZoneInfo:
        """The zone's rules."""
        return ZoneInfo(self.zone)

    def is_workday(self, day: date) -> bool:
        """Return whether `day` is worked, make-up workdays included."""
        if day.isoweekday() in self.weekend:
            return day in self.make_up_workdays
        return day not in self.days_off

    def is_provisional(self, day: date) -> bool:
        """Return whether the year of `day` has no published days off yet."""
        return self.years is not None and day.year not in self.years

    def local_day(self, at: datetime) -> date:
        """Return the date on the wall at the aware moment `at`."""
        return at.astimezone(self.tz).date()

    def instant(self, day: date, after_midnight: timedelta = timedelta(0)) -> datetime:
        """Return the UTC moment at which the wall clock of `day` shows `after_midnight`.

        A wall time that a change of the clocks leaves out is read by the offset before the change; one that
        happens twice is its first.
        """
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.tz)
        return (midnight + after_midnight).replace(fold=0).astimezone(UTC)

    def at(self, day: date, clock: time) -> datetime:
        """Return the UTC moment at which the wall clock of `day` shows `clock`, read as by `instant`."""
        return datetime.combine(day, clock, self.tz).replace(fold=0).astimezone(UTC)

    @lru_cache(maxsize=8_192)  # noqa: B019 - calendars live as long as the process
    def end_of(self, day: date) -> datetime:
        """Return the UTC moment at which `day` ends: the next local midnight."""
        return self.instant(day + timedelta(days=1))

    def is_before_opening(self, at: datetime) -> bool:
        """Return whether the aware moment `at` is no later than the hour at which offices open."""
        opening = timedelta(seconds=self.office_hours[0][0])
        return at <= self.instant(self.local_day(at), opening)

    def office_spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Return the office hours of `day` as pairs of UTC moments in order; empty on a day off."""
        if not self.is_workday(day):
            return ()
        return tuple(
            (self.instant(day, timedelta(seconds=opens)), self.instant(day, timedelta(seconds=closes)))
            for opens, closes in self.office_hours
        )
