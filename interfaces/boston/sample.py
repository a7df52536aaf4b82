"""Takes the committed sample: few rows of the city's file, just as printed, with every kind of dirt."""

import gzip
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from interfaces.boston.mend import Mended, mend
from interfaces.boston.record import SNAPSHOT_END, BostonCase, Status
from interfaces.boston.rows import FIRST_LINE, HEADER, read_raw

SIZE: Final = 5_000
"""Rows of the committed sample."""

QUOTAS: Final[dict[str, int]] = {
    "code": 12,
    "department": 12,
    "queue": 4,
    "closure": 25,
    "channel": 20,
    "ward": 20,
    "neighbourhood": 10,
    "type": 3,
    "standing": 25,
    "future": 300,
    "duplicate": 60,
}
"""How many rows of each value of a trait are taken first, as far as they exist."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    id: str
    traits: tuple[tuple[str, str], ...]
    repeats: str | None

    @property
    def order(self) -> bytes:
        return hashlib.sha256(self.id.encode()).digest()


def choose(path: Path, size: int = SIZE) -> frozenset[int]:
    """Return the lines to take: the same for the same file.

    Rows are looked at in the order of the SHA-256 of their ids. First those that show a trait of which fewer
    rows than its quota were taken; then the cases that taken duplicates repeat; then any, up to `size`.
    """
    rows = sorted(_rows(path), key=lambda row: (row.order, row.line))
    taken: Counter[tuple[str, str]] = Counter()
    chosen: dict[int, _Row] = {}
    for row in rows:
        if any(taken[trait] < QUOTAS[trait[0]] for trait in row.traits):
            chosen[row.line] = row
            taken.update(row.traits)
    repeated = {row.repeats for row in chosen.values()}
    chosen.update({row.line: row for row in rows if row.id in repeated})
    for row in rows:
        if len(chosen) >= size:
            break
        chosen[row.line] = row
    return frozenset(chosen)


def take(source: Path, output: Path, size: int = SIZE) -> int:
    """Write the sample as gzip, header first, each row the bytes of the source; return the number of rows."""
    lines = choose(source, size)
    with output.open("wb") as stream, gzip.GzipFile("", "wb", 9, stream, mtime=0) as packed:
        packed.write(",".join(HEADER).encode() + b"\n")
        for line, (_, printed) in enumerate(read_raw(source), FIRST_LINE):
            if line in lines:
                packed.write(printed)
    return len(lines)


def _rows(path: Path) -> Iterator[_Row]:
    for line, (raw, _) in enumerate(read_raw(path), FIRST_LINE):
        mended = mend(raw, line)
        closure = mended.case.closure if mended.case else None
        yield _Row(line, mended.id, tuple(_traits(mended)), closure.duplicate_of if closure else None)


def _traits(mended: Mended) -> Iterator[tuple[str, str]]:
    for finding in mended.findings:
        yield "code", finding.code
    if (case := mended.case) is None:
        return
    yield "department", case.desk.department or ""
    yield "queue", case.desk.queue or ""
    yield "channel", case.channel
    yield "ward", str(case.place.ward)
    yield "neighbourhood", case.place.neighbourhood or ""
    yield "type", case.matter.type
    yield "standing", f"{case.status} {case.flag} {case.target is not None}"
    yield from _closing_traits(case)


def _closing_traits(case: BostonCase) -> Iterator[tuple[str, str]]:
    if case.status is Status.OPEN and case.target is not None and case.target > SNAPSHOT_END:
        yield "future", ""
    if case.closure is not None:
        yield "closure", case.closure.kind
        if case.closure.duplicate_of is not None:
            yield "duplicate", ""


if __name__ == "__main__":
    print(take(Path(sys.argv[1]), Path(sys.argv[2])))
