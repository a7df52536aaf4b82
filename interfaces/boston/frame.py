"""By how much an import moves moments: all that was imported of a file stands in one time."""

from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from domain.errors import DomainError
from engine.handle import Engine
from interfaces.boston.mend import mend
from interfaces.boston.record import SNAPSHOT_END
from interfaces.boston.rows import FIRST_LINE, BostonFileError, read_rows
from interfaces.boston.story import case_id, first_command

_CHUNK: Final = 2_000
"""Rows that are looked up at a time."""
_SECOND: Final = timedelta(seconds=1)


class BostonTimeMixed(DomainError):
    """Cases of this file were imported in another time than is asked for now; nothing was recorded."""

    code = "boston_time_mixed"


def delta_for(engine: Engine, path: Path, now: datetime, *, until_now: bool) -> timedelta:
    """Return by how much to move the file: as the import begun before did, else as asked, in whole seconds.

    Raises:
        BostonTimeMixed: boston_time_mixed, when the import begun before moved its cases and this one is not
            to, or the other way round.
    """
    begun = begun_with(engine, path)
    if begun is None:
        return (now - SNAPSHOT_END) // _SECOND * _SECOND if until_now else timedelta(0)
    if bool(begun) is not until_now:
        raise BostonTimeMixed(
            f"Cases of this file stand in the log moved by {begun}; import it with --until-now too."
            if begun
            else "Cases of this file stand in the log as of 2015; import it without --until-now."
        )
    return begun


def begun_with(engine: Engine, path: Path) -> timedelta | None:
    """Return by how much the first row whose case is there already was moved; None when none is there.

    Reading ends quietly where the file can't be read on: the import itself will tell.
    """
    rows = enumerate(read_rows(path), FIRST_LINE)
    try:
        while chunk := list(islice(rows, _CHUNK)):
            ids = {case_id(raw.get("CASE_ENQUIRY_ID", "").strip()): (raw, line) for line, raw in chunk}
            first = {first_command(case): case for case in ids}
            for command in engine.store.answers(first):
                row = mend(*ids[first[command]])
                case = engine.case(case_id(row.id))
                if row.case is not None and case is not None:
                    return case.collected_at - row.case.opened
    except BostonFileError:
        pass
    return None
