"""Ladders by share and by level, and sections by category and urgency."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.calendar import Duration, TimeUnit, parse_calendar
from domain.case import commands as c
from domain.case.clocks import due_moment, find
from domain.case.events import Raised, Reminded
from domain.case.rungs import ladder_dates
from domain.case.stage import Channel, Urgency
from domain.policy import (
    AppliesTo,
    Obligation,
    Offset,
    Policy,
    PolicyInvalid,
    Rung,
    Share,
    content_hash,
    parse_policy,
)
from tests.support import asks, town
from tests.support.given import Given, World

HOTLINE = (town.DATA / "policies" / "hotline-five-working-days.toml").read_text("utf-8")
CHINA = parse_calendar((town.DATA / "calendars" / "china.toml").read_text("utf-8"))
LADDER = """
ladder = [
    { rung = "remind", at = "before 20 percent", tells = ["unit", "desk", "district"] },
    { rung = "supervise", at = "after 0 working_day" },
    { rung = "raise", at = "after 1 working_day", to = "district", gives = "3 working_day" },
    { rung = "hold_accountable", at = "after 2 working_day" },
]
"""
SECTIONS = """
[[sections]]
name = "danger"
applies_to = { urgency = ["urgent"] }
obligations.resolve = { limit = "2 urgent_hour" }

[[sections]]
name = "water"
applies_to = { categories = ["water"], channels = ["hotline"] }
obligations.resolve = { limit = "15 working_day" }
"""


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=town.ZONE)


def policy(more: str = "") -> Policy:
    before, rest = HOTLINE.split("ladder = [", 1)
    return parse_policy(before + LADDER + rest.split("]\n", 1)[1] + more)


def world(rules: Policy, *steps: Given) -> World:
    book = town.rulebook()
    key = (rules.id, rules.version)
    hashes = {**book.hashes, key: content_hash("changed")}
    told = World(book=replace(book, policies={**book.policies, key: rules}, hashes=hashes))
    for step in steps:
        if isinstance(step, tuple):
            told.give(*step)
        elif isinstance(step, c.CaseCommand):
            told.give(step)
    return told


@pytest.mark.parametrize(
    ("limit", "percent", "due", "moment"),
    [
        ("5 working_day", 20, "2026-02-28T00:00", "2026-02-27T00:00"),
        ("3 working_day", 20, "2026-02-28T00:00", "2026-02-27T09:36"),
        ("15 working_day", 20, "2026-03-03T00:00", "2026-02-27T00:00"),
        ("60 natural_day", 25, "2026-03-03T00:00", "2026-02-16T00:00"),
        ("2 urgent_hour", 25, "2026-03-03T10:00", "2026-03-03T09:30"),
        ("10 second", 33, "2026-03-03T10:00", "2026-03-03T09:59:57"),
        ("8 working_hour", 25, "2026-03-03T10:00", "2026-03-02T17:00"),
        ("1 working_hour", 50, "2026-03-03T13:10", "2026-03-03T11:40"),
    ],
)
def test_a_share_is_exact_in_the_limits_own_time(limit: str, percent: int, due: str, moment: str) -> None:
    counted = Duration.model_validate(limit)
    found = Share(percent=percent).moment(local(due), counted, CHINA)
    assert found.at.astimezone(town.ZONE) == local(moment)


def test_a_share_of_a_given_target_is_one_of_the_time_until_it() -> None:
    found = Share(percent=10).moment(local("2026-03-03T10:00"), timedelta(hours=10), CHINA)
    assert found.at == local("2026-03-03T09:00")


def test_an_old_file_reads_as_before_and_a_share_reads_back() -> None:
    assert parse_policy(HOTLINE).ladder[0].at == Offset(when="before", amount=1, unit=TimeUnit.WORKING_DAY)
    rules = policy(SECTIONS)
    assert rules.ladder[0].at == Share(percent=20)
    assert Policy.model_validate_json(rules.model_dump_json()) == rules


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('"before 20 percent"', '"before 0 percent"', "greater than or equal to 1"),
        ('"before 20 percent"', '"before 100 percent"', "before 20 percent"),
        ('"before 20 percent"', '"after 20 percent"', "percent"),
        ('"after 0 working_day"', '"before 30 percent"', "supervise would fall due before remind"),
        ('gives = "3 working_day"', 'gives = "0 working_day"', "at least 1"),
        ('name = "water"', 'name = "danger"', "a name of its own"),
        ('{ urgency = ["urgent"] }', "{}", "name channels"),
        ('{ limit = "2 urgent_hour" }', "{ external_target = true }", "lest a case wait"),
    ],
)
def test_a_wrong_ladder_or_section_is_refused(right: str, wrong: str, message: str) -> None:
    before, rest = HOTLINE.split("ladder = [", 1)
    text = before + LADDER + rest.split("]\n", 1)[1] + SECTIONS
    assert right in text
    with pytest.raises(PolicyInvalid, match=message):
        parse_policy(text.replace(right, wrong))


def test_the_first_section_that_fits_counts_and_the_rest_of_the_policy_stays() -> None:
    rules = policy(SECTIONS)
    urgent = rules.under(Channel.HOTLINE, "water", Urgency.URGENT, False)
    water = rules.under(Channel.HOTLINE, "water", Urgency.ORDINARY, False)
    limits = {one: str(urgent.obligations[one].limit) for one in (Obligation.RESOLVE, Obligation.VISIT)}
    assert limits == {Obligation.RESOLVE: "2 urgent_hour", Obligation.VISIT: "3 working_day"}
    assert str(water.obligations[Obligation.RESOLVE].limit) == "15 working_day"
    assert rules.under(Channel.VISIT, "water", Urgency.ORDINARY, False) is rules
    assert not AppliesTo(key=True).fits(Channel.WEB, "any", Urgency.ORDINARY, False)


def test_the_clock_of_an_urgent_case_follows_its_section_and_a_corrected_category_moves_it() -> None:
    told = world(policy(SECTIONS), asks.collect(urgency="urgent"), asks.screen(), asks.assign())
    case = told.case()
    clock = find(case.clocks, "1/resolve")
    assert clock is not None
    due = due_moment(clock, told.book.rules(case), told.book.calendar(case.policy))
    assert due is not None
    assert due.at - clock.started_at == timedelta(hours=2)


def test_the_level_has_its_own_clock_beside_the_cases_clock() -> None:
    told = world(policy(), *asks.ACCEPTED)
    taken = {}
    while (step := told.plan()) is not None:
        events = told.step()
        if step.clock == "1/resolve":
            taken[step.action.value] = (step.wake_at.astimezone(town.ZONE), events[0])
    dates = {rung: at for rung, (at, _) in taken.items()}
    # Monday 2 March 2026 and 5 working days: due at the end of Monday 9; a fifth before: of Friday 6.
    assert {rung: f"{at:%m-%d %H:%M}" for rung, at in dates.items()} == {
        "remind": "03-07 00:00",
        "supervise": "03-10 00:00",
        "raise": "03-11 00:00",
        # 2 working days after the limit is the end of the 11th; but the district has 3 from the raise on,
        # as the 11th begins: Wednesday, Thursday, Friday.
        "hold-accountable": "03-14 00:00",
    }
    reminded, raised = taken["remind"][1], taken["raise"][1]
    assert isinstance(reminded, Reminded)
    assert reminded.told == (town.WATER, town.EAST, town.DISTRICT)
    assert isinstance(raised, Raised)
    assert raised.to == town.DISTRICT


def test_a_level_whose_raise_came_late_still_has_its_whole_time() -> None:
    told = world(policy(), *asks.ACCEPTED)
    clock = find(told.case().clocks, "1/resolve")
    assert clock is not None
    planned = {one.rung: one for one in ladder_dates(told.case(), clock, told.book)}
    raised = Raised(
        at=planned[Rung.RAISE].at + timedelta(days=7),
        clock=clock.key,
        unit=town.WATER,
        by_ladder=True,
        to=town.DISTRICT,
    )
    told.record(raised)
    after = {one.rung: one for one in ladder_dates(told.case(), clock, told.book)}
    assert after[Rung.RAISE].taken_at == raised.at
    assert after[Rung.HOLD_ACCOUNTABLE].at > planned[Rung.HOLD_ACCOUNTABLE].at + timedelta(days=6)
    over = after[Rung.RAISE].level_over
    assert over is not None
    assert over.at == after[Rung.HOLD_ACCOUNTABLE].at
