"""The days off that the law promises for a year whose notice has not come: long limits need them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from domain.calendar.notation import days_in

EVERY_YEAR = "every"
LAST_YEAR = 2150
"""Beyond it no moment is reckoned with."""
_DAY = timedelta(days=1)


def expected_days_off(
    statutory: Mapping[str, str], weekend: frozenset[int], published: frozenset[int] | None
) -> frozenset[date]:
    """Return the weekdays that are off in the years after the last published one; none where all are.

    Args:
        statutory: Days by year as in a calendar file; those under `every` are the same in each year.
        weekend: ISO numbers of the weekly days off.
        published: Years whose days are known; None: every year.

    Raises:
        ValueError: A word that is no day of its year.

    Source: Regulation on Public Holidays of China as revised on 10 November 2024: 13 days; those on a weekend
    are made up on workdays. That this is on the next ones is an expectation, which the year's notice settles.
    """
    for year, words in statutory.items():
        days_in("2001" if year == EVERY_YEAR else year, words)
    if published is None or not published:
        return frozenset()
    found: set[date] = set()
    for number in range(max(published) + 1, LAST_YEAR + 1):
        year = str(number)
        days = days_in(year, statutory.get(EVERY_YEAR, "")) | days_in(year, statutory.get(year, ""))
        found.update(_with_made_up(days, weekend))
    return frozenset(found)


def _with_made_up(days: Iterable[date], weekend: frozenset[int]) -> Iterator[date]:
    """Yield the weekdays among the days, and for each other one the next weekday that is still worked."""
    named = frozenset(days)
    taken = {day for day in named if day.isoweekday() not in weekend}
    for day in sorted(named - taken):
        made_up = day + _DAY
        while made_up in taken or made_up.isoweekday() in weekend:
            made_up += _DAY
        taken.add(made_up)
    yield from taken
