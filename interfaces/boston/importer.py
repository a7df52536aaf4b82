"""Imports the city's file: each row becomes a case with its history, or a line that says why not."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from domain.organisation import UnitEstablished
from engine import clock
from engine.handle import Engine
from engine.settings import load
from interfaces.boston.axis import Axis
from interfaces.boston.error_file import ErrorFile
from interfaces.boston.findings import Finding, excerpt
from interfaces.boston.frame import delta_for
from interfaces.boston.mend import Mended, mend
from interfaces.boston.record import ZONE
from interfaces.boston.recording import Recording
from interfaces.boston.report import ImportReport
from interfaces.boston.rows import FIRST_LINE, BostonFileError, read_rows
from interfaces.boston.story import ACTOR

__all__ = ["ImportReport", "run_import"]

BATCH: Final = 400
"""Rows of one transaction."""
ERROR_FILE: Final = "import-errors.csv"
"""Name of the error file in the data folder, where no other path is given."""
ESTABLISHED: Final = datetime(2015, 1, 1, tzinfo=ZONE)
"""From when on the units count: the beginning of the year of the file."""

Progress = Callable[[int, int | None], None]


def run_import(
    engine: Engine,
    path: Path,
    *,
    until_now: bool = False,
    errors: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a file. May be stopped anywhere and run again: a case that is there is passed over.

    Args:
        engine: On a migrated database.
        path: The city's file, plain or gzip.
        until_now: Move every moment by one delta, so that the file's end, 13 January 2016, is now. An import
            that was begun so goes on with its first delta.
        errors: Where the error file goes; None: ERROR_FILE in the data folder.
        progress: Called after each batch with the rows done and the rows of the file, None when they can't be
            counted.

    Raises:
        BostonFileError: The file can't be read on; what stands before that line is imported.
        BostonTimeMixed: boston_time_mixed; cases of the file were imported before, in another time.
        Unavailable: unavailable; run it again.
    """
    begun = time.monotonic()
    units = engine.rules.establish(units_of(Axis.load()), ACTOR)
    total = _count(path) if progress is not None else None
    where = errors or load().data_dir / ERROR_FILE
    now = clock.now()
    delta = delta_for(engine, path, now, until_now=until_now)
    with ErrorFile(where) as error_file:
        run = Recording(engine, error_file, now, delta)
        for batch in _batches(path, error_file):
            run.take(batch)
            if progress is not None:
                progress(run.rows, total)
    return ImportReport(
        rows=run.rows,
        cases=run.cases,
        new=run.new,
        reported=run.reported,
        reported_only=run.rows - run.cases,
        seconds=time.monotonic() - begun,
        lapsed_rungs=run.lapsed_rungs,
        units=units,
        delta=delta,
        errors=where,
    )


def units_of(axis: Axis) -> list[UnitEstablished]:
    """Return the units of Boston as events, parents before children."""
    return [
        UnitEstablished(
            at=ESTABLISHED,
            unit=unit.id,
            parent=unit.parent,
            level=unit.level.value,
            name_en=unit.name_en,
            name_zh=unit.name_zh,
        )
        for unit in axis.units
    ]


def _count(path: Path) -> int | None:
    try:
        return sum(1 for _ in read_rows(path))
    except BostonFileError:
        return None


def _batches(path: Path, error_file: ErrorFile) -> Iterator[list[Mended]]:
    """Yield the rows in batches; a file that can't be read on ends after the rows before that."""
    rows = (mend(raw, line) for line, raw in enumerate(read_rows(path), FIRST_LINE))
    batch: list[Mended] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except BostonFileError as error:
        yield batch
        error_file.write(error.line, "", (Finding(error.code, "", excerpt(str(error))),))
        raise
    if batch:
        yield batch
