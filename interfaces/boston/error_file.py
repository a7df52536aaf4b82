"""Writes what was wrong with each row, one line a finding, so that whoever keeps the source can mend it."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from interfaces.boston.findings import Finding
from interfaces.boston.rows import BostonFileError

COLUMNS: Final = ("line", "id", "code", "column", "value", "mended")
_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


class ErrorFile:
    """A CSV file that grows while the rows are read; an earlier one at the same path is replaced.

    Readable by its user only, since values are quoted from records.

    Args:
        path: Its folder is made where it is missing.

    Raises:
        BostonFileError: boston_error_file.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = open(path, "w", encoding="utf-8", newline="", opener=_private)
        except OSError as error:
            message = f"Give the error file another path than {path}: {error.strerror}"
            raise BostonFileError("boston_error_file", 0, message) from error
        self._writer = csv.writer(self._stream, quoting=csv.QUOTE_ALL)
        self._writer.writerow(COLUMNS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def write(self, line: int, row_id: str, findings: Iterable[Finding]) -> None:
        """Add a row's findings."""
        self._writer.writerows(
            (line, safe(row_id), one.code, one.column, safe(one.value), safe(one.mended or ""))
            for one in findings
        )

    def flush(self) -> None:
        """Let what was written so far be read."""
        self._stream.flush()


def safe(text: str) -> str:
    """Return text that a spreadsheet shows and doesn't run as a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
