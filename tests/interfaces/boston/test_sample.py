from collections import Counter
from pathlib import Path

from interfaces.boston.axis import Axis
from interfaces.boston.findings import CODES
from interfaces.boston.mend import mend
from interfaces.boston.record import SNAPSHOT_END, ClosureKind, Status
from interfaces.boston.rows import read_raw, read_rows
from interfaces.boston.sample import choose, take
from tests.interfaces.boston.rows_of import ROOT, SAMPLE

NOT_IN_2015 = {
    "row_shape", "id_blank", "id_form", "id_repeated", "value_unfit",
    "opened_blank", "opened_form", "target_form", "target_before_opened",
    "closed_form", "closed_long_before_opened", "closed_blank", "moment_nonexistent", "status_unknown",
    "open_with_closed", "flag_unknown", "label_blank", "department_blank", "department_unknown",
    "queue_blank", "queue_unknown", "source_unknown", "zip_unknown", "neighbourhood_unknown",
    "ward_unknown", "precinct_unknown",
    "point_form", "point_outside", "point_differs", "text_long",
}  # fmt: skip
"""Kinds of dirt that no row of the city's file has."""


def test_the_sample_has_every_department_every_closure_and_every_kind_of_dirt() -> None:
    results = [mend(row, line) for line, row in enumerate(read_rows(SAMPLE), 2)]
    cases = [result.case for result in results if result.case]
    found = Counter(finding.code for result in results for finding in result.findings)
    departments = {case.desk.department for case in cases}
    opened = [case for case in cases if case.status is Status.OPEN]
    assert len(results) == len(cases) == len({case.id for case in cases}) == 5_000
    assert set(found) == set(CODES) - NOT_IN_2015
    assert {case.closure.kind for case in cases if case.closure} == set(ClosureKind)
    assert departments == {None, *(unit.key for unit in Axis.load().units if unit.level == "department")}
    assert len(opened) >= 700
    assert sum(case.target is not None and case.target > SNAPSHOT_END for case in opened) >= 200


def test_some_duplicates_stand_beside_the_case_that_they_repeat() -> None:
    cases = [mend(row, line).case for line, row in enumerate(read_rows(SAMPLE), 2)]
    ids = {case.id for case in cases if case}
    assert sum(case.closure.duplicate_of in ids for case in cases if case and case.closure) >= 40


def test_taking_a_sample_twice_gives_the_same_bytes_and_rows_as_printed(tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv.gz", tmp_path / "second.csv.gz"
    assert take(SAMPLE, first, 3_500) == take(SAMPLE, second, 3_500) == len(choose(SAMPLE, 3_500))
    assert first.read_bytes() == second.read_bytes()
    printed = {line for _, line in read_raw(SAMPLE)}
    assert all(line in printed for _, line in read_raw(first))


def test_the_page_lists_every_code_as_the_program_does() -> None:
    page = (ROOT / "docs" / "boston.md").read_text(encoding="utf-8")
    for code, (fate, meaning) in CODES.items():
        assert f"| `{code}` | {fate} | {meaning} |" in page, code
