"""Reads a calendar from its file, so that days off are data that anyone can check and amend."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from domain.calendar.days import Calendar
from domain.errors import DomainError

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))")
_YEARS = re.compile(r"([0-9]{4})-([0-9]{4})")
_EVERY_YEAR = "every"


class CalendarInvalid(DomainError):
    """A calendar file that can't be used; the message names each fault."""

    code: str = "calendar_invalid"


def parse_calendar(toml_text: str) -> Calendar:
    """Return the calendar that a file describes; docs/policies.md tells its form.

    Raises:
        CalendarInvalid: calendar_invalid.
    """
    try:
        return _CalendarFile.model_validate(tomllib.loads(toml_text)).calendar()
    except tomllib.TOMLDecodeError as error:
        raise CalendarInvalid(f"The calendar is not TOML: {error}.") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors())
        raise CalendarInvalid(f"Correct the calendar file. {'; '.join(faults)}.") from error


def _span(value: Any) -> Any:
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('write office hours as "09:00-12:00"; the last may end at 24:00')
    from_hour, from_minute, *to = (int(part) for part in match.groups() if part is not None)
    return (from_hour * 3600 + from_minute * 60, to[0] * 3600 + to[1] * 60)


def _years(value: Any) -> Any:
    if value == _EVERY_YEAR:
        return None
    match = _YEARS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('write the years published as "2004-2026", or "every"')
    return frozenset(range(int(match[1]), int(match[2]) + 1))


def _days(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError('list days by year, such as 2026 = "01-01..01-02 02-16"')
    words = ((year, word) for year, days in value.items() for word in str(days).split())
    return frozenset(day for year, word in words for day in _range(year, word))


def _range(year: str, word: str) -> Iterator[date]:
    first, _, last = word.partition("..")
    day, end = _day(year, first), _day(year, last or first)
    if end < day:
        raise ValueError(f"the range {word} of {year} ends before it begins")
    while day <= end:
        yield day
        day += timedelta(days=1)


def _day(year: str, month_and_day: str) -> date:
    try:
        return date.fromisoformat(f"{year}-{month_and_day}")
    except ValueError as error:
        raise ValueError(f"{month_and_day} is no day of {year}; write MM-DD") from error


def _weekdays(value: Any) -> Any:
    if not isinstance(value, list) or not set(value) <= set(_WEEK):
        raise ValueError(f"list the weekly days off by name: {', '.join(_WEEK)}")
    return frozenset(_WEEK.index(name) + 1 for name in value)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name} is not an IANA time zone") from error
    return name


_Days = Annotated[frozenset[date], BeforeValidator(_days)]


class _CalendarFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)
    version: int = Field(ge=1, strict=True)
    zone: Annotated[str, BeforeValidator(_zone)]
    source: str = Field(min_length=1)
    weekend: Annotated[frozenset[int], BeforeValidator(_weekdays)]
    office_hours: tuple[Annotated[tuple[int, int], BeforeValidator(_span)], ...] = Field(min_length=1)
    published: Annotated[frozenset[int] | None, BeforeValidator(_years)]
    days_off: _Days = frozenset()
    make_up_workdays: _Days = frozenset()

    @model_validator(mode="after")
    def _office_hours_in_order(self) -> "_CalendarFile":
        bounds = [second for span in self.office_hours for second in span]
        if any(later <= earlier for earlier, later in zip(bounds[::2], bounds[1::2], strict=True)):
            raise ValueError("each office hour must end after it begins")
        if any(later < earlier for earlier, later in pairwise(bounds)):
            raise ValueError("office hours must be in order and apart")
        return self

    @model_validator(mode="after")
    def _each_day_changes_the_week(self) -> "_CalendarFile":
        weekly_off = partial(_falls_on, self.weekend)
        if len(self.weekend) == len(_WEEK):
            raise ValueError("at least one day of the week must be worked")
        if wrong := sorted(filter(weekly_off, self.days_off)):
            raise ValueError(f"{wrong[0]} is off by the week already; leave it out of days_off")
        if wrong := sorted(day for day in self.make_up_workdays if not weekly_off(day)):
            raise ValueError(f"{wrong[0]} is worked by the week already; leave it out of make_up_workdays")
        return self

    @model_validator(mode="after")
    def _days_within_published_years(self) -> "_CalendarFile":
        if self.published is None:
            return self
        if not self.published:
            raise ValueError("the years published end before they begin")
        days = self.days_off | self.make_up_workdays
        if wrong := sorted(day for day in days if day.year not in self.published):
            raise ValueError(f"{wrong[0]} lies outside the years published")
        return self

    def calendar(self) -> Calendar:
        return Calendar(
            id=self.id,
            version=self.version,
            zone=self.zone,
            office_hours=self.office_hours,
            days_off=self.days_off,
            make_up_workdays=self.make_up_workdays,
            weekend=self.weekend,
            years=self.published,
            source=self.source,
        )


def _falls_on(weekdays: frozenset[int], day: date) -> bool:
    return day.isoweekday() in weekdays
