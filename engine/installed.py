"""What files say and the log does not yet: a policy's text on first use, a calendar file's changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from domain.actor import Actor, Role
from domain.calendar import Calendar, CalendarAmended, parse_calendar
from domain.case.book import Rulebook
from domain.policy import Policy, PolicyAdopted, content_hash
from engine.errors import SettingsInvalid

INSTALLATION: Final = Actor(id="installation", role=Role.SYSTEM)
"""Who records what the files say."""
_CAUSE: Final = "Installed as a file"


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar as its file says, with the file's text."""

    calendar: Calendar
    text: str

    @property
    def id(self) -> str:
        """Id of the calendar."""
        return self.calendar.id

    @property
    def version(self) -> int:
        """Version that the file gives itself."""
        return self.calendar.version


def unheld_policies(
    files: Iterable[tuple[Policy, str]], known: Sequence[PolicyAdopted], now: datetime
) -> Iterator[PolicyAdopted]:
    """Yield the adoption of each installed policy whose version the log holds no text of."""
    held = {(one.policy, one.version) for one in known}
    for policy, text in files:
        key = (policy.id, policy.version)
        if key not in held:
            held.add(key)
            yield PolicyAdopted(
                at=now,
                policy=policy.id,
                version=policy.version,
                hash=content_hash(text),
                content=text,
                effective_from=policy.effective_from,
                by=INSTALLATION.id,
                reason=_CAUSE,
            )


def first_and_last(events: Sequence[CalendarAmended]) -> dict[str, tuple[Calendar, Calendar]]:
    """Return each calendar as the first and as the last of its files that the log holds has it."""
    found: dict[str, tuple[Calendar, Calendar]] = {}
    for one in events:
        if one.content is not None:
            calendar = parse_calendar(one.content)
            found[one.calendar] = (found.get(one.calendar, (calendar,))[0], calendar)
    return found


def held_calendars(
    files: Mapping[str, CalendarFile], events: Sequence[CalendarAmended]
) -> dict[str, Calendar]:
    """Return the calendars on which amendments build: the first text that the log holds, or else the file.

    What later files changed stands in the amendments; only the words on the source are the last one's.
    """
    calendars = {id_: file.calendar for id_, file in files.items()}
    for id_, (first, last) in first_and_last(events).items():
        calendars[id_] = replace(first, source=last.source)
    return calendars


def changed_calendars(
    files: Mapping[str, CalendarFile], events: Sequence[CalendarAmended], book: Rulebook, now: datetime
) -> Iterator[CalendarAmended]:
    """Yield an amendment for each calendar file that the log does not hold, or holds in an older version.

    The first one changes nothing and holds as if always; a later one says which days, years and hours are
    otherwise than in the file before, so that running clocks can be told.

    Raises:
        SettingsInvalid: settings_invalid, when a later version changes its zone or its week.
    """
    held = first_and_last(events)
    for id_, file in sorted(files.items()):
        if id_ not in held:
            yield _amendment(file, None, file.version, now)
        elif file.version > held[id_][1].version:
            version = max(file.version, book.calendar_version(id_) + 1)
            yield _amendment(file, held[id_][1], version, now)


def calendar_differs(file: CalendarFile, events: Sequence[CalendarAmended]) -> bool:
    """Whether a file says otherwise than the text of its very version that the log holds."""
    held = first_and_last(events).get(file.id)
    return held is not None and held[1].version == file.version and held[1] != file.calendar


def _amendment(file: CalendarFile, before: Calendar | None, version: int, now: datetime) -> CalendarAmended:
    after = file.calendar
    former = before or after
    if _frame(former) != _frame(after):
        raise SettingsInvalid(
            f"Version {after.version} of the calendar {after.id} changes its zone or its week; "
            "running clocks can't follow: give it another id."
        )
    years = (after.years or frozenset()) - (former.years or frozenset())
    off = (after.days_off - former.days_off) | (former.make_up_workdays - after.make_up_workdays)
    worked = (after.make_up_workdays - former.make_up_workdays) | (former.days_off - after.days_off)
    # A year that is published is told whole. What was expected of it falls away by that alone: to call such a
    # day worked would undo what people amended about it.
    worked -= {day for day in former.expected if day.year in years}
    off |= {day for day in after.days_off if day.year in years}
    hours = None if former.office_hours == after.office_hours else tuple(map(_span, after.office_hours))
    return CalendarAmended(
        at=now,
        calendar=after.id,
        version=version,
        off=_days(off),
        worked=_days(worked),
        years=tuple(sorted(years)),
        office_hours=hours,
        cause=_CAUSE if before is None else f"Version {after.version} of its file",
        instrument=after.source[:400],
        hash=content_hash(file.text),
        content=file.text,
    )


def _frame(calendar: Calendar) -> tuple[object, ...]:
    """Return what no amendment can change."""
    return calendar.zone, calendar.weekend, calendar.years is None


def _days(days: Iterable[date]) -> tuple[date, ...]:
    return tuple(sorted(days))


def _span(hours: tuple[int, int]) -> str:
    return "-".join(f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}" for seconds in hours)
