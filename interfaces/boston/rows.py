"""Streams the city's file row by row in constant memory, and says what is wrong with the file itself."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from domain.errors import DomainError

HEADER: Final = (
    "CASE_ENQUIRY_ID", "OPEN_DT", "TARGET_DT", "CLOSED_DT", "OnTime_Status", "CASE_STATUS", "CLOSURE_REASON",
    "CASE_TITLE", "SUBJECT", "REASON", "TYPE", "QUEUE", "Department", "SubmittedPhoto", "ClosedPhoto",
    "Location", "fire_district", "pwd_district", "city_council_district", "police_district", "neighborhood",
    "neighborhood_services_district", "ward", "precinct", "land_usage", "LOCATION_STREET_NAME",
    "LOCATION_ZIPCODE", "Property_Type", "Property_ID", "LATITUDE", "LONGITUDE", "Source",
    "Geocoded_Location",
)  # fmt: skip
"""The columns, in order, of the city's export of service requests."""

SURPLUS: Final = "+"
"""Key under which a row that is too long keeps its surplus fields, joined by commas."""

FIRST_LINE: Final = 2
"""Line of the first row; the header is line 1."""

_GZIP_MAGIC = b"\x1f\x8b"


class BostonFileError(DomainError):
    """The file itself can't be read, from here on; the rows before were good and stay.

    Codes: boston_missing, boston_header, boston_gzip, boston_encoding, boston_csv.

    Attributes:
        line: Line at which reading ended; 0 before the first one.
    """

    def __init__(self, code: str, line: int, message: str) -> None:
        super().__init__(f"{message} (line {line})" if line else message)
        self.code = code
        self.line = line


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file, plain or gzip, as column to text, just as printed.

    A row with too few fields lacks columns, one with too many has SURPLUS, an empty line has none: `mend`
    reports them. Rows are yielded before an error further down is met.

    Raises:
        BostonFileError: boston_missing, boston_header, boston_gzip, boston_encoding, boston_csv.
    """
    for row, _ in read_raw(path):
        yield row


def read_raw(path: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    """Yield each row as `read_rows` does, with the very bytes that it was read from.

    Raises:
        BostonFileError: As `read_rows`.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        message = f"Give the path of a readable file: {error.strerror}"
        raise BostonFileError("boston_missing", 0, message) from error
    with stream:
        tape = _Tape(_unpacked(stream))
        reader = csv.reader(tape, strict=True)
        _check_header(_next(reader, tape))
        tape.take()
        while (fields := _next(reader, tape)) is not None:
            yield _as_row(fields), tape.take()


class _Tape:
    """Lines as text, keeping the bytes of those handed out since the last `take`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._kept: list[bytes] = []
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline()
        if not line:
            raise StopIteration
        self.line += 1
        self._kept.append(line)
        return line.decode("utf-8-sig" if self.line == 1 else "utf-8")

    def take(self) -> bytes:
        """Return the bytes kept and begin anew."""
        kept = b"".join(self._kept)
        self._kept.clear()
        return kept


def _unpacked(stream: BinaryIO) -> BinaryIO:
    magic = stream.read(len(_GZIP_MAGIC))
    stream.seek(0)
    return gzip.open(stream, "rb") if magic == _GZIP_MAGIC else stream  # type: ignore[return-value]


def _next(reader: Iterator[list[str]], tape: _Tape) -> list[str] | None:
    try:
        return next(reader, None)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"The gzip file is truncated or damaged after this line; fetch it again: {error}"
        raise BostonFileError("boston_gzip", tape.line, message) from error
    except UnicodeDecodeError as error:
        message = f"The line is not UTF-8; convert the file: {error.reason} at byte {error.start}"
        raise BostonFileError("boston_encoding", tape.line, message) from error
    except csv.Error as error:
        raise BostonFileError("boston_csv", tape.line, f"The line is not CSV; mend it: {error}") from error


def _check_header(fields: list[str] | None) -> None:
    if fields is None:
        raise BostonFileError("boston_header", 0, "The file is empty; give the city's export.")
    if tuple(fields) == HEADER:
        return
    missing = [name for name in HEADER if name not in fields]
    unknown = [name for name in fields if name not in HEADER]
    said = f"missing {missing}, unknown {unknown}" if missing or unknown else "another order"
    raise BostonFileError("boston_header", 1, f"The header is not that of the city's export of 2015: {said}.")


def _as_row(fields: list[str]) -> dict[str, str]:
    row = dict(zip(HEADER, fields, strict=False))
    if len(fields) > len(HEADER):
        row[SURPLUS] = ",".join(fields[len(HEADER) :])
    return row
