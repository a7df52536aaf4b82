"""Imports the city's file: each row becomes a case with its history, or a line that says why not."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from domain.organisation import UnitEstablished
from engine import clock
from engine.handle import Engine
from engine.pool import Mapped, cores, pool
from engine.settings import Settings, load
from interfaces.boston.axis import Axis
from interfaces.boston.error_file import ErrorFile
from interfaces.boston.findings import Finding, excerpt
from interfaces.boston.frame import delta_for
from interfaces.boston.mend import Mended, mend
from interfaces.boston.record import ZONE
from interfaces.boston.recording import Batch, Recording, Taken, recording
from interfaces.boston.report import ImportReport
from interfaces.boston.rows import FIRST_LINE, BostonFileError, read_rows
from interfaces.boston.story import ACTOR
from interfaces.boston.tally import Tally

__all__ = ["ImportReport", "run_import"]

BATCH: Final = 400
"""Rows of one transaction."""
MOST: Final = 4
"""Processes that an import starts unless it is told otherwise: each holds some 80 MB."""
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
    settings: Settings | None = None,
    jobs: int | None = None,
) -> ImportReport:
    """Import a file. May be stopped anywhere and run again: a case that is there is passed over.

    The outcome is the same with any number of processes; only the cases' order in the log differs.

    Args:
        engine: On a migrated database.
        path: The city's file, plain or gzip.
        until_now: Move every moment by one delta, so that the file's end, 13 January 2016, is now. An import
            that was begun so goes on with its first delta.
        errors: Where the error file goes; None: ERROR_FILE in the data folder.
        progress: Called after each batch with the rows done and the rows of the file, None when they can't be
            counted.
        settings: Of the same installation as `engine`, for processes that record; None: this one does.
        jobs: Number of those processes; None: one for each core, MOST at the most. With one, this one does.

    Raises:
        BostonFileError: The file can't be read on; what stands before that line is imported.
        BostonTimeMixed: boston_time_mixed; cases of the file were imported before, in another time.
        Unavailable: unavailable; run it again.
    """
    begun = time.monotonic()
    units = engine.rules.establish(units_of(Axis.load()), ACTOR)
    total = _count(path)
    where = errors or load().data_dir / ERROR_FILE
    now = clock.now()
    delta = delta_for(engine, path, now, until_now=until_now)
    processes = _processes(jobs, total)
    with ErrorFile(where) as error_file, _recording(engine, settings, processes, now, delta) as recorded:
        tally, reading = Tally(error_file), _Reading(path)
        for taken in recorded(tally.asked(reading)):
            tally.add(taken)
            if progress is not None:
                progress(tally.rows, total)
        reading.tell(error_file)
    return ImportReport(
        rows=tally.rows,
        cases=tally.cases,
        new=tally.new,
        reported=tally.reported,
        reported_only=tally.rows - tally.cases,
        seconds=time.monotonic() - begun,
        lapsed_rungs=tally.lapsed_rungs,
        units=units,
        delta=delta,
        errors=where,
    )


def _processes(jobs: int | None, total: int | None) -> int:
    """Return how many processes there is work for: a small file is read before a second one has started."""
    wanted = jobs or min(cores(), MOST)
    return wanted if total is None else min(wanted, -(-total // BATCH))


@contextmanager
def _recording(
    engine: Engine, settings: Settings | None, processes: int, now: datetime, delta: timedelta
) -> Iterator[Mapped[Batch, Taken]]:
    """Give what records batches: here, or in processes of their own."""
    if settings is None or processes < 2:  # noqa: PLR2004 - one process more gains nothing
        yield partial(map, Recording(engine, now, delta).take)
        return
    with pool(recording, (settings, now, delta), processes) as recorded:
        yield recorded


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


class _Reading:
    """The rows in batches; where the file can't be read on it ends with the rows before that."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._broken: BostonFileError | None = None

    def __iter__(self) -> Iterator[list[Mended]]:
        rows = (mend(raw, line) for line, raw in enumerate(self._until_broken(), FIRST_LINE))
        while batch := list(islice(rows, BATCH)):
            yield batch

    def _until_broken(self) -> Iterator[Mapping[str, str]]:
        try:
            yield from read_rows(self._path)
        except BostonFileError as error:
            self._broken = error

    def tell(self, error_file: ErrorFile) -> None:
        """Write where the file broke off, if it did, after all that is told of its rows.

        Raises:
            BostonFileError: It did.
        """
        if self._broken is not None:
            told = Finding(self._broken.code, "", excerpt(str(self._broken)))
            error_file.write(self._broken.line, "", (told,))
            raise self._broken
