"""A small town for tests: units, people and the shipped rules, so that a story names only its own matter."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.actor import Actor, Role
from domain.calendar import parse_calendar
from domain.case.book import Rulebook
from domain.organisation import Level, Organisation, UnitEstablished
from domain.organisation.organisation import fold
from domain.policy import content_hash, parse_policy

DATA = Path(__file__).resolve().parents[2] / "engine" / "data"
ZONE = ZoneInfo("Asia/Shanghai")

DISTRICT = "yuhua"
EAST, WEST = "yuhua.east", "yuhua.west"
PINE, LAKE, MILL = "yuhua.east.pine", "yuhua.east.lake", "yuhua.west.mill"
GRID_1, GRID_2 = "yuhua.east.pine.grid-1", "yuhua.east.pine.grid-2"
WATER, HOUSING, TRAFFIC = "yuhua.water", "yuhua.housing", "yuhua.traffic"
WATER_OFFICE, HOUSING_OFFICE, TRAFFIC_OFFICE = (
    "yuhua.water.mains",
    "yuhua.housing.repairs",
    "yuhua.traffic.roads",
)
ASSESSOR = "yuhua.assessor"

_TREE = (
    (DISTRICT, None, Level.DISTRICT),
    (EAST, DISTRICT, Level.STREET),
    (WEST, DISTRICT, Level.STREET),
    (PINE, EAST, Level.COMMUNITY),
    (LAKE, EAST, Level.COMMUNITY),
    (MILL, WEST, Level.COMMUNITY),
    (GRID_1, PINE, Level.GRID),
    (GRID_2, PINE, Level.GRID),
    (WATER, DISTRICT, Level.DEPARTMENT),
    (HOUSING, DISTRICT, Level.DEPARTMENT),
    (TRAFFIC, DISTRICT, Level.DEPARTMENT),
    (WATER_OFFICE, WATER, Level.OFFICE),
    (HOUSING_OFFICE, HOUSING, Level.OFFICE),
    (TRAFFIC_OFFICE, TRAFFIC, Level.OFFICE),
    (ASSESSOR, DISTRICT, Level.THIRD_PARTY),
)
FOUNDED = tuple(
    UnitEstablished(
        at=datetime(2020, 1, 1, tzinfo=UTC), unit=unit, parent=parent, level=level, name_en=unit, name_zh=unit
    )
    for unit, parent, level in _TREE
)
TOWN: Organisation = fold(FOUNDED)


def person(role: Role, unit: str | None, name: str = "") -> Actor:
    """Return an actor; two with the same role and unit are the same person unless they are named apart."""
    return Actor(id=name or f"{role.value}@{unit or 'home'}", role=role, unit=unit)


RESIDENT = person(Role.RESIDENT, None)
GRID_WORKER = person(Role.GRID_WORKER, GRID_1)
STREET_WORKER = person(Role.CASE_WORKER, EAST)
WEST_WORKER = person(Role.CASE_WORKER, WEST)
STREET_HEAD = person(Role.UNIT_HEAD, EAST)
WATER_WORKER = person(Role.CASE_WORKER, WATER)
WATER_CLERK = person(Role.CASE_WORKER, WATER, "clerk@water")
WATER_HEAD = person(Role.UNIT_HEAD, WATER)
MAINS_WORKER = person(Role.CASE_WORKER, WATER_OFFICE)
HOUSING_WORKER = person(Role.CASE_WORKER, HOUSING)
TRAFFIC_WORKER = person(Role.CASE_WORKER, TRAFFIC)
DISTRICT_WORKER = person(Role.CASE_WORKER, DISTRICT)
SUPERVISOR = person(Role.SUPERVISOR, DISTRICT)
SECOND_SUPERVISOR = person(Role.SUPERVISOR, DISTRICT, "second@yuhua")
AUDITOR = person(Role.AUDITOR, DISTRICT)
VISITOR = person(Role.VISITOR, EAST)
OUTSIDE_VISITOR = person(Role.VISITOR, ASSESSOR)
ADMINISTRATOR = person(Role.ADMINISTRATOR, None)
IMPORTER = person(Role.SYSTEM, None, "import")


def visitor(number: int) -> Actor:
    """Return one of several visitors of the street."""
    return person(Role.VISITOR, EAST, f"visitor-{number}@{EAST}")


PEOPLE = (
    RESIDENT, GRID_WORKER, STREET_WORKER, WEST_WORKER, STREET_HEAD, WATER_WORKER, WATER_CLERK, WATER_HEAD,
    MAINS_WORKER, HOUSING_WORKER, TRAFFIC_WORKER, DISTRICT_WORKER, SUPERVISOR, SECOND_SUPERVISOR, AUDITOR,
    VISITOR, OUTSIDE_VISITOR, ADMINISTRATOR, IMPORTER,
)  # fmt: skip
"""Everybody, one of each kind."""


@cache
def rulebook(default: str = "hotline-five-working-days") -> Rulebook:
    """Return the shipped policies and calendars over this town."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((DATA / "policies").glob("*.toml"))]
    policies = {(one.id, one.version): one for one in map(parse_policy, texts)}
    hashes = dict(zip(policies, map(content_hash, texts), strict=True))
    calendars = {
        one.id: one
        for path in (DATA / "calendars").glob("*.toml")
        for one in (parse_calendar(path.read_text(encoding="utf-8")),)
    }
    return Rulebook(policies, hashes, calendars, TOWN, default)


def wall(text: str) -> datetime:
    """Return the moment at which clocks in the town show `text`, such as `2026-03-02 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


MONDAY = wall("2026-03-02 09:00")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
