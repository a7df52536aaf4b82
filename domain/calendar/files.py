"""Reads a calendar from its file, so that days off are data that anyone can check and amend."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.actor import UNIT_ID
from domain.calendar.days import Calendar
from domain.calendar.notation import WEEK, Days, OfficeHours, Weekdays, Years, Zone
from domain.calendar.overlays import Overlay
from domain.calendar.statutory import expected_days_off
from domain.errors import DomainError
from domain.toml import read_toml

CALENDAR_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_File = TypeVar("_File", bound=BaseModel)


class CalendarInvalid(DomainError):
    """A calendar file that can't be used; the message names each fault."""

    code: str = "calendar_invalid"


def parse_calendar(toml_text: str) -> Calendar:
    """Return the calendar that a file describes; docs/policies.md tells its form.

    Raises:
        CalendarInvalid: calendar_invalid.
    """
    return _read(_CalendarFile, _table(toml_text)).calendar()


def read_calendar(toml_text: str) -> Calendar | Overlay:
    """Return the calendar that a file describes, or what a unit's file changes in one that it inherits.

    Raises:
        CalendarInvalid: calendar_invalid.
    """
    table = _table(toml_text)
    if "inherits" in table:
        return _read(_UnitFile, table).overlay()
    return _read(_CalendarFile, table).calendar()


def _table(toml_text: str) -> Mapping[str, Any]:
    try:
        return read_toml(toml_text)
    except ValueError as error:
        raise CalendarInvalid(f"The calendar is not TOML: {error}.") from error


def _read(shape: type[_File], table: Mapping[str, Any]) -> _File:
    try:
        return shape.model_validate(table)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors())
        raise CalendarInvalid(f"Correct the calendar file. {'; '.join(faults)}.") from error


class _UnitFile(BaseModel):
    """What one unit and all under it have otherwise than the calendar that they inherit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inherits: str = Field(pattern=CALENDAR_ID, max_length=100)
    unit: str = Field(pattern=UNIT_ID, max_length=200)
    version: int = Field(ge=1, strict=True)
    source: str = Field(min_length=1)
    office_hours: OfficeHours | None = Field(default=None, min_length=1)
    days_off: Days = frozenset()
    make_up_workdays: Days = frozenset()

    @model_validator(mode="after")
    def _each_day_once(self) -> "_UnitFile":
        if both := sorted(self.days_off & self.make_up_workdays):
            raise ValueError(f"{both[0]} is both off and worked")
        return self

    def overlay(self) -> Overlay:
        return Overlay(
            calendar=self.inherits,
            unit=self.unit,
            version=self.version,
            off=self.days_off,
            worked=self.make_up_workdays,
            office_hours=self.office_hours,
            cause=self.source,
        )


class _CalendarFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=CALENDAR_ID, max_length=100)
    version: int = Field(ge=1, strict=True)
    zone: Zone
    source: str = Field(min_length=1)
    weekend: Weekdays
    office_hours: OfficeHours = Field(min_length=1)
    published: Years
    days_off: Days = frozenset()
    make_up_workdays: Days = frozenset()
    statutory: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_day_changes_the_week(self) -> "_CalendarFile":
        weekly_off = partial(_falls_on, self.weekend)
        if len(self.weekend) == len(WEEK):
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

    @model_validator(mode="after")
    def _statutory_days_are_days(self) -> "_CalendarFile":
        self._expected()
        return self

    def _expected(self) -> frozenset[date]:
        return expected_days_off(self.statutory, self.weekend, self.published)

    def calendar(self) -> Calendar:
        return Calendar(
            id=self.id,
            version=self.version,
            zone=self.zone,
            office_hours=self.office_hours,
            days_off=self.days_off | self._expected(),
            make_up_workdays=self.make_up_workdays,
            weekend=self.weekend,
            years=self.published,
            source=self.source,
        )


def _falls_on(weekdays: frozenset[int], day: date) -> bool:
    return day.isoweekday() in weekdays
