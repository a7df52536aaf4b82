"""What the demonstration checks beside the ladder, each asked once as it should be and once spoiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.case import commands as c
from domain.case.stage import Stage
from domain.case.state import Case
from engine.migrate import migrate
from engine.store import PostgresStore
from interfaces.demo import checks, results
from interfaces.demo.life import Sighting
from interfaces.demo.stories import neglected, shares
from projections.accountability.view import trial_balance
from projections.progress import Tally, tallies
from projections.projector import Projector
from tests.projections.histories import book, store_log, walk
from tests.support import asks
from tests.support.given import CASE, given

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def closed_case() -> Case:
    return given(
        asks.collect(policy="demo"), asks.screen(), asks.assign(), c.Accept(), asks.resolve(1),
        asks.visit(1), c.StrikeOff(),
    ).world.case()  # fmt: skip


def test_only_a_case_that_stands_closed_counts_as_struck_off() -> None:
    done = closed_case()
    assert done.stage is Stage.CLOSED
    assert checks.struck_off([done, done]) == 2
    opened = given(asks.collect(), asks.screen()).world.case()
    assert checks.struck_off([done, opened, None]) == 1


def test_a_case_that_was_reopened_counts_once_however_often() -> None:
    done = closed_case()
    assert checks.reopened([done, None]) == 0
    assert checks.reopened([replace(done, round=3), done]) == 1


@pytest.mark.postgres
def test_a_case_that_stands_on_no_account_is_missed(empty_database: str) -> None:
    migrate(empty_database)
    log = walk(4)
    cases = sorted({one.stream for one in log if one.name == "case.collected"})
    # As if nothing of one case had ever reached the ledger: by itself it adds up and misses nothing.
    store_log(empty_database, [one for one in log if one.stream != cases[0]])
    with PostgresStore(empty_database, pool_size=2) as store:
        Projector(empty_database, store, book).catch_up()
        stored = store.count()
    with psycopg.connect(empty_database, autocommit=True) as connection:
        balance, sums = trial_balance(connection), tallies(connection)
    assert balance.sound
    assert checks.accounted(balance, len(cases) - 1)
    assert not checks.accounted(balance, len(cases))
    assert checks.applied(sums, stored)
    assert not checks.applied(sums, stored + 1)


@pytest.mark.parametrize(
    ("sums", "kept"),
    [
        ([Tally("worklist", 90, 10, 100, 0), Tally("entries", 100, 0, 100, 0)], True),
        ([Tally("worklist", 90, 10, 100, 0), Tally("entries", 99, 0, 99, 0)], False),
        ([Tally("worklist", 91, 10, 100, 0)], False),
        ([], False),
    ],
    ids=["level", "one behind", "one event twice", "no ledger"],
)
def test_every_ledger_must_account_for_every_event_of_the_log(sums: list[Tally], kept: bool) -> None:
    assert checks.applied(sums, 100) is kept


def sightings() -> list[Sighting]:
    stages = ("assigned", "assigned", "accepted", "resolved", "closed")
    return [
        Sighting(CASE, version, stage, "boston.dept-park", AT + timedelta(seconds=version))
        for version, stage in enumerate(stages, 4)
    ]


def honest(seen: list[Sighting]) -> Callable[[UUID, dict[str, Any]], dict[str, Any]]:
    """A replay that answers a point with what was seen there."""

    def ask(_: UUID, point: dict[str, Any]) -> dict[str, Any]:
        (found,) = (
            one for one in seen if point.get("version") == one.version or one.at.isoformat() in point.values()
        )
        return {"version": found.version, "stage": found.stage, "unit": found.unit}

    return ask


def test_a_replay_that_shows_what_was_seen_is_right() -> None:
    three = checks.spread(sightings())
    assert [one.version for one in three] == [4, 6, 8]
    assert list(checks.unlike(three, honest(three))) == []


@pytest.mark.parametrize(("field", "value"), [("version", 9), ("stage", "refused"), ("unit", "boston")])
@pytest.mark.parametrize("point", ["version", "recorded_at", "happened_at"])
def test_a_replay_that_shows_it_otherwise_is_told(field: str, value: object, point: str) -> None:
    three = checks.spread(sightings())
    right = honest(three)

    def ask(case: UUID, asked: dict[str, Any]) -> dict[str, Any]:
        answer = right(case, asked)
        return {**answer, field: value} if point in asked else answer

    assert len(list(checks.unlike(three, ask))) == 3


def test_a_case_that_was_seen_at_two_versions_only_proves_nothing() -> None:
    assert checks.spread([*sightings()[:2], *sightings()[:2]]) == []


GOOD: dict[str, Any] = {
    "cases": 5_000, "events": 30_000, "lived": 200, "struck_off": 200, "reopened": 30,
    "rungs": {"remind": 130, "supervise": 120, "raise": 120, "hold_accountable": 120},
    "rungs_expected": {"remind": 120, "supervise": 120, "raise": 120, "hold_accountable": 120},
    "rungs_exactly_once": True, "rungs_due_while_down": 80, "rungs_caught_up": True,
    "trial_balance": 0, "each_case_on_one_account": True, "ledgers_equal_rebuild": True,
    "applied_plus_parked_equals_stored": True, "replayed_at_three_moments": True, "parked": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    "spoiled",
    [
        {"struck_off": 199},
        {"lived": 199, "struck_off": 199},
        {"reopened": 0},
        {"rungs_expected": {**GOOD["rungs_expected"], "raise": 0}},
        {"rungs_exactly_once": False},
        {"rungs_caught_up": False},
        {"trial_balance": 1},
        {"each_case_on_one_account": False},
        {"ledgers_equal_rebuild": False},
        {"applied_plus_parked_equals_stored": False},
        {"replayed_at_three_moments": False},
        {"parked": 1},
    ],
    ids=str,
)
def test_each_promise_can_be_found_broken(spoiled: dict[str, Any]) -> None:
    assert all(results.verdicts(GOOD, 200).values())
    assert list(results.verdicts({**GOOD, **spoiled}, 200).values()).count(False) == 1


def test_fewer_cases_are_shared_out_among_all_stories() -> None:
    assert [shares(200).count(story) for story in dict.fromkeys(shares(200))] == [60, 40, 30, 30, 20, 20]
    assert len(shares(47)) == 47
    assert set(shares(20)) == set(shares(200))
    assert shares(20).count(neglected) == 4
