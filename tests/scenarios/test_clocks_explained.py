"""A clock tells why it is due when it is, and a history tells where time was won."""

from datetime import datetime
from uuid import UUID

import pytest

from domain.actor import Actor
from domain.calendar import Moment, Why
from domain.case import commands as c
from domain.case.alarms import AlarmKind, Seen, alarms
from domain.case.explain import ClockAccount, explain
from domain.case.rights import objection_right
from domain.case.stage import HoldKind
from tests.domain.case.test_any_command_anywhere import walk
from tests.support import asks, town
from tests.support.given import CASE, Story, World, given
from tests.support.town import wall

SOMEBODY = Actor(id="somebody", role=town.SUPERVISOR.role)


def account(story: Story, key: str, now: datetime | None = None) -> ClockAccount:
    history = [(event, SOMEBODY) for event in story.world.events[CASE]]
    case = story.world.case()
    found = {one.clock.key: one for one in explain(case, history, story.world.book, now or story.world.now)}
    return found[key]


def kinds(story: Story) -> list[tuple[AlarmKind, str | None]]:
    return [(one.kind, one.clock) for one in alarms(history(story.world), story.world.book)]


def history(world: World, case: UUID = CASE) -> list[Seen]:
    return list(zip(world.events[case], world.recorded[case], strict=True))


def test_a_suspension_over_a_make_up_saturday_is_told_day_by_day() -> None:
    # The State Council's notice for 2026: off 15 to 23 February, worked on Saturdays 14 and 28 February.
    story = given()
    story.world.now = wall("2026-02-12 09:00")
    story.also(*asks.ACCEPTED, asks.contact())
    story.when(asks.suspend(wall("2026-02-24 09:00")), at=wall("2026-02-13 16:00"))
    story.when(c.Resume(), at=wall("2026-02-24 09:00"))
    one = account(story, "1/resolve", wall("2026-02-27 12:00"))
    told = {row.day.strftime("%m-%d"): row.why for row in one.stretches[0].days}
    assert told["02-12"] is Why.FIRST_DAY
    assert told["02-13"] is told["02-14"] is Why.PAUSED
    assert told["02-16"] is Why.HOLIDAY
    assert told["02-15"] is Why.WEEKEND
    assert told["02-28"] is Why.MAKE_UP
    assert told["02-24"] is Why.COUNTED
    assert one.due is not None
    assert one.due.at == wall("2026-03-01 00:00")
    assert (one.stretches[0].used, one.stretches[0].left, one.stretches[0].over) == (3, 2, 0)
    (pause,) = one.holds
    assert (pause.kind, pause.reason, pause.counts, pause.by) == (
        HoldKind.SUSPENSION, "awaits_works_by_others", True, SOMEBODY,
    )  # fmt: skip
    assert pause.signed_by == (town.WATER_HEAD.id,)
    assert one.rule is not None
    assert one.rule.article.startswith("Jinan")
    assert (one.calendar.id, one.calendar.version) == ("china", 3)


def test_each_level_that_the_ladder_brought_in_has_a_clock_of_its_own_beside_the_cases() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    assert account(story, "1/resolve").levels == ()
    for _ in range(3):
        story.world.step()
    # Monday 2 March and five working days: due at the end of Monday 9, raised two working days after it.
    one = account(story, "1/resolve")
    assert one.due is not None
    assert one.due.at == wall("2026-03-10 00:00")
    told = [
        (level.rung.value, level.unit, str(level.gives), level.since, level.until) for level in one.levels
    ]
    assert told == [
        ("supervise", town.DISTRICT, "1 working_day",
         wall("2026-03-10 00:00"), Moment(wall("2026-03-11 00:00"), provisional=False)),
        ("raise", town.DISTRICT, "2 working_day",
         wall("2026-03-12 00:00"), Moment(wall("2026-03-14 00:00"), provisional=False)),
    ]  # fmt: skip


def test_a_local_promise_runs_beside_the_statutory_limit_with_pauses_of_its_own() -> None:
    story = given(asks.collect(policy=asks.PETITION, category="route_31_6"), asks.screen(), asks.assign())
    story.also(c.Accept(), asks.contact())
    # From Monday 2 March, first day not counted: 45 days end with Thursday 16 April, 60 with Friday 1 May,
    # a holiday, so with Wednesday 6 May.
    law, promise = (account(story, key).due for key in ("1/resolve", "1/promise"))
    assert law is not None
    assert promise is not None
    assert (law.at, promise.at) == (wall("2026-05-07 00:00"), wall("2026-04-17 00:00"))
    story.when(asks.suspend(wall("2026-03-20 09:00"), reason="awaits_resident"), at=wall("2026-03-10 09:00"))
    law, promise = (account(story, key).due for key in ("1/resolve", "1/promise"))
    assert law is not None
    assert promise is not None
    assert (law.at, promise.at) == (wall("2026-05-07 00:00"), wall("2026-04-28 00:00"))
    story.when(c.Resume(), at=wall("2026-03-20 09:00"))
    story.also(asks.receive_target(wall("2026-04-30 18:00"), obligation="promise"))
    law, promise = (account(story, key).due for key in ("1/resolve", "1/promise"))
    assert law is not None
    assert law.at == wall("2026-05-07 00:00")
    case = story.also(asks.resolve()).world.case()
    assert {one.key: one.ending for one in case.clocks if one.key in ("1/resolve", "1/promise")} == {
        "1/resolve": "met", "1/promise": "met",
    }  # fmt: skip


def test_the_right_to_object_has_a_clock_that_closes_with_acceptance_objection_and_time() -> None:
    story = given(asks.collect(policy=asks.PETITION), asks.screen(), asks.assign())
    book = story.world.book
    right = objection_right(story.world.case(), book)
    assert right is not None
    assert (right.unit, str(right.within), right.open) == (town.WATER, "5 working_day", True)
    assert right.until.at == wall("2026-03-10 00:00")
    story.when(asks.object_(), at=wall("2026-03-10 00:00") + town.SECOND).refused("objection_too_late")
    objected = given(asks.collect(policy=asks.PETITION), asks.screen(), asks.assign(), asks.object_())
    waiting = objection_right(objected.world.case(), book)
    assert waiting is not None
    assert not waiting.open
    accepted = objection_right(story.also(c.Accept()).world.case(), book)
    assert accepted is not None
    assert not accepted.open
    assert objection_right(given(*asks.ACCEPTED).world.case(), book) is None


def test_an_extension_asked_on_the_last_minute_is_granted_after_it_and_told_with_both_persons() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    last = wall("2026-03-09 23:59")
    story.when(asks.ask_extension(), at=last)
    story.when(c.GrantExtension(), at=wall("2026-03-10 10:00"))
    one = account(story, "1/resolve")
    (grant,) = one.grants
    assert (grant.asked_at, grant.granted_at) == (last, wall("2026-03-10 10:00"))
    assert one.due is not None
    assert one.due.at > wall("2026-03-10 00:00")
    assert one.stretches[-1].until is not None
    assert one.stretches[-1].until.at == one.due.at
    late = given(*asks.ACCEPTED, asks.contact())
    late.when(asks.ask_extension(), at=wall("2026-03-10 00:01")).refused("extension_too_late")


def test_an_ended_clock_is_told_as_it_ended() -> None:
    story = given(*asks.RESOLVED)
    one = account(story, "1/resolve", wall("2026-05-01 09:00"))
    assert one.clock.ended_at is not None
    assert (one.stretches[0].used, one.stretches[0].left, one.stretches[0].over) == (0, 5, 0)


def test_a_clock_with_a_target_from_outside_is_not_reckoned() -> None:
    story = given(*asks.ACCEPTED, asks.receive_target(wall("2026-04-01 12:00")))
    one = account(story, "1/resolve")
    assert one.stretches == ()
    assert one.due is not None
    assert one.due.at == wall("2026-04-01 12:00")


@pytest.mark.parametrize(
    ("at", "alarm"),
    [
        ("2026-03-06 23:00", False),
        ("2026-03-07 10:00", True),
        ("2026-03-09 17:00", True),
        ("2026-03-05 17:00", False),
        ("2026-03-10 10:00", False),
    ],
)
def test_a_pause_within_the_last_working_day_before_the_limit_is_an_alarm(at: str, alarm: bool) -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    story.when(asks.suspend(wall("2026-04-01 09:00")), at=wall(at))
    assert kinds(story) == ([(AlarmKind.PAUSED_BEFORE_BREACH, "1/resolve")] if alarm else [])


def test_a_resolution_without_a_word_to_the_resident_is_an_alarm() -> None:
    assert kinds(given(*asks.RESOLVED)) == [(AlarmKind.CONTACTED_NOBODY, None)]
    assert kinds(given(*asks.ACCEPTED, asks.contact(), asks.resolve())) == []


def test_a_case_that_was_struck_off_and_comes_back_is_an_alarm() -> None:
    story = given(*asks.ACCEPTED, asks.contact(), asks.resolve(), asks.visit(), c.StrikeOff())
    assert kinds(story) == []
    story.also((asks.reopen(), town.STREET_WORKER))
    assert kinds(story) == [(AlarmKind.CLOSED_THEN_REOPENED, None)]


def test_another_policy_that_wins_days_is_an_alarm() -> None:
    story = given(*asks.ACCEPTED, asks.contact(), asks.move_policy("letters-and-visits-2022"))
    assert (AlarmKind.RECATEGORISED, "1/resolve") in kinds(story)
    assert kinds(given(*asks.ACCEPTED, asks.contact(), asks.move_policy("demo"))) == []


@pytest.mark.parametrize("seed", range(6))
def test_any_history_can_be_explained_and_agrees_with_its_due_moments(seed: int) -> None:
    world, *_ = walk(seed)
    for id_, events in world.events.items():
        case = world.cases[id_]
        alarms(history(world, id_), world.book)
        for one in explain(case, [(event, SOMEBODY) for event in events], world.book, world.now):
            assert one.due == world.book.due(case, one.clock)
            if one.stretches and one.due is not None:
                assert one.stretches[-1].until is not None
                assert one.stretches[-1].until.at == one.due.at
