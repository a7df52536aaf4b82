from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.actor import Actor, Role
from domain.case.clocks import find
from domain.case.commands import Answer, Resolve
from domain.case.stage import Outcome
from domain.personal import Personal
from engine import ids
from engine.handle import Engine
from interfaces.boston.flags import CLOCK, check_flags
from interfaces.boston.importer import run_import
from interfaces.boston.record import Flag
from interfaces.boston.story import case_id
from tests.interfaces.boston.imports import open_engine, row, write_rows
from tests.interfaces.boston.rows_of import SAMPLE

NOT_CLOSED = {"CASE_STATUS": "Open", "CLOSED_DT": "", "CLOSURE_REASON": ""}


@pytest.fixture
def engine(empty_database: str, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(empty_database, tmp_path)
    yield engine
    engine.close()


def test_our_clocks_give_the_citys_verdict_on_every_row_of_the_sample(engine: Engine, tmp_path: Path) -> None:
    run_import(engine, SAMPLE, until_now=True, errors=tmp_path / "errors.csv")
    report = check_flags(engine, SAMPLE)
    assert (report.closed, report.open, report.agree) == (3_975, 974, 4_949)
    assert (report.disagree, report.missing, report.sound) == ((), (), True)
    assert len(report.blank) == 51
    assert {verdict.ours for verdict in report.blank} == {Flag.OVERDUE}
    assert report.as_json()["blank"][0] == {"id": report.blank[0].id, "ours": "OVERDUE"}


# Spring left out 2:00 to 3:00 on 8 March 2015; autumn had 1:00 to 2:00 twice on 1 November 2015.
OVER_THE_CHANGES = [
    ("03/07/2015 09:00:00 PM", "03/08/2015 09:00:00 AM", "03/08/2015 09:00:00 AM", "ONTIME", 11),
    ("03/07/2015 09:00:00 PM", "03/08/2015 09:00:00 AM", "03/08/2015 09:00:01 AM", "OVERDUE", 11),
    ("03/08/2015 01:30:00 AM", "03/08/2015 03:30:00 AM", "03/08/2015 03:15:00 AM", "ONTIME", 1),
    ("10/31/2015 09:00:00 PM", "11/01/2015 09:00:00 AM", "11/01/2015 09:00:00 AM", "ONTIME", 13),
    ("10/31/2015 09:00:00 PM", "11/01/2015 09:00:00 AM", "11/01/2015 09:00:01 AM", "OVERDUE", 13),
    ("11/01/2015 12:30:00 AM", "11/01/2015 02:30:00 AM", "11/01/2015 02:29:00 AM", "ONTIME", 3),
]


@pytest.mark.parametrize("until_now", [False, True], ids=["then", "moved to now"])
def test_limits_that_run_over_both_changes_of_the_year_are_judged_by_real_time(
    engine: Engine, tmp_path: Path, until_now: bool
) -> None:
    rows = [
        row(number, OPEN_DT=opened, TARGET_DT=target, CLOSED_DT=closed, OnTime_Status=flag, CLOSURE_REASON="")
        for number, (opened, target, closed, flag, _) in enumerate(OVER_THE_CHANGES)
    ]
    path = write_rows(tmp_path / "rows.csv", *rows)
    run_import(engine, path, until_now=until_now, errors=tmp_path / "errors.csv")
    assert check_flags(engine, path).closed == len(rows)
    for raw, (*_, hours) in zip(rows, OVER_THE_CHANGES, strict=True):
        case = engine.case(case_id(raw["CASE_ENQUIRY_ID"]))
        assert case is not None
        clock = find(case.clocks, CLOCK)
        assert clock is not None and clock.target is not None
        assert clock.target - clock.started_at == timedelta(hours=hours)


def test_without_a_target_nothing_is_late_whatever_the_policys_fallback_says(
    engine: Engine, tmp_path: Path
) -> None:
    path = write_rows(
        tmp_path / "rows.csv",
        row(1, TARGET_DT="", CLOSED_DT="12/31/2015 09:00:00 AM", CLOSURE_REASON=""),
        row(2, TARGET_DT="", **NOT_CLOSED),
    )
    run_import(engine, path, errors=tmp_path / "errors.csv")
    assert check_flags(engine, path).agree == 2


def test_a_verdict_that_differs_a_blank_one_and_a_case_that_is_not_there_are_told(
    engine: Engine, tmp_path: Path
) -> None:
    rows = [row(1, OnTime_Status="OVERDUE"), row(2, OnTime_Status=""), row(3)]
    path = write_rows(tmp_path / "rows.csv", *rows[:2])
    run_import(engine, path, errors=tmp_path / "errors.csv")
    report = check_flags(engine, write_rows(tmp_path / "more.csv", *rows, rows[0]))
    assert [one.id for one in report.disagree] == ["101001000001"]
    assert [(one.id, one.ours) for one in report.blank] == [("101001000002", Flag.ONTIME)]
    assert report.missing == ("101001000003",)
    assert not report.sound


def test_work_done_since_the_import_changes_no_verdict_on_the_snapshot(
    engine: Engine, tmp_path: Path
) -> None:
    path = write_rows(tmp_path / "rows.csv", row(1, OnTime_Status="OVERDUE", **NOT_CLOSED))
    run_import(engine, path, until_now=True, errors=tmp_path / "errors.csv")
    answer = Answer(claim=1, outcome=Outcome.SOLVED, measure=Personal(text="Bulb replaced."))
    worker = Actor(id="w-1", role=Role.CASE_WORKER, unit="boston.dept-pwdx.street-light-outages")
    engine.handle(case_id("101001000001"), Resolve(answers=(answer,)), worker, command_id=ids.new())
    report = check_flags(engine, path)
    assert (report.open, report.sound) == (1, True)
