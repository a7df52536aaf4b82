"""A calendar is amended while a timer sleeps: the timer that runs follows, and others sleep on."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.case.events import ClockRecalibrated
from engine.amendments import Amendment
from engine.recalibrate import recalibrate
from engine.replay import history
from tests.support import asks, town
from tests.workers.office import Office
from workers.temporal.activities import planned
from workers.temporal.messages import PlannedStep
from workers.temporal.timers import Timers, TimersUnavailable

pytestmark = [pytest.mark.temporal, pytest.mark.postgres]


def resolving(office: Office) -> UUID:
    """A case whose department has five working days to resolve it, and nothing else to do."""
    case = office.collect(*asks.ACCEPTED[1:], asks.contact(), policy="hotline-five-working-days")
    office.until(office.relayed)
    return case


def answers(timers: Timers, case: UUID) -> bool:
    """Whether a worker is there to tell a plan; one that was just started may take longer than a call."""
    try:
        return timers.plan(case) is not None
    except TimersUnavailable:
        return False


def waits_for(timers: Timers, case: UUID) -> PlannedStep:
    told = timers.plan(case)
    assert told is not None
    assert told.step is not None
    return told.step


def last_day(step: PlannedStep) -> date:
    """The last day that is used up when a step falls due; most fall due at its end, which is midnight."""
    return (step.wake_at - timedelta(seconds=1)).astimezone(town.ZONE).date()


def snow(office: Office, day: date, unit: str) -> None:
    wanted = Amendment(calendar="china", cause="Snow", instrument="Order 7", unit=unit, off=frozenset({day}))
    assert office.engine.rules.amend(wanted, town.ADMINISTRATOR) is not None


def told(office: Office, case: UUID) -> int:
    """How often the case was told that a clock moved."""
    return sum(isinstance(one.event, ClockRecalibrated) for one in history(office.engine.store, case))


def test_a_timer_that_sleeps_follows_a_snow_day_of_its_unit(town_hall: Office) -> None:
    case = resolving(town_hall)
    with town_hall.timers() as timers:
        town_hall.until(lambda: answers(timers, case))
        before = waits_for(timers, case)
        assert (before.clock, before.unit) == ("1/resolve", town.WATER)
        snow(town_hall, last_day(before), town.WATER)
        town_hall.until(lambda: waits_for(timers, case).wake_at > before.wake_at)
        assert told(town_hall, case) == 1, "by the relay, which met the amendment in the log"
        now = planned(town_hall.case(case), town_hall.engine.rules.refresh())
        assert timers.plan(case) == now
        again = recalibrate(town_hall.engine, "Snow")
        assert (again.moved, told(town_hall, case)) == (0, 1)


def test_a_timer_of_another_unit_sleeps_on(town_hall: Office) -> None:
    case = resolving(town_hall)
    with town_hall.timers() as timers:
        town_hall.until(lambda: answers(timers, case))
        before = timers.plan(case)
        snow(town_hall, last_day(waits_for(timers, case)), town.HOUSING)
        recalibrate(town_hall.engine, "Snow elsewhere")
        town_hall.until(town_hall.relayed)
        assert told(town_hall, case) == 0
        assert timers.plan(case) == before
