"""New ids follow the time and never meet; derived ones stay what they are."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import pytest

from engine import ids


def test_a_new_id_is_one_of_version_7_and_begins_with_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.new()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= after


def test_ids_of_later_milliseconds_are_greater(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [1_700_000_000_000, 1_700_000_000_001, 1_790_000_000_000, 2**48 - 1]
    made: list[UUID] = []
    for moment in moments:
        monkeypatch.setattr(time, "time_ns", lambda moment=moment: moment * 1_000_000)
        made.append(ids.new())
    assert made == sorted(made)
    assert [one.int >> 80 for one in made] == moments
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


def test_ids_never_meet_and_each_of_their_random_bits_varies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_790_000_000_000_000_000)
    with ThreadPoolExecutor(4) as pool:
        made = {one.int for one in pool.map(lambda _: ids.new(), range(4_000))}
    assert len(made) == 4_000
    ever, always = 0, -1
    for one in made:
        ever, always = ever | one, always & one
    assert (ever ^ always).bit_count() == 74
