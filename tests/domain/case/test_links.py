"""Bonds between cases: who owes a merged case, whose answer it gets, and what a part carries on."""

import pytest

from domain.actor import LADDER
from domain.case import commands as c
from domain.case import events as e
from domain.case.clocks import Clock, find_open
from domain.case.decide import split_case
from domain.case.stage import Stage
from domain.policy import Obligation
from tests.support import asks, town
from tests.support.given import CASE, OTHER, Story, given

HOUSED = (*asks.SCREENED, asks.assign(town.HOUSING))
LATER = town.MONDAY + 30 * town.DAY


def merged(*claims: dict[str, int]) -> c.Merge:
    return c.Merge.model_validate({"into": CASE, "claims": claims})


def resolution(story: Story, case: object = OTHER) -> Clock:
    clock = find_open(story.world.case(case).clocks, Obligation.RESOLVE)  # type: ignore[arg-type]
    assert clock is not None
    return clock


def test_the_unit_of_the_leading_case_owes_a_merged_one_and_bears_its_rungs() -> None:
    story = given(*HOUSED).also(*asks.ACCEPTED, merged(), case=OTHER)
    assert resolution(story).owner == town.HOUSING
    story.world.now = LATER
    story.when(c.HoldAccountable(clock="1/resolve"), LADDER, case=OTHER).then(e.HeldAccountable)
    assert [entry.unit for entry in story.world.case(OTHER).entries] == [town.HOUSING]
    story.also(c.Unmerge(), case=OTHER)
    assert resolution(story).owner == town.WATER


def test_a_raise_of_the_leading_case_takes_its_followers_along() -> None:
    story = given(*asks.SCREENED, asks.assign(town.PINE)).also(asks.collect(), merged(), case=OTHER)
    assert story.world.case(OTHER).responsible == town.PINE
    story.also(c.Raise(clock="1/resolve"))
    case = story.world.case(OTHER)
    assert (case.responsible, resolution(story).owner) == (town.EAST, town.PINE)
    story.also((asks.resolve(), town.STREET_WORKER))
    assert {town.PINE, town.EAST} <= story.world.case(OTHER).duties.handled


def test_a_raise_of_an_unassigned_leading_case_takes_its_followers_along() -> None:
    story = given(asks.collect()).also(asks.collect(), merged(), case=OTHER)
    story.also(c.Raise(clock="1/dispatch"))
    assert story.world.case(OTHER).responsible == town.DISTRICT


def test_each_claim_of_a_follower_gets_the_answer_of_the_claim_to_which_it_belongs() -> None:
    leader = (asks.collect("water", "noise"), asks.screen(), asks.assign(), c.Accept())
    story = given(*leader).also(asks.collect("loud", "wet"), case=OTHER)
    story.when(merged({"claim": 1, "leading": 2}), case=OTHER).refused("claims_unmatched")
    story.when(merged({"claim": 1, "leading": 7}), case=OTHER).refused("unknown_claim")
    twice = {"claim": 1, "leading": 2}
    story.when(merged(twice, twice), case=OTHER).refused("claim_twice")
    bonds = ({"claim": 1, "leading": 2}, {"claim": 2, "leading": 1})
    story.when(merged(*bonds), case=OTHER).then(e.Merged)
    answers = [
        {"claim": 1, "outcome": "solved", "measure": "New valve"},
        {"claim": 2, "outcome": "explained", "measure": "Work by day only"},
    ]
    story.also(c.Resolve.model_validate({"answers": answers}))
    assert [claim.outcome for claim in story.world.case(OTHER).claims] == ["explained", "solved"]


def test_a_claim_that_others_follow_is_not_split_off() -> None:
    story = given(asks.collect("water", "noise")).also(asks.collect(), case=OTHER)
    story.also(merged({"claim": 1, "leading": 2}), case=OTHER)
    story.when(c.SplitOff(parts=((2,),))).refused("leads_others")
    story.when(c.SplitOff(parts=((1,),))).then(e.Split)


def test_the_only_claim_left_is_the_one_that_is_followed() -> None:
    story = given(asks.collect("water", "noise"), c.SplitOff(parts=((1,),)))
    story.also(asks.collect(), merged(), case=OTHER)
    assert [bond.leading for bond in story.world.case(OTHER).links.claims] == [2]


def test_a_split_does_not_accuse_the_desk_of_what_it_did_in_time() -> None:
    story = given(asks.collect("water", "noise"), asks.screen(), asks.assign(), c.Accept())
    story.when(c.SplitOff(parts=((2,),)), at=LATER).then(e.Split)
    part = next(one for id_, one in story.world.cases.items() if id_ != CASE)
    dispatch = find_open(part.clocks, Obligation.DISPATCH)
    assert dispatch is not None
    assert dispatch.started_at == LATER


def test_a_dispatch_that_is_still_owed_runs_on_in_the_part() -> None:
    story = given(asks.collect("water", "noise"))
    story.when(c.SplitOff(parts=((2,),)), at=LATER).then(e.Split)
    part = next(one for id_, one in story.world.cases.items() if id_ != CASE)
    assert part.clocks[0].started_at == town.MONDAY


@pytest.mark.parametrize(("unit", "carried"), [(town.WATER, True), (town.HOUSING, False)])
def test_a_unit_wins_no_day_by_a_split(unit: str, carried: bool) -> None:
    until = town.MONDAY + 4 * town.DAY
    story = given(
        asks.collect("water", "noise"), asks.screen(), asks.assign(), c.Accept(), asks.suspend(until)
    )
    story.when(c.Resume(), LADDER, at=until).then(e.Resumed)
    story.also(c.SplitOff(parts=((2,),)))
    part = next(id_ for id_ in story.world.cases if id_ != CASE)
    story.also(asks.screen(), asks.assign(unit), case=part)
    whole, half = resolution(story, CASE), resolution(story, part)
    due = story.world.book.due
    assert (due(story.world.case(part), half) == due(story.world.case(), whole)) is carried
    assert (half.started_at == whole.started_at) is carried
    assert story.world.case(part).intake.carried is None


@pytest.mark.parametrize(("unit", "carried"), [(town.WATER, True), (town.HOUSING, False)])
def test_a_split_does_not_begin_a_local_promise_anew(unit: str, carried: bool) -> None:
    whole = asks.collect("water", "noise", policy=asks.PETITION, category="route_31_6")
    story = given(whole, asks.screen(), asks.assign(), c.Accept())
    story.world.now = town.MONDAY + 40 * town.DAY
    story.also(c.SplitOff(parts=((2,),)))
    part = next(id_ for id_ in story.world.cases if id_ != CASE)
    story.also(asks.screen(), asks.assign(unit), case=part)
    promises = [find_open(story.world.case(one).clocks, Obligation.PROMISE) for one in (CASE, part)]
    due = [story.world.book.due(story.world.case(part), one) for one in promises if one is not None]
    assert len(due) == 2
    assert (due[0] == due[1]) is carried
    assert story.world.case(part).intake.carried_promise is None


def test_an_assignment_after_an_upheld_objection_begins_the_promise_anew() -> None:
    whole = asks.collect("water", "noise", policy=asks.PETITION, category="route_31_6")
    story = given(whole, asks.screen(), asks.assign(), c.SplitOff(parts=((2,),)))
    part = next(id_ for id_ in story.world.cases if id_ != CASE)
    story.also(asks.screen(), asks.assign(), asks.object_(), asks.rule(upheld=True), case=part)
    story.world.now += 3 * town.DAY
    story.also(asks.screen(), asks.assign(), case=part)
    promise = find_open(story.world.case(part).clocks, Obligation.PROMISE)
    assert promise is not None
    assert promise.started_at > town.MONDAY + 3 * town.DAY


def test_a_leading_case_is_never_answered_before_its_followers() -> None:
    story = given(*asks.REVIEWED[:-1]).also(asks.collect(), case=OTHER)
    assert story.world.case().stage is Stage.UNDER_REVIEW
    story.when(merged(), case=OTHER).refused("merge_into_resolved")


def test_a_part_has_the_same_id_whenever_the_split_is_asked() -> None:
    assert split_case(CASE, 1) == split_case(CASE, 1) != split_case(CASE, 2)


def test_clocks_late_at_one_moment_raise_one_level() -> None:
    story = given(*asks.SCREENED, asks.assign(town.GRID_1))
    story.world.now = LATER
    for key in ("1/accept", "1/contact", "1/resolve"):
        story.also((c.Raise(clock=key), LADDER))
    assert story.world.case().responsible == town.PINE
    assert [one.clock for one in story.world.case().rungs] == ["1/accept", "1/contact", "1/resolve"]
    story.when(c.Raise(clock="1/resolve")).then(e.Raised)
    assert story.world.case().responsible == town.EAST
    story.when(c.Raise(clock="1/resolve")).then(e.Raised)
    assert story.world.case().responsible == town.DISTRICT


def test_a_raise_of_a_whistle_lets_the_unit_above_answer() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(town.WATER_OFFICE, town.HOUSING))
    story.when(asks.report_in(), town.WATER_WORKER).refused("unknown_whistle")
    story.also(c.Raise(clock="1/answer_whistle/1.yuhua.water.mains"))
    assert [call.bearer for call in story.world.case().calls] == [town.WATER, None]
    story.when(asks.report_in(), town.TRAFFIC_WORKER).refused("unknown_whistle")
    story.when(asks.report_in(), town.WATER_WORKER).then(e.WhistleAnswered)
    assert not any(one.open for one in story.world.case().clocks if one.key.endswith("water.mains"))
    story.also(asks.whistle(town.WATER_OFFICE), c.Raise(clock="1/answer_whistle/2.yuhua.water.mains"))
    story.when(asks.report_in(2), town.MAINS_WORKER).then(e.WhistleAnswered)
