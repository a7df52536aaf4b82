"""The rulebook from packaged and own files; derived ids; the page of events."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain.case.plan import Action, Step
from domain.records import replace
from engine import ids
from engine.errors import SettingsInvalid
from engine.rulefiles import read_files
from tests.engine import generate_events_page

DEFAULT = "hotline-five-working-days"
STEP = Step(5, datetime(2026, 3, 2, tzinfo=UTC), Action.REMIND, "1/resolve", "town.east")
PACKAGED = Path(__file__).parents[2] / "engine" / "data"


def _packaged(kind: str, name: str) -> str:
    return (PACKAGED / kind / f"{name}.toml").read_text("utf-8")


def test_the_packaged_policies_and_calendars_are_read() -> None:
    book = read_files(None, None, DEFAULT)
    assert {DEFAULT, "boston-2015", "demo"} <= {id_ for id_, _ in book.policies}
    assert {"china", "boston", "always"} <= set(book.calendars)
    assert book.newest(None).id == DEFAULT
    assert all(book.calendar(book.newest(id_)) for id_, _ in book.policies)


def test_an_installation_adds_its_own_version(tmp_path: Path) -> None:
    own = _packaged("policies", "demo").replace("version = 1", "version = 2", 1)
    (tmp_path / "demo-2.toml").write_text(own, "utf-8")
    book = read_files(tmp_path, None, "demo")
    assert book.newest("demo").version == 2
    assert ("demo", 1) in book.policies


def test_two_files_for_one_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_text(_packaged("policies", "demo") + "\n# another\n", "utf-8")
    with pytest.raises(SettingsInvalid, match="demo version 1"):
        read_files(tmp_path, None, DEFAULT)


def test_an_older_calendar_does_not_take_the_place_of_a_newer_one(tmp_path: Path) -> None:
    text = _packaged("calendars", "always").replace("version = 1", "version = 3", 1)
    (tmp_path / "a.toml").write_text(text, "utf-8")
    (tmp_path / "b.toml").write_text(text.replace("version = 3", "version = 2", 1), "utf-8")
    assert read_files(None, tmp_path, DEFAULT).calendars["always"].version == 3


def test_a_missing_folder_and_an_unknown_default_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="not a folder"):
        read_files(tmp_path / "none", None, DEFAULT)
    with pytest.raises(SettingsInvalid, match="ECHOWALL_DEFAULT_POLICY"):
        read_files(None, None, "no-such-policy")


def test_a_file_that_is_no_text_in_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes("id = '热线'".encode("gbk"))
    with pytest.raises(SettingsInvalid, match=r"own\.toml.*UTF-8"):
        read_files(tmp_path, None, DEFAULT)
    (tmp_path / "own.toml").unlink()
    (tmp_path / "own.toml").mkdir()
    with pytest.raises(SettingsInvalid, match=r"own\.toml"):
        read_files(None, tmp_path, DEFAULT)


def test_derived_ids_are_the_same_on_each_machine_and_differ_by_each_part() -> None:
    case = ids.import_case("boston", "101")
    assert str(case) == str(ids.import_case("boston", "101"))
    made = {
        case,
        ids.import_case("boston", "102"),
        ids.import_case("york", "101"),
        ids.import_command(case, "collect"),
        ids.import_command(case, "resolve"),
        ids.step_command(case, STEP),
        ids.step_command(case, replace(STEP, action=Action.RAISE)),
        ids.step_command(case, replace(STEP, clock="2/resolve")),
        ids.step_command(case, replace(STEP, generation=6)),
        ids.step_command(case, replace(STEP, clock=None, action=Action.RESUME)),
        ids.step_command(uuid4(), STEP),
        ids.account("r-1"),
        ids.ORGANISATION,
    }
    assert len(made) == 13


def test_stored_ids_never_change() -> None:
    assert str(ids.ORGANISATION) == "34eba2aa-71bb-53c4-932e-d782aa9c83b6"
    assert str(ids.import_case("boston", "101")) == "d56fd984-92f8-5cd4-a8f7-0a43ce608d7e"
    assert str(ids.step_command(ids.ORGANISATION, STEP)) == "12f8dff6-8090-5716-b3b9-9c9c30a57919"


def test_the_page_of_events_matches_the_classes() -> None:
    assert generate_events_page.PAGE.read_text("utf-8") == generate_events_page.page(), (
        "run `python -m tests.engine.generate_events_page`"
    )
