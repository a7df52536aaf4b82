"""Time that is neither won nor lost by what was entered late, granted, moved or judged under other rules."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.actor import LADDER
from domain.case import commands as c
from domain.case import events as e
from domain.case.alarms import AlarmKind
from domain.case.clocks import find
from domain.case.plan import Action
from domain.policy import parse_policy
from tests.scenarios.test_clocks_explained import account, kinds
from tests.support import asks, town
from tests.support.given import OTHER, Given, Story, given
from tests.support.town import wall

TARGET = wall("2026-03-20 12:00")


def due(story: Story, key: str = "1/resolve") -> datetime:
    case = story.world.case()
    clock = find(case.clocks, key)
    assert clock is not None
    moment = story.world.book.due(case, clock)
    assert moment is not None
    return moment.at


def test_what_was_granted_moves_a_given_target_before_pauses_are_counted() -> None:
    story = given(*asks.ACCEPTED, asks.contact(), asks.receive_target(TARGET))
    story.also(asks.ask_extension("5 working_day"), c.GrantExtension())
    granted = due(story)
    start = TARGET + 2 * town.DAY
    assert granted > start
    story.when(asks.suspend(start + 3 * town.DAY), at=start, entered=start).then(e.Suspended)
    story.when(c.Resume(), LADDER, at=start + 3 * town.DAY).then(e.Resumed)
    assert due(story) == granted + 3 * town.DAY


@pytest.mark.parametrize("resumed_first", [True, False])
def test_a_target_is_not_moved_by_a_pause_before_it_came(resumed_first: bool) -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    until = town.MONDAY + 3 * town.DAY
    story.when(asks.suspend(until), at=town.MONDAY + town.DAY).then(e.Suspended)
    if resumed_first:
        story.when(c.Resume(), LADDER, at=until).then(e.Resumed)
        story.also(asks.receive_target(TARGET))
        assert due(story) == TARGET
    else:
        story.when(asks.receive_target(TARGET), at=until - town.DAY).then(e.TargetReceived)
        story.when(c.Resume(), LADDER, at=until).then(e.Resumed)
        assert due(story) == TARGET + town.DAY


def test_an_import_may_tell_of_a_suspension_that_was_in_time() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    at, entered = town.MONDAY + town.DAY, town.MONDAY + 60 * town.DAY
    story.when(asks.suspend(), town.IMPORTER, at=at, entered=entered).then(e.Suspended)


@pytest.mark.parametrize(("minutes", "code"), [(4, None), (6, "dated_back")])
def test_a_resident_dates_nothing_back_but_by_what_clocks_may_disagree(
    minutes: int, code: str | None
) -> None:
    later = town.MONDAY + 3 * town.DAY
    at = later - timedelta(minutes=minutes)
    reported = given().when(asks.collect(channel="web"), town.RESIDENT, at=at, entered=later)
    closed = given((asks.collect(), town.RESIDENT), *asks.CLOSED[1:])
    again = closed.when(asks.reopen(), town.RESIDENT, at=at, entered=later)
    for story in (reported, again):
        assert (story.error and story.error.code) == code


def test_a_call_of_yesterday_is_entered_with_its_own_moment() -> None:
    later = town.MONDAY + town.DAY
    given().when(asks.collect(), town.STREET_WORKER, at=town.MONDAY, entered=later).then(e.Collected)


def test_what_is_entered_late_counts_and_is_seen() -> None:
    story = given(*asks.ASSIGNED)
    at, entered = town.MONDAY + town.HOUR, town.MONDAY + 3 * town.DAY
    story.when(c.Accept(), at=at, entered=entered).then(e.Accepted)
    assert kinds(story) == [(AlarmKind.ENTERED_LATE, "1/accept")]
    assert due(story, "1/accept") > at
    assert kinds(given(*asks.ACCEPTED)) == []


def test_an_ended_clock_is_not_judged_anew_by_another_policy() -> None:
    story = given(*asks.ASSIGNED)
    story.when(asks.contact(), at=town.MONDAY + 5 * town.HOUR).then(e.Contacted)
    before = due(story, "1/contact")
    story.also(asks.move_policy("demo"))
    assert due(story, "1/contact") == before
    told = account(story, "1/contact")
    assert (told.policy.id, told.calendar.id) == ("hotline-five-working-days", "china")
    assert account(story, "1/resolve").policy.id == "demo"


def test_an_undone_merge_judges_no_ended_clock_anew() -> None:
    story = given(asks.collect()).also(*asks.ASSIGNED, asks.contact(), case=OTHER)
    story.also(c.Merge.model_validate({"into": story.world.case().id}), asks.move_policy("demo"), case=OTHER)
    story.also(c.Unmerge(), case=OTHER)
    case = story.world.case(OTHER)
    contact = find(case.clocks, "1/contact")
    assert contact is not None
    assert story.world.book.rules_for(case, contact).id == "hotline-five-working-days"


def test_a_stricter_policy_holds_nobody_accountable_for_the_time_before_it() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    moved = town.MONDAY + 2 * town.DAY
    story.when(asks.move_policy("demo"), at=moved).then(e.PolicyMoved)
    assert due(story) < moved
    rungs = []
    for _ in range(4):
        step = story.world.plan()
        assert step is not None
        rungs.append((step.wake_at - moved).total_seconds())
        assert story.world.step()
    # The supervision, taken two seconds after the move, gives its level a second of its own.
    assert rungs == [0, 0, 3, 4]


SECTION = """
[[sections]]
name = "danger"
applies_to = {{ categories = ["danger"] }}
[sections.obligations.resolve]
limit = "2 working_hour"
"""


def test_a_danger_screened_anew_as_noise_is_an_alarm() -> None:
    text = (town.DATA / "policies" / "hotline-five-working-days.toml").read_text(encoding="utf-8")
    strict = parse_policy(text + SECTION.format())
    story = given()
    book = story.world.book
    story.world.book = replace(book, policies={**book.policies, (strict.id, 1): strict})
    story.also(asks.collect(category="danger"), asks.screen(key=True))
    assert kinds(story) == []
    story.also(asks.screen(key=True, category="noise"))
    assert kinds(story) == [(AlarmKind.RECATEGORISED, "1/resolve")]
    story.also(asks.screen(key=True, category="danger"))
    assert kinds(story) == [(AlarmKind.RECATEGORISED, "1/resolve")]


def test_both_signers_evidence_is_kept() -> None:
    one = {"sha256": "1" * 64, "media_type": "image/jpeg", "size": 3}
    two = {**one, "sha256": "2" * 64}
    story = given(*asks.ACCEPTED, (asks.exclude(evidence=[one]), town.WATER_HEAD))
    story.when(asks.exclude(evidence=[two])).then(e.Excluded)
    (excluded,) = story.came
    assert isinstance(excluded, e.Excluded)
    assert [item.sha256[0] for item in excluded.evidence] == ["1", "2"]
    story.also((asks.include(evidence=[two]), town.WATER_HEAD))
    story.when(asks.include(evidence=())).then(e.Included)
    (included,) = story.came
    assert isinstance(included, e.Included)
    assert [item.sha256[0] for item in included.evidence] == ["2"]


@pytest.mark.parametrize("steps", [asks.ACCEPTED, asks.CLOSED])
def test_an_excluded_case_counts_again_by_itself_on_its_date(steps: tuple[Given, ...]) -> None:
    until = town.MONDAY + 3 * town.HOUR
    signed = asks.exclude(until=until)
    story = given(*steps, (signed, town.WATER_HEAD), signed)
    step = story.world.plan()
    assert step is not None
    assert (step.action, step.wake_at) == (Action.INCLUDE, until)
    story.when(c.Include(), LADDER).nothing()
    story.when(c.Include(), LADDER, at=until + town.SECOND).then(
        e.Included(at=until, reason="expired", signed_by=())
    )
    assert not story.world.case().excluded
    after = story.world.plan()
    assert after is None or after.action is not Action.INCLUDE


def test_a_hearing_entered_after_the_limit_stops_no_clock_of_the_time_before_it() -> None:
    story = given(*asks.REVIEWED, asks.ask_recheck())
    begun, was = story.world.now + town.DAY, due(story, "1/answer_recheck")
    held = asks.hear(begun, begun + 20 * town.DAY)
    at, entered = begun + 20 * town.DAY, was + 10 * town.DAY
    story.when(held, at=at, entered=entered).refused("entered_too_late")
    assert due(story, "1/answer_recheck") == was
    story.when(held, town.IMPORTER, at=at, entered=entered).then(e.Heard)


def test_a_hearing_that_was_still_held_as_the_limit_passed_counts_though_it_is_entered_afterwards() -> None:
    story = given(*asks.REVIEWED, asks.ask_recheck())
    was = due(story, "1/answer_recheck")
    begun, ended = was - 2 * town.DAY, was + town.HOUR
    story.when(asks.hear(begun, ended), at=ended).then(e.Heard)
    assert due(story, "1/answer_recheck") > ended


def test_a_hearing_told_again_after_the_limit_is_nothing() -> None:
    story = given(*asks.REVIEWED, asks.ask_recheck())
    begun = story.world.now
    held = asks.hear(begun, begun + town.HOUR)
    story.when(held, at=begun + town.HOUR).then(e.Heard)
    story.when(held, at=begun + 90 * town.DAY).nothing()


def test_an_objection_entered_after_its_time_is_too_late_whenever_it_is_said_to_have_been_made() -> None:
    story = given(asks.collect(policy=asks.PETITION), asks.screen(), asks.assign())
    made = story.world.now + town.HOUR
    late = made + 60 * town.DAY
    story.when(asks.object_(), at=made, entered=late).refused("objection_too_late")
    story.when(asks.object_(), town.IMPORTER, at=made, entered=late).then(e.Objected)


@pytest.mark.parametrize("decision", [c.GrantExtension(), asks.refuse_extension()])
def test_more_time_is_not_decided_before_it_is_asked_for(decision: c.AnyCaseCommand) -> None:
    story = given(*asks.ACCEPTED)
    asked = town.MONDAY + town.DAY
    story.when(asks.ask_extension(), at=asked).then(e.ExtensionAsked)
    later = asked + 3 * town.DAY
    story.when(decision, at=asked - town.SECOND, entered=later).refused("happened_too_early")
    story.when(decision, at=asked, entered=later)
    assert story.error is None


def test_a_case_is_not_struck_off_before_the_visits_on_which_that_rests() -> None:
    story = given(*asks.RESOLVED)
    first = story.world.now
    for number in range(3):
        gone = first + (3 + number) * town.DAY
        story.when(asks.nobody_home(), town.visitor(number), at=gone).then(e.Visited)
    entered = first + 6 * town.DAY
    story.when(c.StrikeOff(), at=first + town.HOUR, entered=entered).refused("happened_too_early")
    story.when(c.StrikeOff(), at=first + 5 * town.DAY, entered=entered).then(e.StruckOff)


def test_a_hearing_is_told_with_who_recorded_it() -> None:
    story = given(*asks.REVIEWED, asks.ask_recheck())
    begun = story.world.now
    story.when(asks.hear(begun, begun + town.HOUR), at=begun + 2 * town.HOUR).then(e.Heard)
    (pause,) = account(story, "1/answer_recheck").holds
    assert pause.reason == "hearing"
    assert pause.by is not None


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (c.Collect, {"channel": "web", "claims": ["   "], "category": "water", "place": {"unit": town.PINE}}),
        (c.Collect, {"channel": "web", "claims": ["wet"], "category": " ", "place": {"unit": town.PINE}}),
        (
            c.Collect,
            {"channel": "web", "claims": ["wet"], "category": "a", "place": {"unit": "a", "latitude": 1}},
        ),
        (c.Refuse, {"reason": "beyond_public_duties", "explanation": " ", "turn_to": "the court"}),
        (c.Refuse, {"reason": "beyond_public_duties", "explanation": "No", "turn_to": "\u3000"}),
        (c.Assign, {"unit": town.WATER, "why": "rule"}),
        (c.Assign, {"unit": town.WATER, "why": "rule", "rule": " "}),
    ],
)
def test_blank_and_half_given_values_are_no_commands(
    command: type[c.AnyCaseCommand], body: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"blanks say nothing|match pattern|rule that chose|a point has"):
        command.model_validate(body)
