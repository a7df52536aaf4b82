"""What the demonstration says of the ladder can be no: each verdict is shown with a log that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actor import LADDER
from domain.case import commands as c
from domain.case.events import CaseEvent, Reminded, RungTaken
from domain.policy import Obligation
from engine.envelope import Recorded
from interfaces.demo.ladder import RUNGS, SLACK, Ladder, Outage, read
from tests.projections.histories import Diary
from tests.support import asks, town

LONG_AGO = town.MONDAY - timedelta(days=1)
NEVER = Outage(LONG_AGO, LONG_AGO, LONG_AGO)
CLOCKS = ("1/accept", "1/contact", "1/resolve")


def neglected() -> Diary:
    """A case that the whole ladder was taken on, and that lay on for longer than SLACK."""
    diary = Diary()
    for command in (asks.collect(policy="demo"), asks.screen(), asks.assign()):
        diary.give(command)
    while diary.plan() is not None:
        diary.step()
    diary.now += SLACK
    return diary


def judged(diary: Diary, log: Sequence[Recorded] | None = None, outage: Outage = NEVER) -> Ladder:
    return read([diary.log if log is None else log], diary.book, outage, diary.now + SLACK)


def rungs(log: Sequence[Recorded]) -> list[Recorded]:
    return [one for one in log if isinstance(one.event, RungTaken)]


def test_each_rung_of_each_clock_is_owed_and_found() -> None:
    found = judged(neglected())
    assert {(clock, rung) for _, clock, rung in found.owed} >= {
        (clock, rung) for clock in CLOCKS for rung in RUNGS.values()
    }
    assert found.expected == found.found == dict.fromkeys(RUNGS.values(), 3)
    assert found.exactly_once


@pytest.mark.parametrize("which", range(12))
def test_a_rung_that_was_not_taken_is_missed(which: int) -> None:
    diary = neglected()
    spoiled = rungs(diary.log)[which]
    found = judged(diary, [one for one in diary.log if one is not spoiled])
    assert isinstance(spoiled.event, RungTaken)
    assert found.missing == [(spoiled.stream, spoiled.event.clock, RUNGS[type(spoiled.event)])]
    assert not found.exactly_once


def test_a_rung_that_was_taken_twice_is_seen() -> None:
    diary = neglected()
    twice = rungs(diary.log)[-1]
    found = judged(diary, [*diary.log, twice])
    assert len(found.repeated) == 1
    assert found.missing == []
    assert not found.exactly_once
    assert sum(found.found.values()) == 13


def test_a_rung_by_hand_stands_for_none_of_the_ladders() -> None:
    diary = neglected()
    log = [
        replace(one, event=one.event.model_copy(update={"by_ladder": False}))
        if isinstance(one.event, Reminded)
        else one
        for one in diary.log
    ]
    assert len(judged(diary, log).missing) == 3


def until_accepted(late: timedelta) -> tuple[Diary, Ladder]:
    """A case that was accepted so long after its acceptance was due; the ladder never came."""
    diary = Diary()
    for command in (asks.collect(policy="demo"), asks.screen(), asks.assign()):
        diary.give(command)
    clock = next(one for one in diary.case().clocks if one.obligation is Obligation.ACCEPT)
    diary.give(c.Accept(), at=clock.started_at + timedelta(seconds=3) + late)
    return diary, read([diary.log], diary.book, NEVER, diary.now)


def test_a_rung_is_owed_once_its_clock_ran_on_for_the_slack() -> None:
    _, hardly = until_accepted(SLACK - timedelta(seconds=2))
    assert hardly.owed == {}
    _, long = until_accepted(SLACK + timedelta(seconds=3))
    accept = [rung for _, clock, rung in long.owed if clock == "1/accept"]
    assert accept == ["remind", "supervise", "raise"], "the entry would fall due 4 seconds after the limit"
    assert not long.exactly_once


def away(diary: Diary, *, until: Callable[[Recorded], bool]) -> Outage:
    """An outage from the assignment to just before the first event that fits."""
    began = next(one for one in diary.log if one.name == "case.assigned").recorded_at
    back = next(one for one in diary.log if until(one)).recorded_at
    return Outage(began, back - timedelta(milliseconds=1), back)


def test_rungs_due_in_the_outage_and_taken_after_it_were_caught_up() -> None:
    diary = Diary()
    for command in (asks.collect(policy="demo"), asks.screen(), asks.assign()):
        diary.give(command)
    began = diary.now
    diary.now += timedelta(seconds=20)
    back = diary.now
    while diary.plan() is not None:
        diary.step()
    outage = Outage(began, back, back)
    found = read([diary.log], diary.book, outage, diary.now + SLACK)
    # Of each of three clocks; the higher rungs wait for the time of the level that supervision brings in.
    assert {rung for _, _, rung in found.hidden} == {"remind", "supervise"}
    assert len(found.hidden) == 6
    assert found.caught_up
    assert found.exactly_once


def test_a_rung_of_the_outage_may_be_taken_in_it_by_the_sweep_and_must_not_be_missing() -> None:
    diary = neglected()
    outage = away(diary, until=lambda one: one.name == "case.held_accountable")
    assert judged(diary, outage=outage).caught_up, "the sweep takes steps without Temporal"
    last = rungs(diary.log)[-1]
    late = away(diary, until=lambda one: one is last)
    lost = [one for one in diary.log if not isinstance(one.event, RungTaken)]
    assert not judged(diary, lost, late).caught_up


def test_without_a_rung_due_in_the_outage_nothing_is_proved() -> None:
    found = judged(neglected())
    assert found.hidden == []
    assert not found.caught_up


def test_a_clock_that_ended_before_the_timers_were_back_missed_nothing() -> None:
    diary, _ = until_accepted(SLACK + timedelta(seconds=3))
    assert all(isinstance(one.event, CaseEvent) for one in diary.log)
    outage = Outage(diary.log[2].recorded_at, diary.now, diary.now)
    assert read([diary.log], diary.book, outage, diary.now).owed == {}


def test_no_rung_is_owed_while_a_case_is_suspended_nor_at_once_when_it_goes_on() -> None:
    diary = Diary()
    for command in (asks.collect(policy="demo"), asks.screen(), asks.assign(), c.Accept(), asks.contact()):
        diary.give(command)
    diary.give(asks.suspend(diary.now + timedelta(seconds=3)))
    # As if the timer that takes the case up again were late by a minute.
    diary.now += timedelta(seconds=60)
    diary.give(c.Resume(), LADDER)
    resumed = diary.now
    at_once = read([diary.log], diary.book, NEVER, resumed + timedelta(seconds=2))
    assert at_once.owed == {}
    later = read([diary.log], diary.book, NEVER, resumed + timedelta(minutes=1))
    assert later.expected == dict.fromkeys(RUNGS.values(), 1)
