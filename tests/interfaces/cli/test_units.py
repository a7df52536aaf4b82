"""A district enters its units, and a resident's values are erased: from the command line alone."""

import json
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import Program

pytestmark = pytest.mark.postgres
HEADING = "unit,parent,level,name_en,name_zh\n"
TREE = (
    HEADING + "lake.north.pine,lake.north,community,Pine Street,松树社区\n"
    "lake.north,lake,street,North Street,北街道\n"
    "lake,,district,Lake,湖区\n"
    "lake.water,lake,department,Water,水务局\n"
)


@pytest.fixture(scope="module")
def lake(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program on a database in which the units of the table are established."""
    assert program("migrate").code == 0
    file = tmp_path_factory.mktemp("units") / "units.csv"
    file.write_text("\ufeff" + TREE, "utf-8")
    planned = program("units", "apply", str(file), "--dry-run", "--json")
    assert [one["unit"] for one in planned.data["new"]] == [
        "lake",
        "lake.north",
        "lake.water",
        "lake.north.pine",
    ]
    assert program("units", "show", "--json").data["units"] == []
    done = program("units", "apply", str(file), "--json")
    assert (done.code, len(done.data["new"])) == (0, 4), done.err
    assert program("units", "apply", str(file), "--json").data["new"] == []
    return program


def test_units_are_shown_as_they_are_read(lake: Program, tmp_path: Path) -> None:
    north = lake("units", "show", "--under", "lake.north", "--json").data["units"]
    assert [(one["unit"], one["name_zh"]) for one in north] == [
        ("lake.north", "北街道"),
        ("lake.north.pine", "松树社区"),
    ]
    assert lake("units", "show", "--under", "nowhere").code == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("lake.x,lake.y,street,X,某\nlake.y,lake.x,street,Y,某\n", "lake.x, lake.y: no parent"),
        ("other,,district,Other,别\n", "Only one unit has no parent"),
        ("lake.x,lake,village,X,某\n", "Line 2: choose a level"),
        ("lake.x,lake,street,,某\n", "Line 2: name_en"),
        ("Lake X,lake,street,X,某\n", "Line 2: unit"),
        ("lake.x,lake,street,X,某\nlake.x,lake,street,X,某\n", "Line 3: lake.x stands twice"),
        ("lake.north,lake,street,South Street,北街道\n", "never changed"),
        ("lake.x,lake,street,X\n", "Line 2: give 5 values"),
        ("lake.x,lake,street,X,某,more\n", "Line 2: give 5 values"),
    ],
)
def test_a_table_that_can_not_hold_is_refused_whole(
    lake: Program, tmp_path: Path, rows: str, said: str
) -> None:
    file = tmp_path / "units.csv"
    file.write_text(HEADING + "lake.good,lake,street,Good,好\n" + rows, "utf-8")
    refused = lake("units", "apply", str(file), "--json")
    said = said.replace("Line 3", "Line 4").replace("Line 2", "Line 3")
    assert refused.refusal["code"] == "organisation_invalid"
    assert said in refused.refusal["message"]
    assert "lake.good" not in lake("units", "show").out


def test_what_is_no_table_of_units_is_refused(lake: Program, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text("id;name\n", "utf-8")
    assert "first line" in lake("units", "apply", str(file), "--json").refusal["message"]
    file.write_bytes(HEADING.encode() + "湖,,district,Lake,湖区\n".encode("gb18030"))
    assert lake("units", "apply", str(file)).code == 2
    asked = ("units", "apply", str(file), "--role", "case_worker", "--unit", "lake", "--json")
    assert lake(*asked).refusal["code"] == "role_not_allowed"


def test_a_case_begins_in_a_unit_that_was_entered_and_its_values_are_erased(lake: Program) -> None:
    place = {"unit": "lake.north.pine"}
    told = {"channel": "hotline", "category": "light", "claims": ["路灯坏了"], "place": place, "name": "某人"}
    worker = ("--role", "case_worker", "--unit", "lake.north")
    begun = lake("case", "do", "new", "collect", "--body", json.dumps(told), *worker, "--json")
    assert begun.code == 0, begun.err
    case = begun.data["case"]
    asked = ("erase", case, "--ground", "PIPL 47", "--json")
    other = lake(*asked, "--yes", "--role", "supervisor", "--unit", "lake")
    assert other.refusal["code"] == "role_not_allowed"
    assert lake(*asked).code != 0, "nobody was there to confirm"
    shown = ("case", "show", case, *worker, "--json")
    assert "路灯坏了" in lake(*shown).out
    assert lake(*asked, "--yes").data["erased"] == 2
    assert "路灯坏了" not in lake(*shown).out
    assert lake("case", "history", case, "--json").data["events"][0]["name"] == "case.collected"
    assert lake(*asked, "--yes").data["erased"] == 0
    nobody = ("erase", "00000000-0000-0000-0000-000000000000", "--ground", "PIPL 47", "--yes", "--json")
    assert lake(*nobody).refusal["code"] == "unknown_case"
