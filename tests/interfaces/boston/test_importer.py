import gzip
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from domain.actor import Actor, Role
from domain.case.plan import plan
from domain.case.stage import FINAL, Stage
from domain.case.state import Case
from engine import clock
from engine.handle import Engine
from engine.replay import history
from interfaces.boston.axis import Axis
from interfaces.boston.error_file import safe
from interfaces.boston.findings import CODES
from interfaces.boston.frame import BostonTimeMixed
from interfaces.boston.importer import BATCH, ImportReport, run_import
from interfaces.boston.mend import mend
from interfaces.boston.record import SNAPSHOT_END
from interfaces.boston.rows import BostonFileError, read_rows
from interfaces.boston.story import case_id
from interfaces.local.processes import wait_until
from tests.interfaces.boston.imports import open_engine, read_errors, row, write_rows
from tests.interfaces.boston.rows_of import ROOT, SAMPLE, lapsed_in

AUDITOR = Actor(id="auditor", role=Role.AUDITOR)


class Imported(NamedTuple):
    """The sample, imported once as it stands."""

    engine: Engine
    report: ImportReport
    begun: datetime
    progress: list[tuple[int, int | None]]


@pytest.fixture(scope="module")
def sample(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    folder = tmp_path_factory.mktemp("sample")
    engine = open_engine(database, folder)
    begun = clock.now()
    steps: list[tuple[int, int | None]] = []
    report = run_import(
        engine, SAMPLE, errors=folder / "errors.csv", progress=lambda done, total: steps.append((done, total))
    )
    yield Imported(engine, report, begun, steps)
    engine.close()


@pytest.fixture
def engine(empty_database: str, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(empty_database, tmp_path)
    yield engine
    engine.close()


def the_case(engine: Engine, row_id: str) -> Case:
    case = engine.case(case_id(row_id))
    assert case is not None
    return case


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return (report.rows, report.cases, report.reported, report.reported_only, report.lapsed_rungs)


def test_every_row_of_the_sample_is_a_case_or_reported(sample: Imported) -> None:
    report = sample.report
    assert report.rows == report.cases + report.reported_only == 5_000
    assert report.cases == report.new == 5_000
    assert report.units == len(Axis.load().units)
    assert report.delta == timedelta(0)
    assert sample.progress[-1] == (5_000, 5_000)


def test_the_error_file_has_a_line_for_each_finding(sample: Imported) -> None:
    expected = [
        (str(line), raw["CASE_ENQUIRY_ID"], finding.code)
        for line, raw in enumerate(read_rows(SAMPLE), 2)
        for finding in mend(raw, line).findings
    ]
    written = read_errors(sample.report.errors)
    assert [(one["line"], one["id"], one["code"]) for one in written] == expected
    assert {one["code"] for one in written} <= CODES.keys()
    assert len({one["line"] for one in written}) == sample.report.reported
    assert sample.report.errors.stat().st_mode & 0o077 == 0


def test_importing_twice_gives_the_same_and_nothing_new(sample: Imported, tmp_path: Path) -> None:
    before = sample.engine.store.count()
    again = run_import(sample.engine, SAMPLE, errors=tmp_path / "errors.csv")
    assert sample.engine.store.count() == before
    assert (again.new, again.units) == (0, 0)
    assert counts(again) == counts(sample.report)
    assert again.errors.read_bytes() == sample.report.errors.read_bytes()


def test_each_event_has_the_rows_time_and_the_imports(sample: Imported) -> None:
    raw = next(raw for raw in read_rows(SAMPLE) if raw["CASE_STATUS"] == "Closed" and raw["TARGET_DT"])
    made = mend(raw, 2).case
    assert made is not None
    events = history(sample.engine.store, case_id(made.id))
    assert [one.name for one in events[:4]] == [
        "case.collected",
        "case.screened",
        "case.assigned",
        "case.target_received",
    ]
    assert all(one.happened == made.opened for one in events[:4])
    assert all(one.happened == made.closed for one in events[4:])
    assert all(sample.begun <= one.recorded_at <= clock.now() for one in events)
    assert {one.actor.id for one in events} == {"import:boston-311"}


def test_open_cases_stay_open_closed_ones_are_closed_and_duplicates_refused(sample: Imported) -> None:
    stages: Counter[tuple[str, Stage]] = Counter()
    for raw in read_rows(SAMPLE):
        stages[raw["CASE_STATUS"], the_case(sample.engine, raw["CASE_ENQUIRY_ID"]).stage] += 1
        if sum(stages.values()) == 600:
            break
    assert {stage for status, stage in stages if status == "Open"} == {Stage.ASSIGNED}
    assert {stage for status, stage in stages if status == "Closed"} == {Stage.CLOSED, Stage.REFUSED}


def test_the_words_are_in_the_vault_and_not_in_the_events(sample: Imported) -> None:
    raw = next(raw for raw in read_rows(SAMPLE) if raw["Location"] and raw["TYPE"] == "Street Light Outages")
    case = the_case(sample.engine, raw["CASE_ENQUIRY_ID"])
    assert case.intake.resident.address is not None
    opened = sample.engine.vault.open(
        [case.claims[0].words, case.intake.resident.address], AUDITOR, "test of the import"
    )
    assert opened[case.claims[0].words] == raw["CASE_TITLE"].strip()
    assert raw["LOCATION_STREET_NAME"].split()[0] in opened[case.intake.resident.address]


def test_rungs_that_fell_due_before_the_import_are_counted_and_never_planned(sample: Imported) -> None:
    book = sample.engine.rules.current()
    assert sample.report.lapsed_rungs == lapsed_in(SAMPLE)
    steps = 0
    for raw in (raw for raw in read_rows(SAMPLE) if raw["CASE_STATUS"] == "Open"):
        case = the_case(sample.engine, raw["CASE_ENQUIRY_ID"])
        step = plan(case, book)
        assert step is None or step.wake_at > sample.begun
        steps += step is not None
    assert steps == 0, "in 2015 all has lapsed"


def test_moved_until_now_the_file_ends_now_and_keeps_its_distances(engine: Engine, tmp_path: Path) -> None:
    opened = {
        "CASE_STATUS": "Open",
        "CLOSED_DT": "",
        "CLOSURE_REASON": "",
        "TARGET_DT": "01/15/2016 12:00:00 AM",
    }
    path = write_rows(tmp_path / "rows.csv", row(1), row(2, **opened))
    report = run_import(engine, path, until_now=True, errors=tmp_path / "errors.csv")
    end = SNAPSHOT_END + report.delta
    assert timedelta(0) <= clock.now() - end < timedelta(minutes=2)
    assert any("moved by" in sentence for sentence in report.sentences())
    closed, waiting = the_case(engine, "101001000001"), the_case(engine, "101001000002")
    assert closed.collected_at - report.delta == datetime(2015, 6, 1, 13, tzinfo=UTC)
    assert closed.since - closed.collected_at == timedelta(days=2, hours=7, minutes=17, seconds=43)
    step = plan(waiting, engine.rules.current())
    assert step is not None
    assert step.wake_at > end, "with two days to go the ladder is alive"


def test_an_import_that_was_begun_goes_on_with_its_first_delta(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_import(
        engine, write_rows(tmp_path / "a.csv", row(1)), until_now=True, errors=tmp_path / "errors.csv"
    )
    later = clock.now() + timedelta(hours=5)
    monkeypatch.setattr("interfaces.boston.importer.clock.now", lambda: later)
    second = run_import(
        engine, write_rows(tmp_path / "b.csv", row(1), row(2)), until_now=True, errors=tmp_path / "errors.csv"
    )
    assert (second.new, second.delta) == (1, first.delta)
    assert the_case(engine, "101001000001").collected_at == the_case(engine, "101001000002").collected_at


def test_a_case_far_down_in_the_file_gives_the_delta_of_all(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = 2 * BATCH
    begun = write_rows(tmp_path / "a.csv", row(last))
    first = run_import(engine, begun, until_now=True, errors=tmp_path / "errors.csv")
    later = clock.now() + timedelta(hours=5)
    monkeypatch.setattr("interfaces.boston.importer.clock.now", lambda: later)
    whole = write_rows(tmp_path / "b.csv", *(row(number) for number in range(1, last + 1)))
    second = run_import(engine, whole, until_now=True, errors=tmp_path / "errors.csv")
    assert (second.new, second.delta) == (last - 1, first.delta)
    assert the_case(engine, "101001000001").collected_at == the_case(engine, f"101001{last:06d}").collected_at


@pytest.mark.parametrize("moved", [True, False], ids=["moved first", "as of 2015 first"])
def test_one_file_never_stands_in_two_times(engine: Engine, tmp_path: Path, moved: bool) -> None:
    errors = tmp_path / "errors.csv"
    path = write_rows(tmp_path / "a.csv", row(1))
    more = write_rows(tmp_path / "b.csv", row(2), row(1))
    run_import(engine, path, until_now=moved, errors=errors)
    before = engine.store.count()
    for file in (path, more):
        with pytest.raises(BostonTimeMixed) as refusal:
            run_import(engine, file, until_now=not moved, errors=errors)
        assert refusal.value.code == "boston_time_mixed"
        assert ("with --until-now too" if moved else "without --until-now") in refusal.value.message
    assert engine.store.count() == before
    assert run_import(engine, path, until_now=moved, errors=errors).new == 0


def test_rows_that_make_no_case_are_reported_with_their_code(engine: Engine, tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "rows.csv",
        row(1),
        row(2, CASE_ENQUIRY_ID=""),
        row(3, CASE_ENQUIRY_ID="=1+1"),
        row(4, OPEN_DT=""),
        row(5, OPEN_DT="soon"),
        row(1, CASE_TITLE="again"),
        row(7, OPEN_DT="06/01/2090 09:00:00 AM", CLOSED_DT="", TARGET_DT="", CASE_STATUS="Open"),
    )
    report = run_import(engine, path, errors=tmp_path / "errors.csv")
    again = run_import(engine, path, errors=tmp_path / "errors.csv")
    assert (report.rows, report.cases, report.new, report.reported_only) == (7, 1, 1, 6)
    assert counts(again) == counts(report)
    codes = {one["line"]: one["code"] for one in read_errors(report.errors)}
    fatal = ("id_blank", "id_form", "opened_blank", "opened_form", "id_repeated", "happened_in_future")
    assert [codes[str(line)] for line in range(3, 9)] == list(fatal)
    assert the_case(engine, "101001000001").version == 6, "the row that came first counts"


def test_a_case_without_a_queue_goes_to_the_citys_desk_with_a_finding(engine: Engine, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.csv", row(1, Department="No Q", QUEUE="INFO01_Misc"))
    report = run_import(engine, path, errors=tmp_path / "errors.csv")
    assert the_case(engine, "101001000001").duties.handled == {"boston.desk"}
    assert "no_queue_department" in {one["code"] for one in read_errors(report.errors)}


def test_a_file_that_breaks_off_leaves_what_was_read_and_says_where(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(SAMPLE.read_bytes()[:60_000])
    errors = tmp_path / "errors.csv"
    with pytest.raises(BostonFileError) as refusal:
        run_import(engine, path, errors=errors, progress=lambda done, total: None)
    assert refusal.value.code == "boston_gzip"
    last = read_errors(errors)[-1]
    assert (last["code"], last["line"]) == ("boston_gzip", str(refusal.value.line))
    whole = write_rows(tmp_path / "whole.csv", *list(read_rows(SAMPLE))[: refusal.value.line - 1])
    again = run_import(engine, whole, errors=errors)
    assert again.new <= 1 < again.cases, "the rows before the break were there"


def test_an_error_file_that_cannot_be_written_is_told_before_anything_is_imported(
    engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(BostonFileError, match="another path") as refusal:
        run_import(engine, write_rows(tmp_path / "rows.csv", row(1)), errors=tmp_path / "taken")
    assert refusal.value.code == "boston_error_file"
    assert engine.case(case_id("101001000001")) is None


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " \t=1", "\uff1d1"])
def test_a_cell_never_begins_as_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe("12 Ashmont St") == "12 Ashmont St"


def kill_an_import(engine: Engine, url: str, folder: Path) -> None:
    """Let others import the sample, and end their parent without warning once they are well under way."""
    command = [sys.executable, "-m", "tests.interfaces.boston.imports", url, str(folder), str(SAMPLE)]
    child = subprocess.Popen(command, cwd=ROOT)
    wait_until(lambda: engine.store.count() > 5_000 or child.poll() is not None, 120)
    started = psutil.Process(child.pid).children()
    child.send_signal(signal.SIGKILL)
    assert child.wait(30) == -signal.SIGKILL, "it must die in the middle"
    assert len(started) >= 2
    assert psutil.wait_procs(started, timeout=30)[1] == [], "nobody goes on without it"


def test_killed_in_the_middle_and_run_again_nothing_is_doubled_or_lost(
    sample: Imported, empty_database: str, tmp_path: Path
) -> None:
    engine = open_engine(empty_database, tmp_path)
    try:
        kill_an_import(engine, empty_database, tmp_path)
        assert engine.store.count() < sample.engine.store.count()
        report = run_import(engine, SAMPLE, until_now=True, errors=tmp_path / "errors.csv")
        assert 0 < report.new < report.cases == 5_000
        assert counts(replace(report, lapsed_rungs=sample.report.lapsed_rungs)) == counts(sample.report)
        assert engine.store.count() == sample.engine.store.count()
        deltas = set()
        for line, raw in enumerate(read_rows(SAMPLE), 2):
            made = mend(raw, line).case
            assert made is not None
            if line % 50 == 0:
                deltas.add(the_case(engine, made.id).collected_at - made.opened)
        assert deltas == {report.delta}, "one delta for the whole file"
    finally:
        engine.close()


def test_no_imported_case_is_silent(sample: Imported) -> None:
    for raw in list(read_rows(SAMPLE))[:500]:
        case = the_case(sample.engine, raw["CASE_ENQUIRY_ID"])
        assert case.stage in FINAL or any(clock.open for clock in case.clocks)
        assert case.responsible


def test_the_third_party_is_there_to_visit_what_the_city_handled(sample: Imported) -> None:
    unit = sample.engine.rules.current().organisation.unit("boston.third-party")
    assert (unit.level, unit.parent) == ("third_party", "boston")


def test_a_gzip_file_and_a_plain_one_give_the_same_cases(engine: Engine, tmp_path: Path) -> None:
    plain = write_rows(tmp_path / "rows.csv", row(1), row(2))
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert run_import(engine, plain, errors=tmp_path / "errors.csv").new == 2
    assert run_import(engine, packed, errors=tmp_path / "errors.csv").new == 0
