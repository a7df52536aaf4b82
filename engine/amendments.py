"""Amendments of calendars: a new year, a snow day for one street, other office hours; checked first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.calendar import CalendarAmended
from domain.calendar.notation import Days
from domain.case.book import Rulebook
from domain.toml import read_toml
from engine import ids
from engine.errors import AmendmentInvalid
from engine.store.seam import Store


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is to be otherwise.

    Attributes:
        calendar: Id of the calendar.
        unit: For this unit and all under it; None for everybody.
        off: Days that are off from now on.
        worked: Days that are worked from now on.
        years: Years that are published with it; only for everybody.
        office_hours: Such as `09:00-12:00`; None when they stay.
        cause: Why.
        instrument: The notice or order by which it is done.
    """

    calendar: str
    cause: str
    instrument: str
    unit: str | None = None
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    office_hours: tuple[str, ...] | None = None


def amendments(store: Store) -> list[CalendarAmended]:
    """Return every amendment of a calendar in the order of recording."""
    return [one.event for one in store.load(ids.CALENDARS) if isinstance(one.event, CalendarAmended)]


def amended(wanted: Amendment, book: Rulebook, now: datetime) -> CalendarAmended | None:
    """Return the event of an amendment, or None when all that it says is so already.

    Raises:
        AmendmentInvalid: amendment_invalid.
    """
    _check(wanted, book)
    try:
        event = CalendarAmended(
            at=now,
            calendar=wanted.calendar,
            version=book.calendar_version(wanted.calendar) + 1,
            unit=wanted.unit,
            off=tuple(sorted(wanted.off)),
            worked=tuple(sorted(wanted.worked)),
            years=tuple(sorted(wanted.years)),
            office_hours=wanted.office_hours,
            cause=wanted.cause,
            instrument=wanted.instrument,
        )
        change = event.overlay()
    except ValidationError as error:
        raise AmendmentInvalid(f"Correct the amendment. {_faults(error)}.") from error
    before = book.calendar_of(wanted.calendar, wanted.unit)
    after = change.over(before)
    same = (after.days_off, after.make_up_workdays, after.years, after.office_hours) == (
        before.days_off,
        before.make_up_workdays,
        before.years,
        before.office_hours,
    )
    return None if same else event


def read_amendment(toml_text: str) -> Amendment:
    """Return the amendment that a file describes; docs/policies.md tells its form.

    Raises:
        AmendmentInvalid: amendment_invalid.
    """
    try:
        table = read_toml(toml_text)
    except ValueError as error:
        raise AmendmentInvalid(f"The amendment is not TOML: {error}.") from error
    try:
        file = _AmendmentFile.model_validate(table)
    except ValidationError as error:
        raise AmendmentInvalid(f"Correct the amendment. {_faults(error)}.") from error
    return file.amendment()


class _AmendmentFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    calendar: str
    cause: str = Field(min_length=1)
    instrument: str = Field(min_length=1)
    unit: str | None = None
    publishes: tuple[int, ...] = ()
    office_hours: tuple[str, ...] | None = None
    days_off: Days = frozenset()
    make_up_workdays: Days = frozenset()

    def amendment(self) -> Amendment:
        return Amendment(
            calendar=self.calendar,
            cause=self.cause,
            instrument=self.instrument,
            unit=self.unit,
            off=self.days_off,
            worked=self.make_up_workdays,
            years=frozenset(self.publishes),
            office_hours=self.office_hours,
        )


def _check(wanted: Amendment, book: Rulebook) -> None:
    faults = [fault for fault in _wrong(wanted, book) if fault]
    if faults:
        raise AmendmentInvalid(" ".join(faults))


def _wrong(wanted: Amendment, book: Rulebook) -> Sequence[str | None]:
    both = sorted(wanted.off & wanted.worked)
    known = ", ".join(sorted(book.calendars))
    empty = not (wanted.off or wanted.worked or wanted.years or wanted.office_hours)
    stranger = wanted.unit is not None and not book.organisation.knows(wanted.unit)
    return (
        f"There is no calendar {wanted.calendar}; known ones: {known}."
        if wanted.calendar not in book.calendars
        else None,
        f"No unit has the id {wanted.unit}." if stranger else None,
        f"{both[0]} is both off and worked." if both else None,
        "Say what changes: days, years or office hours." if empty else None,
        "A year is published for everybody; leave the unit out." if wanted.unit and wanted.years else None,
        *(
            f"Write the {name} in printable words on one line."
            for name, words in (("cause", wanted.cause), ("instrument", wanted.instrument))
            if not words.strip() or any(one < " " for one in words)
        ),
    )


def _faults(error: ValidationError) -> str:
    parts: list[Any] = error.errors()
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in parts)
