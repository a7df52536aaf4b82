"""Boston's wall-clock times as moments, through both changes of the year."""

import re
from datetime import UTC, datetime
from typing import Final

from interfaces.boston.record import ZONE

_PRINTED = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d) ([AP])M", re.ASCII)
_NOON = 12

YEARS: Final = range(1990, 2100)
"""Years that a moment of a service request may lie in."""


def parse(text: str) -> datetime | None:
    """Return the wall-clock time, without zone, of text such as `01/31/2015 12:20:09 AM`; None if it is none.

    A year outside YEARS is a slip of the pen.
    """
    match = _PRINTED.fullmatch(text)
    if match is None:
        return None
    month, day, year, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not 1 <= hour <= _NOON or year not in YEARS:
        return None
    hour = hour % _NOON + (_NOON if match[7] == "P" else 0)
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 -- the zone is given by settle
    except ValueError:
        return None


def parse_iso(text: str) -> datetime | None:
    """Return the wall-clock time, without zone, of a text such as `2015-01-31 12:20:09`; None if none."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        return None
    return wall if wall.year in YEARS else None


def settle(wall: datetime, not_before: datetime | None = None) -> tuple[datetime, str | None]:
    """Return the moment (UTC) of a wall-clock time in Boston, and the code of what was doubtful, if anything.

    A time of the hour that autumn repeats is its first occurrence, or the second where the first lies
    before `not_before`: `moment_ambiguous`. A time of the hour that spring leaves out is taken with the
    offset of winter, that is one hour later on the clock of summer: `moment_nonexistent`.
    """
    first = wall.replace(tzinfo=ZONE).astimezone(UTC)
    second = wall.replace(tzinfo=ZONE, fold=1).astimezone(UTC)
    if first == second:
        return first, None
    if first > second:
        return first, "moment_nonexistent"
    late = not_before is not None and first < not_before
    return (second if late else first), "moment_ambiguous"
