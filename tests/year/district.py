"""A district of the real one's size and the rules of 2026, for a year that is lived in virtual time.

Yuhua in Changsha has 13 streets and 149 communities; what its departments are called matters to nobody here.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

from domain.calendar import CalendarAmended
from domain.case.book import Rulebook
from domain.organisation import Level, UnitEstablished
from domain.organisation.organisation import fold
from domain.policy import PolicyAdopted, parse_policy
from engine.adoption import Adoption, adopted
from engine.amendments import Amendment, amended
from tests.support import town

DISTRICT, ASSESSOR = "yuhua", "yuhua.assessor"
STREETS = tuple(f"yuhua.s{number:02}" for number in range(1, 14))
COMMUNITIES = tuple(f"{STREETS[number % 13]}.c{number // 13 + 1:02}" for number in range(149))
DEPARTMENTS = tuple(f"yuhua.d{number:02}" for number in range(1, 25))
POLICY = "hotline-five-working-days"

SNOWED_IN = DISTRICT
SNOW = date(2026, 3, 11)
SNOW_CAUSE = "Snow day of 11 March"
SNOW_KNOWN = town.wall("2026-03-10 19:30")
ADOPTED_ON = town.wall("2026-06-15 10:00")
IN_EFFECT = town.wall("2026-07-01 00:00")
MOVED_ON = town.wall("2026-07-01 09:30")


@cache
def established() -> tuple[UnitEstablished, ...]:
    """Return how the units came to be, those above before those under them."""
    return tuple(
        UnitEstablished(
            at=datetime(2020, 1, 1, tzinfo=UTC), unit=unit, parent=parent, level=level,
            name_en=unit, name_zh=unit,
        )
        for unit, parent, level in _tree()
    )  # fmt: skip


def _tree() -> Iterator[tuple[str, str | None, Level]]:
    yield DISTRICT, None, Level.DISTRICT
    for level, units in (
        (Level.STREET, STREETS),
        (Level.COMMUNITY, COMMUNITIES),
        (Level.DEPARTMENT, DEPARTMENTS),
        (Level.THIRD_PARTY, (ASSESSOR,)),
    ):
        yield from ((unit, unit.rpartition(".")[0], level) for unit in units)


def rulebook() -> Rulebook:
    """Return the shipped policies and calendars over the district."""
    return replace(town.rulebook(POLICY), organisation=fold(established()))


def snow(book: Rulebook) -> tuple[CalendarAmended, Rulebook]:
    """Let the district have a snow day; return the event and the rules from then on."""
    wanted = Amendment("china", SNOW_CAUSE, "Order of the district office", SNOWED_IN, off=frozenset({SNOW}))
    event = amended(wanted, book, SNOW_KNOWN)
    assert event is not None
    return event, replace(book, overlays=(*book.overlays, event.overlay()))


def adopt(book: Rulebook) -> tuple[PolicyAdopted, Rulebook]:
    """Adopt the second version: one working day less to resolve, for cases collected from July on."""
    text = (town.DATA / "policies" / f"{POLICY}.toml").read_text(encoding="utf-8")
    for former, latter in (
        ("\nversion = 1\n", "\nversion = 2\n"),
        ("effective_from = 2018-09-01", "effective_from = 2026-07-01"),
        ('[obligations.resolve]\nlimit = "5 working_day"\nstatus = "verified"\n',
         '[obligations.resolve]\nlimit = "4 working_day"\nstatus = "local"\n'),
    ):  # fmt: skip
        assert text.count(former) == 1
        text = text.replace(former, latter)
    event = adopted(Adoption(text, "Four days are enough", "head@yuhua"), book, [], ADOPTED_ON)
    assert event is not None
    key = (event.policy, event.version)
    policies = {**book.policies, key: parse_policy(text)}
    return event, replace(book, policies=policies, hashes={**book.hashes, key: event.hash})
