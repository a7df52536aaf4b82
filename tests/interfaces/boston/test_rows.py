import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from interfaces.boston.mend import mend
from interfaces.boston.rows import HEADER, BostonFileError, read_raw, read_rows
from tests.interfaces.boston.rows_of import CLEAN, SAMPLE

HEAD = ",".join(HEADER).encode() + b"\n"


def line(case_id: str) -> bytes:
    return ",".join([case_id, *(f'"{CLEAN[name]}"' for name in HEADER[1:])]).encode() + b"\n"


GOOD = HEAD + b"".join(line(str(number)) for number in range(101001000000, 101001000300))


def read_until_error(path: Path) -> tuple[list[str], BostonFileError]:
    ids = []
    with pytest.raises(BostonFileError) as caught:
        for row in read_rows(path):
            ids.append(row["CASE_ENQUIRY_ID"])
    return ids, caught.value


@pytest.mark.parametrize("packed", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_rows_are_read_as_printed(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    (tmp_path / "file").write_bytes(packed(GOOD))
    rows = list(read_rows(tmp_path / "file"))
    assert len(rows) == 300
    assert rows[0] == {**CLEAN, "CASE_ENQUIRY_ID": "101001000000"}


def test_a_row_keeps_its_bytes_even_across_lines(tmp_path: Path) -> None:
    broken_over_lines = line("101001000001").replace(b"Bulb replaced", b"Bulb\nreplaced")
    (tmp_path / "file").write_bytes(HEAD + broken_over_lines + line("101001000002"))
    assert [printed for _, printed in read_raw(tmp_path / "file")] == [
        broken_over_lines,
        line("101001000002"),
    ]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbf" + GOOD)
    assert len(list(read_rows(tmp_path / "file"))) == 300


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a,b,c\n1,2,3\n",
        HEAD.replace(b"ward", b"Ward"),
        HEAD.replace(b"ward,precinct", b"precinct,ward"),
    ],
    ids=["empty", "another file", "another name", "another order"],
)
def test_another_header_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    ids, error = read_until_error(tmp_path / "file")
    assert (ids, error.code) == ([], "boston_header")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert read_until_error(tmp_path / "nothing")[1].code == "boston_missing"


def test_a_truncated_gzip_keeps_the_rows_before(tmp_path: Path) -> None:
    packed = gzip.compress(GOOD, compresslevel=0)
    (tmp_path / "file").write_bytes(packed[: len(packed) // 2])
    ids, error = read_until_error(tmp_path / "file")
    assert error.code == "boston_gzip"
    assert len(ids) >= 140
    assert error.line == len(ids) + 1


def test_a_damaged_gzip_is_told_from_its_sum(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(GOOD))
    packed[-6] ^= 0xFF
    (tmp_path / "file").write_bytes(packed)
    ids, error = read_until_error(tmp_path / "file")
    assert (len(ids), error.code) == (300, "boston_gzip")


def test_bad_encoding_is_told_with_its_line_and_keeps_the_rows_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(GOOD + line("101001000999").replace(b"Bulb", b"B\xfflb"))
    ids, error = read_until_error(tmp_path / "file")
    assert (len(ids), error.code, error.line) == (300, "boston_encoding", 302)


def test_an_open_quote_at_the_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(GOOD + b'101,"06/01')
    ids, error = read_until_error(tmp_path / "file")
    assert (len(ids), error.code) == (300, "boston_csv")


@pytest.mark.parametrize("bad", [b"\n", b"101001000999,06/01/2015\n", line("101001000999")[:-1] + b",more\n"])
def test_a_row_of_another_length_is_reported_and_the_next_is_read(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "file").write_bytes(HEAD + bad + line("101001000001"))
    short, good = (mend(row, number) for number, row in enumerate(read_rows(tmp_path / "file"), 2))
    assert short.case is None
    assert [finding.code for finding in short.findings] == ["row_shape"]
    assert good.case is not None


def test_reading_takes_constant_memory() -> None:
    tracemalloc.start()
    try:
        rows = sum(1 for _ in read_rows(SAMPLE))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rows == 5_000
    assert peak < 1_000_000, "less than the 3 MB that the rows would take"
