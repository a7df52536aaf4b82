"""What the doctor says of rules that are not what a case is pinned to, and of timers that are late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from interfaces.cli.doctor import pinned_check, timers_check
from interfaces.cli.foundation import roles_check
from tests.support import town
from workers.relay.swept import Swept

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_cases_pinned_to_another_text_are_counted_by_policy() -> None:
    book = town.rulebook("demo")
    key = ("demo", 1)
    cases = {(*key, book.hashes[key]): 4}
    assert pinned_check(cases, book).ok
    edited = replace(book, hashes={**book.hashes, key: "0" * 64})
    found = pinned_check({**cases, (*key, "0" * 64): 2}, edited)
    assert not found.ok
    assert found.found == "4 pinned to another text of demo@1"


@pytest.mark.parametrize(
    ("ago", "warning"), [(None, False), (timedelta(minutes=1), True), (timedelta(hours=1), False)]
)
def test_late_timers_are_a_warning_for_a_while_and_never_a_failure(
    ago: timedelta | None, warning: bool
) -> None:
    late = Swept(0, None) if ago is None else Swept(3, NOW - ago)
    check = timers_check(late, NOW)
    assert (check.ok, check.warning, bool(check.advice)) == (True, warning, warning)
    assert check.found.startswith(f"{late.steps} steps")


@pytest.mark.parametrize(
    ("lacking", "mendable", "ok", "warning"),
    [((), True, True, False), (("no echowall_owner",), True, False, False), (("x",) * 5, False, True, True)],
)
def test_roles_that_could_be_mended_are_wrong_and_those_of_a_user_who_may_not_are_a_warning(
    lacking: tuple[str, ...], mendable: bool, ok: bool, warning: bool
) -> None:
    check = roles_check(lacking, mendable)
    assert (check.ok, check.warning, bool(check.advice)) == (ok, warning, bool(lacking))
