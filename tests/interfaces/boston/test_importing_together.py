"""An import in several processes: what it gives is what one process gives, and it may be killed anywhere."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.errors import Unavailable
from engine.handle import Engine
from engine.replay import history
from engine.settings import Settings
from interfaces.boston.importer import ImportReport, run_import
from interfaces.boston.mend import mend
from interfaces.boston.rows import FIRST_LINE, BostonFileError, read_rows
from interfaces.boston.story import case_id
from tests.interfaces.boston.imports import open_engine, read_errors, row, write_rows
from tests.interfaces.boston.rows_of import SAMPLE
from tests.support.servers import fresh_database

pytestmark = pytest.mark.postgres
BATCH = 20
ODD = {"opened_form": 102, "id_repeated": 103, "happened_in_future": 104}
"""Rows that make no case by code and line; the id that is repeated stands five batches further up too."""


class Place(NamedTuple):
    """A database with its engine."""

    engine: Engine
    settings: Settings

    def run(self, path: Path, errors: Path, **how: Any) -> ImportReport:
        """Import a file with two processes."""
        return run_import(self.engine, path, errors=errors, settings=self.settings, jobs=2, **how)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("interfaces.boston.importer.BATCH", BATCH)
    yield
    assert multiprocessing.active_children() == []


@pytest.fixture
def place(empty_database: str, tmp_path: Path) -> Iterator[Place]:
    engine = open_engine(empty_database, tmp_path)
    yield Place(engine, Settings(DATABASE_URL=empty_database, data_dir=tmp_path))
    engine.close()


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real rows, and those of ODD among them."""
    real = list(islice(read_rows(SAMPLE), 200))
    ahead = {"OPEN_DT": "06/01/2090 09:00:00 AM", "CLOSED_DT": "", "TARGET_DT": "", "CASE_STATUS": "Open"}
    odd = [row(1, OPEN_DT="soon"), {**real[3], "CASE_TITLE": "again"}, row(2, **ahead)]
    return write_rows(tmp_path_factory.mktemp("rows") / "rows.csv", *real[:100], *odd, *real[100:])


@pytest.fixture(scope="module")
def alone(rows: Path, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The same rows, imported by one process."""
    folder = tmp_path_factory.mktemp("alone")
    with fresh_database(postgres_url) as url:
        engine = open_engine(url, folder)
        yield engine, run_import(engine, rows, errors=folder / "errors.csv")
        engine.close()


def counts(report: ImportReport) -> tuple[int, ...]:
    return (report.rows, report.cases, report.reported, report.reported_only, report.lapsed_rungs)


def told(engine: Engine, path: Path) -> dict[str, Any]:
    """What each row's case is, but for what chance and the moment of the import decide."""
    found: dict[str, Any] = {}
    for raw in read_rows(path):
        case = engine.case(case_id(raw["CASE_ENQUIRY_ID"]))
        events = [(one.name, one.happened) for one in history(engine.store, case_id(raw["CASE_ENQUIRY_ID"]))]
        found[raw["CASE_ENQUIRY_ID"]] = case and (case.stage, case.duties, case.clocks, events)
    return found


def test_the_outcome_is_that_of_one_process_and_twice_it_is_nothing_new(
    place: Place, rows: Path, alone: tuple[Engine, ImportReport], tmp_path: Path
) -> None:
    engine, report = alone
    seen: list[int] = []
    first = place.run(rows, tmp_path / "first.csv", progress=lambda done, total: seen.append(done))
    again = place.run(rows, tmp_path / "again.csv")
    assert counts(first) == counts(again) == counts(report)
    assert (first.rows, first.new, again.new) == (203, 200, 0)
    assert seen == [*range(BATCH, 203, BATCH), 203]
    assert first.errors.read_bytes() == again.errors.read_bytes() == report.errors.read_bytes()
    assert place.engine.store.count() == engine.store.count()
    assert told(place.engine, rows) == told(engine, rows)
    lines = {code: [one["line"] for one in read_errors(first.errors) if one["code"] == code] for code in ODD}
    assert lines == {code: [str(line)] for code, line in ODD.items()}


def test_a_process_that_is_killed_ends_the_import_and_the_next_one_completes_it(
    place: Place, rows: Path, alone: tuple[Engine, ImportReport], tmp_path: Path
) -> None:
    def kill(done: int, total: int | None) -> None:
        if done == BATCH:
            os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)

    with pytest.raises(Unavailable, match="run it again"):
        place.run(rows, tmp_path / "errors.csv", progress=kill)
    assert multiprocessing.active_children() == []
    report = place.run(rows, tmp_path / "errors.csv")
    engine, whole = alone
    assert 0 < report.new < report.cases
    assert counts(report) == counts(whole)
    assert report.errors.read_bytes() == whole.errors.read_bytes()
    assert place.engine.store.count() == engine.store.count()


def test_a_file_that_breaks_off_ends_after_its_rows_with_the_error_as_the_last_line(
    place: Place, tmp_path: Path
) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(SAMPLE.read_bytes()[:10_000])
    with pytest.raises(BostonFileError) as refusal:
        place.run(path, tmp_path / "errors.csv")
    lines = read_errors(tmp_path / "errors.csv")
    assert (lines[-1]["code"], lines[-1]["line"]) == ("boston_gzip", str(refusal.value.line))
    numbers = [int(one["line"]) for one in lines]
    assert numbers == sorted(numbers)
    last = list(islice(read_rows(SAMPLE), refusal.value.line - FIRST_LINE))[-1]
    assert mend(last, 2).case is not None
    assert place.engine.case(case_id(last["CASE_ENQUIRY_ID"])) is not None
