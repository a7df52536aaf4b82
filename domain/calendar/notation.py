"""How days, hours and years are written in calendar files, so that all of them are read alike."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Days of the week in the order of their ISO numbers."""
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))")
_YEARS = re.compile(r"([0-9]{4})-([0-9]{4})")
_EVERY_YEAR = "every"


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


def days_in(year: str, words: str) -> frozenset[date]:
    """Return the days that words such as `01-01..01-02 02-16` name in a year; raises ValueError."""
    return frozenset(day for word in words.split() for day in _range(year, word))


def _days(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError('list days by year, such as 2026 = "01-01..01-02 02-16"')
    return frozenset(day for year, words in value.items() for day in days_in(year, str(words)))


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
    if not isinstance(value, list) or not set(value) <= set(WEEK):
        raise ValueError(f"list the weekly days off by name: {', '.join(WEEK)}")
    return frozenset(WEEK.index(name) + 1 for name in value)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name} is not an IANA time zone") from error
    return name


def _in_order(spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    bounds = [second for span in spans for second in span]
    if any(later <= earlier for earlier, later in zip(bounds[::2], bounds[1::2], strict=True)):
        raise ValueError("each office hour must end after it begins")
    if any(later < earlier for earlier, later in pairwise(bounds)):
        raise ValueError("office hours must be in order and apart")
    return spans


Days = Annotated[frozenset[date], BeforeValidator(_days)]
"""Days by year, such as 2026 = "01-01..01-02 02-16"."""
OfficeHours = Annotated[
    tuple[Annotated[tuple[int, int], BeforeValidator(_span)], ...], AfterValidator(_in_order)
]
"""Spans such as "09:00-12:00", in seconds after local midnight, in order and apart."""
Weekdays = Annotated[frozenset[int], BeforeValidator(_weekdays)]
Years = Annotated[frozenset[int] | None, BeforeValidator(_years)]
"""Years such as "2004-2026"; None for "every"."""
Zone = Annotated[str, BeforeValidator(_zone)]
