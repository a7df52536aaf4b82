"""Review and re-examination as rounds of a case, hearings, milestones and the start with the acceptance."""

from datetime import datetime, timedelta

import pytest

from domain.case import commands as c
from domain.case.buckets import Bucket, account
from domain.case.clocks import due_moment, find, find_open
from domain.case.events import (
    Assigned,
    ExtensionGranted,
    Heard,
    MilestoneReached,
    MilestonesSet,
    RecheckAnswered,
    Reopened,
    ReviewAnswered,
    ReviewAsked,
    StruckOff,
)
from domain.case.stage import Ground, Stage
from domain.case.state import Case
from domain.policy import Obligation
from tests.support import asks, town
from tests.support.given import OTHER, Given, Story, given

PETITION = (asks.collect(policy=asks.PETITION), asks.screen(), asks.assign(), c.Accept())
RESOLVED = (*PETITION, asks.resolve())
CLOSED = (*RESOLVED, asks.visit(), c.StrikeOff())
REVIEWED = (*CLOSED, asks.ask_review(), asks.answer_review())
BURST = (asks.collect(category="burst_pipe", policy="digital-city-hours"), asks.screen())


def due(story: Story, key: str) -> datetime | None:
    case = story.world.case()
    clock = find(case.clocks, key)
    assert clock is not None
    moment = due_moment(clock, story.world.book.rules(case), story.world.book.calendar(case.policy))
    return None if moment is None else moment.at.astimezone(town.ZONE)


def open_keys(case: Case) -> list[str]:
    return [clock.key for clock in case.clocks if clock.open]


def test_a_review_of_a_closed_case_stands_with_the_unit_above_and_has_thirty_days() -> None:
    story = given(*CLOSED).when(asks.ask_review())
    case = story.then(ReviewAsked)
    assert case.stage is Stage.UNDER_REVIEW
    assert account(case) == (town.DISTRICT, Bucket.UNDER_REVIEW)
    assert open_keys(case) == ["1/answer_review"]
    assert due(story, "1/answer_review") == town.wall(
        "2026-04-02 00:00"
    )  # from 2 March, first day not counted


def test_an_upheld_review_leaves_a_closed_case_closed() -> None:
    case = given(*CLOSED, asks.ask_review()).when(asks.answer_review()).then(ReviewAnswered)
    assert (case.stage, open_keys(case)) == (Stage.CLOSED, [])


def test_a_review_before_the_visit_lets_the_visit_wait_and_owes_it_anew() -> None:
    story = given(*RESOLVED, asks.ask_review())
    assert open_keys(story.world.case()) == ["1/answer_review"]
    case = story.when(asks.answer_review()).then(ReviewAnswered)
    assert (case.stage, open_keys(case)) == (Stage.RESOLVED, ["1/visit/2"])


def test_a_review_that_does_not_uphold_begins_a_new_round_that_can_be_reviewed_again() -> None:
    story = given(*CLOSED, asks.ask_review())
    case = story.when(asks.answer_review(False)).then(ReviewAnswered, Reopened)
    assert (case.stage, case.round, case.review) == (Stage.ASSIGNED, 2, None)
    assert story.came[-1].ground is Ground.REVIEW  # type: ignore[union-attr]
    again = story.also(c.Accept(), asks.resolve(), asks.visit(), c.StrikeOff())
    assert again.when(asks.ask_review()).then(ReviewAsked).stage is Stage.UNDER_REVIEW


@pytest.mark.parametrize(
    ("at", "code"), [("2026-04-01 23:59", None), ("2026-04-02 00:01", "review_too_late")]
)
def test_a_review_is_asked_within_thirty_days_of_the_answer(at: str, code: str | None) -> None:
    story = given(*CLOSED).when(asks.ask_review(), at=town.wall(at))
    if code:
        story.refused(code)
    else:
        story.then(ReviewAsked)


@pytest.mark.parametrize(
    ("steps", "command"),
    [(CLOSED, asks.ask_review()), (REVIEWED, asks.ask_recheck())],
    ids=["review", "recheck"],
)
def test_a_review_entered_after_its_window_is_too_late_whenever_it_was_asked(
    steps: tuple[Given, ...], command: c.AnyCaseCommand
) -> None:
    at, entered = town.wall("2026-03-20 09:00"), town.wall("2026-05-20 09:00")
    given(*steps).when(command, at=at, entered=entered).refused("review_too_late")
    told = given(*steps).when(command, town.IMPORTER, at=at, entered=entered)
    assert told.error is None


def test_the_last_opinion_closes_for_good_and_only_care_remains() -> None:
    story = given(*REVIEWED, asks.ask_recheck())
    case = story.when(asks.answer_recheck()).then(RecheckAnswered, StruckOff)
    assert (case.stage, case.final) == (Stage.CLOSED, True)
    for command in (asks.ask_review(), asks.ask_recheck(), asks.reopen()):
        story.when(command, town.STREET_WORKER).refused("answered_for_good")
    story.also(asks.progress("Asked how they are"))
    story.also(asks.collect(policy=asks.PETITION), case=OTHER)
    story.when(asks.refuse(reason="final_after_recheck"), case=OTHER)
    assert story.error is None


def test_a_last_opinion_that_does_not_uphold_opens_the_case_again() -> None:
    case = (
        given(*REVIEWED, asks.ask_recheck()).when(asks.answer_recheck(False)).then(RecheckAnswered, Reopened)
    )
    assert (case.stage, case.final, case.round) == (Stage.ASSIGNED, False, 2)


def test_the_time_of_a_hearing_is_not_counted_on_a_recheck_and_counted_on_a_review() -> None:
    story = given(*REVIEWED, asks.ask_recheck())
    assert due(story, "1/answer_recheck") == town.wall("2026-04-02 00:00")
    begun, ended = town.wall("2026-03-10 09:00"), town.wall("2026-03-14 17:00")
    story.when(asks.hear(begun, ended), at=ended + timedelta(hours=1)).then(Heard)
    assert due(story, "1/answer_recheck") == town.wall("2026-04-06 00:00") + timedelta(days=2)
    story.when(asks.hear(begun, ended)).nothing()
    review = given(*CLOSED, asks.ask_review())
    before = due(review, "1/answer_review")
    review.also().when(asks.hear(begun, ended), at=ended + timedelta(hours=1)).then(Heard)
    assert due(review, "1/answer_review") == before


@pytest.mark.parametrize(
    ("hearings", "over"),
    [
        # From 2 March on, first day not counted: thirty natural days end with 1 April.
        (["2026-03-10 09:00/2026-03-10 17:00"], "2026-04-03 00:00"),
        (["2026-03-10 09:00/2026-03-10 09:01"], "2026-04-03 00:00"),
        (["2026-03-10 09:00/2026-03-10 12:00", "2026-03-10 14:00/2026-03-10 17:00"], "2026-04-03 00:00"),
        (["2026-03-10 09:00/2026-03-10 12:00", "2026-03-17 09:00/2026-03-17 12:00"], "2026-04-04 00:00"),
        # Over a midnight it touches two days; on the first day it takes none that would have counted.
        (["2026-03-10 22:00/2026-03-11 01:00"], "2026-04-04 00:00"),
        (["2026-03-02 22:00/2026-03-02 23:00"], "2026-04-02 00:00"),
    ],
)
def test_each_day_with_a_hearing_is_not_counted_on_a_recheck(hearings: list[str], over: str) -> None:
    story = given(*REVIEWED, asks.ask_recheck())
    for hearing in hearings:
        begun, ended = (town.wall(moment) for moment in hearing.split("/"))
        story.when(asks.hear(begun, ended), at=ended + timedelta(minutes=1)).then(Heard)
    assert due(story, "1/answer_recheck") == town.wall(over)


def test_a_late_opinion_climbs_the_ladder_like_every_obligation() -> None:
    world = given(*CLOSED, asks.ask_review()).world
    names = []
    while world.plan() is not None:
        names += [event.NAME for event in world.step()]
    assert names == ["case.reminded", "case.supervised", "case.raised", "case.held_accountable"]
    assert world.case().stage is Stage.UNDER_REVIEW


def test_sixty_days_run_from_the_acceptance_and_for_the_last_route_only() -> None:
    route = given(asks.collect(policy=asks.PETITION, category="route_31_6"), asks.screen(), asks.assign())
    assert due(route, "1/resolve") is None
    assert route.world.plan() is not None
    route.when(c.Accept(), at=town.wall("2026-03-05 10:00"))
    assert due(route, "1/resolve") == town.wall("2026-05-05 00:00") + timedelta(days=2)  # 4 and 5 May are off
    other = given(*PETITION)
    case = other.world.case()
    clock = find_open(case.clocks, Obligation.RESOLVE)
    assert clock is not None
    rule = other.world.book.rules(case).rules_for(Obligation.RESOLVE)
    assert rule is not None
    assert (rule.limit, str(rule.fallback)) == (None, "60 natural_day")


def test_the_bodys_own_head_grants_thirty_days_where_the_policy_says_so() -> None:
    route = (
        asks.collect(policy=asks.PETITION, category="route_31_6"),
        asks.screen(),
        asks.assign(),
        c.Accept(),
    )
    asked = (*route, asks.ask_extension("30 natural_day"))
    given(*asked).when(c.GrantExtension(), town.WATER_HEAD).then(ExtensionGranted)
    given(*route).when(asks.ask_extension("31 natural_day")).refused("extension_over_limit")
    hotline = (*asks.ACCEPTED, asks.ask_extension())
    given(*hotline).when(c.GrantExtension(), town.WATER_HEAD).refused("not_your_unit")


def test_a_burst_pipe_is_fenced_repaired_and_restored_each_by_its_own_clock() -> None:
    story = given(*BURST).when(asks.assign(), at=town.wall("2026-03-06 17:59"))
    story.then(Assigned, MilestonesSet)
    assert due(story, "1/secure") == town.wall("2026-03-06 20:59")
    assert due(story, "1/repair") == town.wall("2026-03-07 01:59")
    assert due(story, "1/resolve") == town.wall("2026-03-14 00:00")
    story.when(asks.reach()).then(MilestoneReached)
    story.when(asks.reach()).refused("no_clock")
    story.also(c.Accept(), asks.resolve())
    assert find_open(story.world.case().clocks, Obligation.REPAIR) is None


def test_an_ordinary_case_of_the_digital_city_has_no_milestones() -> None:
    given(asks.collect(policy="digital-city-hours"), asks.screen()).when(asks.assign()).then(Assigned)
