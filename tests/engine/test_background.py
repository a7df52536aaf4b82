"""What a process that gives way sends is taken in little by little, and all of it."""

import multiprocessing as mp
import time
from collections.abc import Iterator
from multiprocessing.pool import Pool

import pytest

from engine.background import give_way, pieces

DATA = bytes(range(256)) * 300


def sent(data: bytes) -> list[bytes]:
    return list(pieces(data))


def seconds() -> float:
    """Return for how long it takes to send DATA where nothing waits for a receiver."""
    begun = time.monotonic()
    sent(DATA)
    return time.monotonic() - begun


@pytest.fixture
def behind() -> Iterator[Pool]:
    """A process that gives way: a priority is lowered for good, so not that of the tests."""
    with mp.get_context("spawn").Pool(1, give_way) as pool:
        yield pool


def test_whoever_has_the_usual_priority_sends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.nice", lambda _: 0)  # the tests themselves may have been told to give way
    assert sent(DATA) == [DATA]


def test_whoever_gives_way_sends_small_pieces_with_pauses(behind: Pool) -> None:
    found = behind.apply(sent, (DATA,))
    assert b"".join(found) == DATA
    assert len(found) == 5
    assert max(map(len, found)) == 16_384
    assert behind.apply(seconds) >= 0.004
    assert behind.apply(sent, (b"few",)) == [b"few"]
