"""The shipped calendars, and moments written as a person reads them on the wall."""

from datetime import datetime
from functools import cache
from pathlib import Path

from domain.calendar import Calendar, Duration, parse_calendar

DATA = Path(__file__).resolve().parents[3] / "engine" / "data" / "calendars"


@cache
def calendar(name: str) -> Calendar:
    return parse_calendar((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def wall(text: str, name: str = "china") -> datetime:
    """Return the moment at which the wall clock of the calendar's zone shows `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=calendar(name).tz)


def amount(text: str) -> Duration:
    return Duration.model_validate(text)
