"""Boston's service requests of 2015 as cases: read, mended, placed and judged."""

from interfaces.boston.findings import CODES, Fate, Finding
from interfaces.boston.mend import Mended, mend
from interfaces.boston.record import SNAPSHOT_END, BostonCase, shift_to_now
from interfaces.boston.rows import FIRST_LINE, BostonFileError, read_rows

__all__ = [
    "CODES",
    "FIRST_LINE",
    "SNAPSHOT_END",
    "BostonCase",
    "BostonFileError",
    "Fate",
    "Finding",
    "Mended",
    "mend",
    "read_rows",
    "shift_to_now",
]
