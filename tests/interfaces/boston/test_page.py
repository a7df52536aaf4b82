"""The figures of docs/boston.md: of the sample in every run, of the full file where it is at hand.

BOSTON_FULL_FILE names the city's file of 121,145 rows; without it the tests of the full file are skipped.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from interfaces.boston.findings import CODES
from interfaces.boston.flags import check_flags
from interfaces.boston.importer import run_import
from interfaces.boston.mend import mend
from interfaces.boston.oracle import compare
from interfaces.boston.record import ClosureKind, Flag, Status
from interfaces.boston.rows import read_rows
from tests.interfaces.boston.imports import open_engine
from tests.interfaces.boston.rows_of import ROOT, SAMPLE, lapsed_in

PAGE = (ROOT / "docs" / "boston.md").read_text("utf-8")
FULL = os.environ.get("BOSTON_FULL_FILE")
needs_full_file = pytest.mark.skipif(FULL is None, reason="BOSTON_FULL_FILE names no file")
_NUMBER = r"([\d,]+)"


@dataclass
class Counts:
    """What is in a file."""

    rows: int = 0
    found: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    closures: Counter[str] = field(default_factory=Counter)
    no_closure: Counter[Status] = field(default_factory=Counter)
    verdicts: Counter[tuple[Status, bool | None]] = field(default_factory=Counter)
    blank: dict[Status, list[str]] = field(default_factory=lambda: {Status.CLOSED: [], Status.OPEN: []})
    blank_verdicts: set[Flag] = field(default_factory=set)

    def add(self, row: dict[str, str], line: int) -> None:
        mended = mend(row, line)
        case = mended.case
        assert case is not None
        self.rows += 1
        self.found += bool(mended.findings)
        self.codes.update(finding.code for finding in mended.findings)
        self.no_closure[case.status] += not row["CLOSURE_REASON"]
        if case.closure is not None:
            self.closures[case.closure.kind.value] += 1
        verdict = compare(case, case.target, case.closed)
        self.verdicts[case.status, verdict.agrees] += 1
        if verdict.agrees is None:
            self.blank[case.status].append(case.id)
            self.blank_verdicts.add(verdict.ours)


def count(path: Path) -> Counts:
    counts = Counts()
    for line, row in enumerate(read_rows(path), 2):
        counts.add(row, line)
    return counts


def number(text: str) -> int:
    return int(text.replace(",", ""))


def tables(column: int) -> tuple[dict[str, int], dict[str, int]]:
    """The page's findings and closures, with their number in the full file (0) or the sample (1)."""
    codes = re.findall(rf"^\| `([a-z_]+)` \| .* \| {_NUMBER} \| {_NUMBER} \|$", PAGE, re.M)
    kinds = re.findall(rf"^\| ([a-z_]+) \| .* \| {_NUMBER} \| {_NUMBER} \| [a-z()]+ \|$", PAGE, re.M)
    return (
        {row[0]: number(row[1 + column]) for row in codes},
        {row[0]: number(row[1 + column]) for row in kinds},
    )


def test_the_columns_of_the_sample_are_counted_from_it() -> None:
    counts, (codes, kinds) = count(SAMPLE), tables(1)
    assert codes == {code: counts.codes[code] for code in CODES}
    assert kinds == {kind.value: counts.closures[kind.value] for kind in ClosureKind}


@pytest.fixture(scope="module")
def full() -> Path:
    assert FULL is not None
    return Path(FULL)


@pytest.fixture(scope="module")
def everything(full: Path) -> Iterator[Counts]:
    yield count(full)


def listed(heading: str) -> list[str]:
    """The ids of a list of the page."""
    return PAGE.split(f"\n{heading}:\n\n```\n")[1].split("```")[0].split()


@needs_full_file
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_columns_of_the_full_file_are_counted_from_it(everything: Counts) -> None:
    codes, kinds = tables(0)
    assert codes == {code: everything.codes[code] for code in CODES}
    assert kinds == {kind.value: everything.closures[kind.value] for kind in ClosureKind}
    said = f"{everything.found:,} of {everything.rows:,} rows, {everything.codes.total():,} findings"
    assert said in PAGE
    assert everything.no_closure[Status.CLOSED] == 0
    assert f"\n{everything.no_closure[Status.OPEN]:,} rows have no closure text; all of them are open" in PAGE


@needs_full_file
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_verdict_on_the_full_file_differs_from_the_citys(everything: Counts) -> None:
    assert everything.verdicts == {
        (Status.CLOSED, True): 101_190,
        (Status.OPEN, True): 19_802,
        (Status.CLOSED, None): 82,
        (Status.OPEN, None): 71,
    }
    assert everything.blank_verdicts == {Flag.OVERDUE}
    assert sorted(everything.blank[Status.CLOSED]) == listed("Closed")
    assert sorted(everything.blank[Status.OPEN]) == listed("Open")


@needs_full_file
@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(5_400)
def test_the_full_file_is_imported_whole_and_once(full: Path, empty_database: str, tmp_path: Path) -> None:
    engine = open_engine(empty_database, tmp_path)
    try:
        first = run_import(engine, full, errors=tmp_path / "errors.csv")
        assert (first.rows, first.cases, first.new, first.reported_only) == (121_145, 121_145, 121_145, 0)
        assert f"{engine.store.count() - first.units:,} events" in PAGE
        assert first.lapsed_rungs == lapsed_in(full)
        assert f"{first.lapsed_rungs:,} lapsed rungs" in PAGE
        again = run_import(engine, full, errors=tmp_path / "errors.csv")
        assert (again.rows, again.cases, again.new) == (121_145, 121_145, 0)
        flags = check_flags(engine, full)
        assert flags.sound
        assert (flags.closed, flags.open, len(flags.blank)) == (101_190, 19_802, 153)
    finally:
        engine.close()
