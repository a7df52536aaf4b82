"""A request for more time is itself owed an answer by a limit, where the policy sets one."""

from domain.case import commands as c
from domain.case import events as e
from domain.case.clocks import find
from tests.support import asks, town
from tests.support.given import Story, given
from tests.support.town import wall


def story() -> Story:
    return given(*asks.ACCEPTED, asks.contact(), asks.ask_extension())


def ending(told: Story) -> str | None:
    clock = find(told.world.case().clocks, "1/decide_extension")
    assert clock is not None
    return clock.ending


def test_the_unit_above_owes_the_decision_and_is_late_with_it_like_any_other() -> None:
    told = story()
    case = told.world.case()
    clock = find(case.clocks, "1/decide_extension")
    assert clock is not None
    assert clock.owner == town.DISTRICT
    due = told.world.book.due(case, clock)
    assert due is not None
    assert due.at == wall("2026-03-04 00:00")
    steps = [told.world.step() for _ in range(2)]
    taken = [step[0] for step in steps]
    assert [(type(one), one.clock, one.unit) for one in taken if isinstance(one, e.RungTaken)] == [
        (e.Reminded, clock.key, town.DISTRICT),
        (e.Supervised, clock.key, town.DISTRICT),
    ]


def test_a_decision_either_way_meets_it() -> None:
    granted = story().also(c.GrantExtension())
    assert ending(granted) == "met"
    refused = story().also(asks.refuse_extension())
    assert ending(refused) == "met"
    again = refused.also(asks.ask_extension()).world.case()
    assert [one.key for one in again.clocks if one.open and "decide" in one.key] == ["1/decide_extension/2"]


def test_it_falls_away_with_the_clock_for_which_time_was_asked() -> None:
    assert ending(story().also(asks.resolve())) == "void"


def test_a_raise_moves_no_duty_of_the_case_for_a_decision_that_is_late() -> None:
    told = story()
    responsible = told.world.case().responsible
    for _ in range(3):
        told.world.step()
    assert [one.rung for one in told.world.case().rungs if one.clock == "1/decide_extension"] == [
        "remind", "supervise", "raise",
    ]  # fmt: skip
    assert told.world.case().responsible == responsible


def test_without_a_rule_nobody_owes_it() -> None:
    accepted = (asks.collect(policy="boston-2015"), asks.screen(), asks.assign(), c.Accept())
    case = given(*accepted, asks.ask_extension()).world.case()
    assert find(case.clocks, "1/decide_extension") is None


def test_a_standstill_of_the_case_does_not_stop_the_decision() -> None:
    told = story().also(asks.suspend(wall("2026-04-01 09:00")))
    clock = find(told.world.case().clocks, "1/decide_extension")
    assert clock is not None
    due = told.world.book.due(told.world.case(), clock)
    assert due is not None
    assert due.at == wall("2026-03-04 00:00")
