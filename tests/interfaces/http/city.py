"""A small city for the API's tests."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.actor import Actor, Role
from domain.organisation import UnitEstablished
from engine.handle import Engine

BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
UNITS = [
    ("city", None, "district", "City", "城区"),
    ("city.north", "city", "street", "North Street", "北街"),
    ("city.north.well", "city.north", "community", "Well", "水井社区"),
    ("city.north.well.g1", "city.north.well", "grid", "Grid 1", "一网格"),
    ("city.south", "city", "street", "South Street", "南街"),
    ("city.south.gate", "city.south", "community", "Gate", "南门社区"),
    ("city.water", "city", "department", "Water", "水务局"),
    ("city.heat", "city", "department", "Heat", "供热办"),
    ("city.petitions", "city", "office", "Petitions", "信访局"),
]

ADMIN = Actor(id="admin", role=Role.ADMINISTRATOR)
AUDITOR = Actor(id="auditor", role=Role.AUDITOR)
RESIDENT = Actor(id="resident-1", role=Role.RESIDENT)
OTHER_RESIDENT = Actor(id="resident-2", role=Role.RESIDENT)
GRID = Actor(id="grid-1", role=Role.GRID_WORKER, unit="city.north.well.g1")
NORTH = Actor(id="north-1", role=Role.CASE_WORKER, unit="city.north")
SOUTH = Actor(id="south-1", role=Role.CASE_WORKER, unit="city.south")
WATER = Actor(id="water-1", role=Role.CASE_WORKER, unit="city.water")
WATER_HEAD = Actor(id="water-head", role=Role.UNIT_HEAD, unit="city.water")
HEAT = Actor(id="heat-1", role=Role.CASE_WORKER, unit="city.heat")
CITY = Actor(id="city-1", role=Role.SUPERVISOR, unit="city")
VISITOR = Actor(id="visitor-1", role=Role.VISITOR, unit="city.north")

BY_ROLE = {
    Role.RESIDENT: RESIDENT,
    Role.GRID_WORKER: GRID,
    Role.CASE_WORKER: NORTH,
    Role.UNIT_HEAD: WATER_HEAD,
    Role.SUPERVISOR: CITY,
    Role.AUDITOR: AUDITOR,
    Role.VISITOR: VISITOR,
    Role.ADMINISTRATOR: ADMIN,
}


def establish(engine: Engine) -> None:
    units = [
        UnitEstablished(at=BEFORE, unit=unit, parent=parent, level=level, name_en=en, name_zh=zh)
        for unit, parent, level, en, zh in UNITS
    ]
    engine.rules.establish(units, ADMIN)
