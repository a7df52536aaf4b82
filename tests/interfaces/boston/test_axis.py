import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from domain.actor import UNIT_ID
from domain.organisation import Level
from interfaces.boston.axis import Axis, build_axis
from interfaces.boston.mend import mend
from interfaces.boston.record import BostonCase, Desk, Place
from interfaces.boston.rows import read_rows
from interfaces.boston.units import slug
from tests.interfaces.boston.rows_of import CLEAN, SAMPLE, mended

AXIS = Axis.load()


def case(**changes: str) -> BostonCase:
    made = mended(**changes).case
    assert made is not None
    return made


def test_ids_are_paths_of_ascii_under_their_parent() -> None:
    ids = [unit.id for unit in AXIS.units]
    assert len(ids) == len(set(ids))
    seen: set[str] = set()
    for unit in AXIS.units:
        assert re.fullmatch(UNIT_ID, unit.id) and len(unit.id) <= 200
        assert unit.parent is None or (unit.parent in seen and unit.id.rpartition(".")[0] == unit.parent)
        assert 1 <= len(unit.name_en) <= 200 and 1 <= len(unit.name_zh) <= 200
        seen.add(unit.id)


def test_the_committed_axis_has_the_whole_city() -> None:
    count = {level: sum(unit.level is level for unit in AXIS.units) for level in Level}
    assert count[Level.DISTRICT] == 1
    assert count[Level.STREET] == 17
    assert count[Level.COMMUNITY] == 22
    assert count[Level.GRID] == 253
    assert count[Level.DEPARTMENT] == 16
    assert count[Level.OFFICE] == 150, "149 queues and the city's own desk"
    assert [unit.id for unit in AXIS.units if unit.level is Level.THIRD_PARTY] == ["boston.third-party"]


def test_a_case_stands_on_the_lowest_unit_that_its_place_names() -> None:
    assert AXIS.place(case()) == ("boston.dorchester.ward-17.precinct-1703", ())
    assert AXIS.place(case(precinct=""))[0] == "boston.dorchester.ward-17"
    assert AXIS.place(case(precinct="", ward=""))[0] == "boston.dorchester"
    assert AXIS.place(case(precinct="", ward="", neighborhood=""))[0] == "boston"


def test_a_case_is_worked_on_by_its_queue_or_what_stands_above() -> None:
    assert AXIS.desk(case()) == ("boston.dept-pwdx.street-light-outages", ())
    assert AXIS.desk(case(QUEUE=""))[0] == "boston.dept-pwdx"
    assert AXIS.desk(case(Department="No Q"))[0] == "boston.desk"


def test_an_unknown_unit_is_a_finding_and_no_crash() -> None:
    lost = replace(
        case(),
        place=Place(precinct="2299", ward=22, neighbourhood="Atlantis"),
        desk=Desk("PWDx", "PWDx_Dragons"),
    )
    unit, findings = AXIS.place(lost)
    assert (unit, [finding.code for finding in findings]) == (
        "boston.allston-brighton.ward-22",
        ["precinct_unknown"],
    )
    unit, findings = AXIS.desk(lost)
    assert (unit, [finding.code for finding in findings]) == ("boston.dept-pwdx", ["queue_unknown"])
    nowhere = replace(lost, place=Place(neighbourhood="Atlantis"), desk=Desk("NASA", "NASA_Moon"))
    assert [finding.code for finding in AXIS.place(nowhere)[1]] == ["neighbourhood_unknown"]
    assert AXIS.desk(nowhere)[0] == "boston.desk"
    assert [finding.code for finding in AXIS.desk(nowhere)[1]] == ["department_unknown"]
    assert AXIS.place(replace(lost, place=Place(ward=23)))[0] == "boston"


def test_a_queue_of_another_department_is_unknown_there() -> None:
    assert [f.code for f in AXIS.desk(case(QUEUE="ISD_Building (INTERNAL)"))[1]] == ["queue_unknown"]


def test_every_row_of_the_sample_finds_its_place_and_desk() -> None:
    for line, row in enumerate(read_rows(SAMPLE), 2):
        made = mend(row, line).case
        assert made is not None
        assert AXIS.place(made)[1] == ()
        assert AXIS.desk(made)[1] == ()


def test_the_order_of_the_rows_makes_no_difference_to_the_axis() -> None:
    rows = list(read_rows(SAMPLE))
    first = build_axis(rows)
    random.Random(3).shuffle(rows)
    assert build_axis(rows) == first


def test_the_axis_of_the_sample_is_the_committed_one_as_far_as_it_goes() -> None:
    committed = {unit.id: unit for unit in AXIS.units if unit.level is not Level.COMMUNITY}
    made = [unit for unit in build_axis(read_rows(SAMPLE)) if unit.level in (Level.STREET, Level.OFFICE)]
    assert all(committed.get(unit.id) == unit for unit in made)


def test_an_axis_is_written_and_read_back(tmp_path: Path) -> None:
    AXIS.write(tmp_path / "axis.json")
    assert Axis.load(tmp_path / "axis.json").units == AXIS.units


def test_a_ward_lies_where_most_of_its_rows_do_and_equals_go_by_the_alphabet() -> None:
    here, there = {**CLEAN, "neighborhood": "Roxbury"}, {**CLEAN, "neighborhood": "Dorchester"}
    wards = [unit.parent for unit in build_axis([here, there]) if unit.level is Level.COMMUNITY]
    assert wards == ["boston.dorchester"]
    wards = [unit.parent for unit in build_axis([here, there, here]) if unit.level is Level.COMMUNITY]
    assert wards == ["boston.roxbury"]


@pytest.mark.parametrize(
    ("text", "short"), [("Missed Trash\\Yard (A)", "missed-trash-yard-a"), ("??", "unnamed")]
)
def test_slugs_are_plain(text: str, short: str) -> None:
    assert slug(text) == short
