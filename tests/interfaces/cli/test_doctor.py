"""What the doctor says of rules that are not what the log or a case is pinned to."""

from __future__ import annotations

from dataclasses import replace

from interfaces.cli.doctor import pinned_check
from tests.support import town


def test_cases_pinned_to_another_text_are_counted_by_policy() -> None:
    book = town.rulebook("demo")
    key = ("demo", 1)
    cases = {(*key, book.hashes[key]): 4}
    assert pinned_check(cases, book).ok
    edited = replace(book, hashes={**book.hashes, key: "0" * 64})
    found = pinned_check({**cases, (*key, "0" * 64): 2}, edited)
    assert not found.ok
    assert found.found == "4 pinned to another text of demo@1"
