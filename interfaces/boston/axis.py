"""Makes Boston's organisation out of its own rows, once, and finds each case's place and desk in it."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from domain.organisation import Level
from interfaces.boston.axis_names import CITY, DESK, NEIGHBOURHOODS_ZH
from interfaces.boston.axis_names import THIRD_PARTY as THIRD_PARTY_NAMES
from interfaces.boston.departments import build_departments, most_frequent
from interfaces.boston.findings import Finding, Findings
from interfaces.boston.mend import mend
from interfaces.boston.record import BostonCase
from interfaces.boston.rows import FIRST_LINE, read_rows
from interfaces.boston.units import CITY_DESK, ROOT, THIRD_PARTY, UnitSpec, slug

COMMITTED: Final = Path(__file__).with_name("axis.json")
"""The organisation made from the whole file of 2015, which sample and full import share."""


class Axis:
    """Looks up units by what rows call them."""

    def __init__(self, units: Iterable[UnitSpec]) -> None:
        self.units: Final = tuple(units)
        self._ids = {(unit.level, unit.key): unit.id for unit in self.units if unit.key}

    @classmethod
    def load(cls, path: Path = COMMITTED) -> "Axis":
        """Read an organisation that `write` wrote."""
        rows = json.loads(path.read_text(encoding="utf-8"))
        return cls(UnitSpec(**{**row, "level": Level(row["level"])}) for row in rows)

    def write(self, path: Path) -> None:
        """Write one unit a line, parents before children."""
        lines = (json.dumps(_as_json(unit), ensure_ascii=False) for unit in self.units)
        path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")

    def place(self, case: BostonCase) -> tuple[str, tuple[Finding, ...]]:
        """Return the lowest unit of the axis that the case's place names, the city if it names none.

        The findings are precinct_unknown, ward_unknown and neighbourhood_unknown, for units not on the axis.
        """
        found = Findings()
        ward = None if case.place.ward is None else str(case.place.ward)
        steps = (
            (Level.GRID, case.place.precinct, "precinct_unknown", "precinct"),
            (Level.COMMUNITY, ward, "ward_unknown", "ward"),
            (Level.STREET, case.place.neighbourhood, "neighbourhood_unknown", "neighborhood"),
        )
        for level, key, code, column in steps:
            if key is None:
                continue
            if (unit := self._ids.get((level, key))) is not None:
                return unit, found.all()
            found.add(code, column, key)
        return ROOT, found.all()

    def desk(self, case: BostonCase) -> tuple[str, tuple[Finding, ...]]:
        """Return the queue's office that works on the case, else its department, else the city's own desk.

        The findings are department_unknown and queue_unknown, for units not on the axis.
        """
        found = Findings()
        department, queue = case.desk.department, case.desk.queue
        if department is None:
            return CITY_DESK, ()
        unit = self._ids.get((Level.DEPARTMENT, department))
        if unit is None:
            found.add("department_unknown", "Department", department, CITY_DESK)
            return CITY_DESK, found.all()
        if queue is None:
            return unit, ()
        office = self._ids.get((Level.OFFICE, queue))
        if office is None or not office.startswith(f"{unit}."):
            found.add("queue_unknown", "QUEUE", queue, unit)
            return unit, found.all()
        return office, ()


def build_axis(rows: Iterable[Mapping[str, str]]) -> tuple[UnitSpec, ...]:
    """Return all units that the rows name, parents before children, the same for the same rows in any order.

    A precinct lies in the ward of its number; a ward under the neighbourhood that most of its rows name; a
    queue in its department. Equal counts are decided by the alphabet. Wards cross neighbourhoods, so that a
    case may stand under another neighbourhood than its row prints; its record keeps the printed one.
    """
    counts = _Counts()
    for line, row in enumerate(rows, FIRST_LINE):
        if (case := mend(row, line).case) is not None:
            counts.add(case)
    city = UnitSpec(ROOT, None, Level.DISTRICT, *CITY)
    desk = UnitSpec(CITY_DESK, ROOT, Level.OFFICE, *DESK)
    visitors = UnitSpec(THIRD_PARTY, ROOT, Level.THIRD_PARTY, *THIRD_PARTY_NAMES)
    return (city, desk, visitors, *_places(counts), *build_departments(counts.subjects, counts.queues))


class _Counts:
    def __init__(self) -> None:
        self.neighbourhoods: set[str] = set()
        self.ward_in: dict[int, Counter[str]] = defaultdict(Counter)
        self.precincts: set[str] = set()
        self.subjects: dict[str, Counter[str]] = defaultdict(Counter)
        self.queues: dict[str, set[str]] = defaultdict(set)

    def add(self, case: BostonCase) -> None:
        place, desk = case.place, case.desk
        if place.neighbourhood is not None:
            self.neighbourhoods.add(place.neighbourhood)
        if place.ward is not None:
            self.ward_in[place.ward].update([place.neighbourhood] if place.neighbourhood else [])
        if place.precinct is not None:
            self.precincts.add(place.precinct)
        if desk.department is not None:
            self.subjects[desk.department][case.matter.subject] += 1
            self.queues[desk.department].update([desk.queue] if desk.queue else [])


def _places(counts: _Counts) -> list[UnitSpec]:
    streets = [
        UnitSpec(f"{ROOT}.{slug(name)}", ROOT, Level.STREET, name, NEIGHBOURHOODS_ZH.get(name, name), name)
        for name in sorted(counts.neighbourhoods)
    ]
    ids = {street.key: street.id for street in streets}
    wards = [
        _ward(number, ids.get(most_frequent(inside) or "", ROOT))
        for number, inside in sorted(counts.ward_in.items())
    ]
    above = {int(ward.key): ward.id for ward in wards}
    precincts = [_precinct(digits, above[int(digits[:2])]) for digits in sorted(counts.precincts)]
    return [*streets, *wards, *precincts]


def _ward(number: int, parent: str) -> UnitSpec:
    name = f"Ward {number}", f"第{number}选区"
    return UnitSpec(f"{parent}.ward-{number}", parent, Level.COMMUNITY, *name, str(number))


def _precinct(digits: str, parent: str) -> UnitSpec:
    ward, number = int(digits[:2]), int(digits[2:])
    name = f"Ward {ward} Precinct {number}", f"第{ward}选区第{number}投票区"
    return UnitSpec(f"{parent}.precinct-{digits}", parent, Level.GRID, *name, digits)


def _as_json(unit: UnitSpec) -> dict[str, str | None]:
    return {
        "id": unit.id,
        "parent": unit.parent,
        "level": unit.level.value,
        "name_en": unit.name_en,
        "name_zh": unit.name_zh,
        "key": unit.key,
    }


def main(arguments: list[str]) -> None:
    """Make the organisation of a file of rows: FILE [OUTPUT]."""
    source, output = Path(arguments[0]), Path(arguments[1]) if arguments[1:] else COMMITTED
    Axis(build_axis(read_rows(source))).write(output)


if __name__ == "__main__":
    main(sys.argv[1:])
