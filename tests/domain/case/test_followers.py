"""What a merged case has of its leader's time, and what stays its own: a limit that had passed."""

from datetime import datetime
from uuid import UUID

import pytest

from domain.actor import LADDER
from domain.case import commands as c
from domain.case import events as e
from domain.case.clocks import Clock, find, find_open
from domain.case.decide import consequences
from domain.case.explain import explain
from domain.policy import Obligation
from tests.support import asks, town
from tests.support.given import CASE, OTHER, THIRD, Given, Story, given, usual

MERGE = c.Merge(into=CASE)
HELD_UNTIL = town.MONDAY + 60 * town.DAY
HANG_UP: tuple[Given, ...] = ((asks.hang_up(HELD_UNTIL), town.WATER_HEAD), asks.hang_up(HELD_UNTIL))
SUSPEND: tuple[Given, ...] = (asks.suspend(town.MONDAY + 10 * town.DAY),)
GRANT: tuple[Given, ...] = (asks.ask_extension(), c.GrantExtension())


def repair(story: Story, case: UUID = OTHER) -> Clock:
    clock = find_open(story.world.case(case).clocks, Obligation.RESOLVE)
    assert clock is not None
    return clock


def due(story: Story, case: UUID = OTHER) -> datetime:
    moment = story.world.book.due(story.world.case(case), repair(story, case))
    assert moment is not None
    return moment.at


def climb(story: Story, until: datetime) -> None:
    """Take every planned step of both cases up to a moment, the earliest first."""
    world = story.world
    while steps := [(step.wake_at, one) for one in (CASE, OTHER) if (step := world.plan(one)) is not None]:
        wake_at, one = min(steps)
        if wake_at > until:
            return
        world.step(one)


def entries(story: Story, case: UUID = OTHER) -> list[str]:
    return [entry.unit for entry in story.world.case(case).entries]


@pytest.mark.parametrize("merged_first", [True, False])
@pytest.mark.parametrize(
    ("given_to_leader", "until"),
    [
        (HANG_UP, HELD_UNTIL),
        (SUSPEND, town.MONDAY + 10 * town.DAY),
        (GRANT, town.wall("2026-03-16 23:00")),
        ((*GRANT, *HANG_UP), HELD_UNTIL + 7 * town.DAY),
    ],
)
def test_a_follower_does_not_climb_while_its_leader_lawfully_has_time(
    given_to_leader: tuple[Given, ...], until: datetime, merged_first: bool
) -> None:
    story = given(*asks.ACCEPTED, asks.contact()).also(asks.collect(), case=OTHER)
    if merged_first:
        story.also(MERGE, case=OTHER).also(*given_to_leader)
    else:
        story.also(*given_to_leader).also(MERGE, case=OTHER)
    climb(story, until)
    assert entries(story) == []
    assert story.world.case(OTHER).responsible == town.WATER
    assert due(story) >= due(story, CASE) > until - town.DAY


def test_a_follower_goes_on_with_its_leader_and_is_late_when_the_leader_is() -> None:
    story = given(*asks.ACCEPTED, asks.contact()).also(asks.collect(), MERGE, case=OTHER)
    story.also(*HANG_UP)
    (until,) = (hold.until for hold in repair(story).holds)
    assert (until, repair(story).holds[0].end) == (HELD_UNTIL, None)
    story.when(c.TakeDown(), LADDER, at=HELD_UNTIL).then(e.TakenDown)
    assert repair(story).holds[0].end == HELD_UNTIL
    climb(story, HELD_UNTIL + 30 * town.DAY)
    assert set(entries(story)) == {town.WATER}


def test_a_hold_ended_by_hand_ends_for_the_follower_as_well() -> None:
    story = given(*asks.ACCEPTED).also(*asks.ACCEPTED, MERGE, case=OTHER).also(*SUSPEND)
    back = town.MONDAY + 2 * town.DAY
    story.when(c.Resume(), at=back).then(e.Resumed)
    assert repair(story).holds[0].end == back
    assert due(story) == due(story, CASE)


def test_a_follower_that_was_late_before_is_neither_held_nor_given_more() -> None:
    story = given(*asks.ACCEPTED, asks.receive_target(town.MONDAY + 40 * town.DAY))
    story.also(*asks.ACCEPTED, MERGE, case=OTHER)
    was, story.world.now = due(story), town.MONDAY + 20 * town.DAY
    assert was < story.world.now < due(story, CASE)
    story.also(*GRANT, *HANG_UP)
    assert (due(story), repair(story).holds, repair(story).extensions) == (was, (), ())
    climb(story, town.MONDAY + 40 * town.DAY)
    assert entries(story) == [town.WATER]


def test_time_asked_for_before_the_followers_limit_counts_though_it_is_granted_after_it() -> None:
    story = given(*asks.ACCEPTED, asks.contact()).also(*asks.ACCEPTED, MERGE, case=OTHER)
    story.also(asks.ask_extension())
    was, story.world.now = due(story), due(story) + town.HOUR
    story.also(c.GrantExtension())
    assert due(story) == due(story, CASE) > was


def test_time_granted_for_another_obligation_moves_no_follower() -> None:
    story = given(*asks.ACCEPTED).also(*asks.ACCEPTED, MERGE, case=OTHER)
    world = story.world
    granted = e.ExtensionGranted(at=world.now, clock="1/contact", by=asks.ask_extension().by)
    context = c.Context(CASE, CASE, town.SUPERVISOR, world.now, world.now, world.book)
    assert consequences((granted,), world.case(), {OTHER: world.case(OTHER)}, context) == {}


def test_days_of_two_kinds_are_not_added_up() -> None:
    demo = (asks.collect(policy="demo"), asks.screen(), asks.assign(), c.Accept())
    story = given(*asks.ACCEPTED).also(*demo, asks.ask_extension("6 second"), c.GrantExtension(), case=OTHER)
    story.also(MERGE, case=OTHER).also(*GRANT)
    assert [str(one.unit) for one in repair(story).extensions] == ["second"]


def test_undo_takes_back_what_the_leader_gave_and_accuses_nobody_at_once() -> None:
    story = given(*asks.ACCEPTED, asks.contact()).also(*asks.ACCEPTED, asks.contact(), case=OTHER)
    was = due(story)
    story.also(MERGE, case=OTHER).also(*HANG_UP)
    undone = town.MONDAY + 30 * town.DAY
    story.when(c.Unmerge(), case=OTHER, at=undone).then(e.Unmerged)
    assert (due(story), repair(story).holds) == (was, ())
    rungs = []
    while story.world.case(OTHER).entries == ():
        (rung,) = story.world.step(OTHER)
        rungs.append(rung.at)
    assert rungs[0] >= undone
    assert rungs[-1] >= undone + 2 * town.DAY
    held = story.world.case()
    assert held.hold is not None
    story.when(c.TakeDown(), LADDER, at=HELD_UNTIL).then(e.TakenDown)
    assert repair(story).holds == ()


def test_undo_of_a_merge_that_gave_no_time_lets_the_ladder_be_as_it_was() -> None:
    story = given(*asks.ACCEPTED).also(*asks.ACCEPTED, case=OTHER)
    before = repair(story)
    story.also(MERGE, c.Unmerge(), case=OTHER)
    assert repair(story) == before


def test_a_whistle_of_the_follower_is_answered_though_the_repair_stands_still() -> None:
    story = given(*asks.ACCEPTED).also(*asks.ACCEPTED, asks.whistle(town.HOUSING), MERGE, case=OTHER)
    story.also(*SUSPEND)
    whistle = find(story.world.case(OTHER).clocks, f"1/answer_whistle/1.{town.HOUSING}")
    assert whistle is not None
    assert whistle.holds == ()


def test_a_follower_tells_whence_its_time_comes() -> None:
    story = given(*asks.ACCEPTED).also(*asks.ACCEPTED, MERGE, case=OTHER).also(*GRANT, *HANG_UP)
    world = story.world
    told = [(event, usual(asks.hang_up())) for event in world.events[OTHER]]
    (account,) = (
        one for one in explain(world.case(OTHER), told, world.book, world.now) if one.clock == repair(story)
    )
    assert [(one.reason, one.signed_by) for one in account.holds] == [
        ("awaits_budget", (town.WATER_HEAD.id, town.SUPERVISOR.id))
    ]
    assert [one.amount.amount for one in account.grants] == [5]
    story.also(c.Unmerge(), case=OTHER)
    told = [(event, usual(asks.hang_up())) for event in world.events[OTHER]]
    assert not any(one.grants or one.holds for one in explain(world.case(OTHER), told, world.book, world.now))


def late_at_the_street() -> Story:
    """A case of the street, one hour past its limit, beside a fresh one of the water office."""
    story = given().also(asks.collect(), asks.screen(), asks.assign(town.EAST), case=OTHER)
    story.world.now = due(story) + town.HOUR
    return story.also(*asks.SCREENED, asks.assign())


def test_a_limit_that_had_passed_by_the_merge_stays_with_the_unit_that_missed_it() -> None:
    story = late_at_the_street()
    was = due(story)
    story.when(MERGE, case=OTHER).then(e.Merged)
    assert (repair(story).owner, repair(story).climbs_from, due(story)) == (town.EAST, None, was)
    assert story.world.case(OTHER).responsible == town.WATER
    climb(story, story.world.now + 20 * town.DAY)
    assert set(entries(story)) == {town.EAST}


def test_a_merge_entered_late_passes_no_lateness_on() -> None:
    story = late_at_the_street()
    was, entered = due(story), story.world.now
    fresh = given(*asks.ASSIGNED).also(asks.collect(), asks.screen(), asks.assign(town.EAST), case=OTHER)
    fresh.when(MERGE, case=OTHER, at=was - town.HOUR, entered=entered).then(e.Merged)
    assert repair(fresh).owner == town.EAST


def test_before_its_limit_a_merged_case_is_owed_by_the_leading_unit() -> None:
    story = given(*asks.ASSIGNED).also(asks.collect(), asks.screen(), asks.assign(town.EAST), case=OTHER)
    story.also(MERGE, case=OTHER)
    assert repair(story).owner == town.WATER


def test_a_limit_that_had_passed_as_the_leader_went_to_another_unit_stays_with_the_one_before() -> None:
    leader = (*asks.ASSIGNED, asks.object_())
    story = given(*leader).also(*asks.ASSIGNED, MERGE, case=OTHER)
    story.world.now = due(story) + town.HOUR
    story.also(asks.collect(), asks.screen(), asks.assign(), MERGE, case=THIRD)
    story.also(asks.rule(upheld=True), asks.screen(), asks.assign(town.HOUSING))
    assert (repair(story).owner, repair(story, THIRD).owner) == (town.WATER, town.HOUSING)
    assert story.world.case(OTHER).responsible == town.HOUSING


def test_an_old_merge_is_folded_as_it_was() -> None:
    story = late_at_the_street()
    old = e.Merged.model_validate({"at": story.world.now, "into": CASE, "unit": town.WATER})
    story.also(old, case=OTHER)
    assert repair(story).owner == town.WATER
