"""The ladder by itself, on a real Temporal and a real PostgreSQL, with limits in seconds."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from domain.case import commands as c
from domain.case.events import Resumed, TakenDown
from domain.case.stage import Stage
from engine import clock
from engine.opened import maybe_open
from engine.replay import history
from tests.support import asks, town
from tests.workers.office import RUNGS, Office

pytestmark = [pytest.mark.temporal, pytest.mark.postgres]


def in_seconds(seconds: float) -> object:
    return clock.now() + timedelta(seconds=seconds)


def ended(office: Office, case: UUID) -> None:
    with office.timers() as timers:
        office.until(lambda: not timers.running([case]))


def test_a_case_left_alone_climbs_each_rung_once_and_its_timer_ends(town_hall: Office) -> None:
    case = town_hall.collect()
    town_hall.until(lambda: len(town_hall.rungs(case)) >= 4)
    ended(town_hall, case)
    assert town_hall.rungs(case) == RUNGS
    assert town_hall.case(case).duties.desk == town.DISTRICT
    assert town_hall.case(case).entries[0].set_by == "ladder"


def test_a_case_worked_in_time_meets_no_rung_and_its_timer_ends(town_hall: Office) -> None:
    case = town_hall.collect(*asks.CLOSED[1:])
    town_hall.until(town_hall.relayed)
    ended(town_hall, case)
    assert town_hall.case(case).stage is Stage.CLOSED
    assert town_hall.rungs(case) == []


def test_a_timer_waits_for_the_next_obligation_once_one_is_met(town_hall: Office) -> None:
    case = town_hall.collect(asks.screen(), asks.assign())
    town_hall.until(lambda: "case.reminded" in town_hall.names(case))
    town_hall.give(case, c.Accept())
    accepted = len(town_hall.rungs(case, "1/accept"))
    town_hall.until(lambda: len(town_hall.rungs(case, "1/resolve")) == 4)
    assert town_hall.rungs(case, "1/resolve") == RUNGS
    assert town_hall.rungs(case, "1/accept") == RUNGS[:accepted]


def test_a_suspended_case_goes_on_by_itself_on_its_date(town_hall: Office) -> None:
    case = town_hall.collect(*asks.ACCEPTED[1:], c.Contact.model_validate({"means": "telephone"}))
    until = in_seconds(3)
    town_hall.give(case, asks.suspend(until))
    before = town_hall.rungs(case)
    town_hall.until(lambda: town_hall.case(case).stage is Stage.ACCEPTED)
    resumed = [one.event for one in history(town_hall.engine.store, case) if isinstance(one.event, Resumed)]
    assert [(one.at, one.on_date) for one in resumed] == [(until, True)]
    assert before == []
    town_hall.until(lambda: town_hall.rungs(case, "1/resolve") == RUNGS)


def test_a_case_hung_up_comes_back_by_itself_on_its_date(town_hall: Office) -> None:
    case = town_hall.collect(*asks.ACCEPTED[1:])
    until = in_seconds(3)
    town_hall.give(case, asks.hang_up(until), town.WATER_HEAD)
    town_hall.give(case, asks.hang_up(until))
    town_hall.until(lambda: "case.taken_down" in town_hall.names(case))
    down = [one.event for one in history(town_hall.engine.store, case) if isinstance(one.event, TakenDown)]
    assert [(one.at, one.on_date) for one in down] == [(until, True)]


def test_a_closed_case_counts_again_by_itself_on_the_date_of_its_exclusion(town_hall: Office) -> None:
    case = town_hall.collect(*asks.CLOSED[1:])
    signed = asks.exclude("private_dispute", until=in_seconds(4))
    town_hall.give(case, signed, town.WATER_HEAD)
    town_hall.give(case, signed)
    assert case in maybe_open(town_hall.engine.store)
    town_hall.until(lambda: town_hall.names(case)[-1] == "case.included")
    ended(town_hall, case)
    assert not town_hall.case(case).excluded


def test_a_case_resumed_before_its_date_keeps_its_limit_and_is_not_resumed_again(town_hall: Office) -> None:
    case = town_hall.collect(*asks.ACCEPTED[1:])
    town_hall.give(case, asks.suspend(in_seconds(4)))
    town_hall.give(case, c.Resume())
    town_hall.until(lambda: town_hall.rungs(case, "1/resolve") == RUNGS)
    assert town_hall.names(case).count("case.resumed") == 1
