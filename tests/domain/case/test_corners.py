"""Corners where rules meet: each could let a case fall silent, a duty get lost or a judge be partial."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actor import LADDER, Actor, Role
from domain.case import commands as c
from domain.case import events as e
from domain.case.clocks import find, find_open
from domain.case.decide import allowed, decide
from domain.case.parts import TakenRung
from domain.case.plan import Action
from domain.case.stage import Act, Stage
from domain.policy import Obligation, Rung, parse_policy
from tests.support import asks, town
from tests.support.given import CASE, OTHER, folded, given

PINE_WORKER = town.person(Role.CASE_WORKER, town.PINE)
WHISTLED_BY_TWO = asks.whistle(town.WATER, town.WATER_OFFICE)


def test_a_clock_that_an_undone_merge_took_away_leaves_its_key_to_nobody() -> None:
    story = given(*asks.ASSIGNED).also(asks.collect(), asks.screen(), case=OTHER)
    story.also(c.Merge(into=CASE), case=OTHER)
    clock = find_open(story.world.case(OTHER).clocks, Obligation.RESOLVE)
    assert clock is not None
    late = story.world.now + 30 * town.DAY
    story.when(c.Remind(clock=clock.key), LADDER, at=late, case=OTHER).then(e.Reminded)
    story.also(c.Unmerge(), asks.assign(), case=OTHER)
    case = story.world.case(OTHER)
    assert TakenRung(clock.key, Rung.REMIND) in case.rungs
    assert find(case.clocks, clock.key) is None
    assert story.when(c.Remind(clock="1/resolve"), LADDER, at=late + 30 * town.DAY, case=OTHER).came


def test_each_merge_begins_a_clock_of_its_own() -> None:
    story = given(asks.collect()).also(asks.collect(), case=OTHER)
    keys = []
    for _ in range(2):
        story.also(c.Merge(into=CASE), case=OTHER)
        clock = find_open(story.world.case(OTHER).clocks, Obligation.RESOLVE)
        assert clock is not None
        keys.append(clock.key)
        story.also(c.Unmerge(), case=OTHER)
    assert len(set(keys)) == 2


def test_a_merged_case_may_still_hear_from_the_departments_it_called() -> None:
    story = given(asks.collect()).also(*asks.ACCEPTED, asks.whistle(), case=OTHER)
    story.also(c.Merge(into=CASE), asks.report_in(), c.Unmerge(), case=OTHER)
    case = story.world.case(OTHER)
    assert [call.answer for call in case.calls] == ["did", None]
    assert find(case.clocks, "1/answer_whistle/1.yuhua.housing").ended_at  # type: ignore[union-attr]
    assert find(case.clocks, "1/answer_whistle/1.yuhua.traffic").open  # type: ignore[union-attr]


def test_who_repaired_for_a_merged_case_can_neither_visit_nor_close_it() -> None:
    story = given(asks.collect(), asks.screen()).also(asks.collect(), case=OTHER)
    story.also(c.Merge(into=CASE), case=OTHER)
    story.also(asks.assign(town.EAST), (c.Accept(), town.STREET_WORKER), (asks.resolve(), town.STREET_WORKER))
    case = story.world.case(OTHER)
    assert (case.stage, case.duties.handler) == (Stage.RESOLVED, town.EAST)
    assert case.responsible == town.DISTRICT
    story.when(asks.visit(), town.VISITOR, case=OTHER).refused("own_visit")
    story.when(asks.visit(), town.OUTSIDE_VISITOR, case=OTHER).then(e.Visited)


def test_a_merged_case_stands_on_the_account_of_whoever_has_the_leading_one() -> None:
    story = given(asks.collect(), asks.screen()).also(asks.collect(), c.Merge(into=CASE), case=OTHER)
    assert story.world.case(OTHER).responsible == town.EAST
    story.also(asks.assign())
    case = story.world.case(OTHER)
    assert case.responsible == town.WATER
    assert {clock.owner for clock in case.clocks if clock.open} == {town.WATER}
    story.also(asks.object_(), asks.rule(True))
    assert story.world.case(OTHER).responsible == town.EAST
    story.also(asks.assign(town.HOUSING))
    assert story.world.case(OTHER).responsible == town.HOUSING


def test_a_merged_case_that_its_desk_did_not_handle_is_visited_by_the_desk() -> None:
    story = given(asks.collect(), asks.screen()).also(asks.collect(), c.Merge(into=CASE), case=OTHER)
    story.also(asks.assign(), asks.resolve())
    assert story.world.case(OTHER).responsible == town.EAST


def test_a_signature_about_the_appraisal_outlives_suspension_merge_and_refusal() -> None:
    signed = (asks.exclude(), town.WATER_HEAD)
    story = given(*asks.ACCEPTED, signed, asks.suspend())
    assert story.when(asks.exclude()).then(e.Excluded).excluded
    story = given(asks.collect(), (asks.exclude(), town.STREET_HEAD), asks.refuse())
    assert story.when(asks.exclude()).then(e.Excluded).excluded


def test_an_undone_merge_revives_no_signature_that_was_used() -> None:
    story = given(asks.collect()).also(asks.collect(), (asks.exclude(), town.STREET_HEAD), case=OTHER)
    story.also(c.Merge(into=CASE), asks.exclude(), c.Unmerge(), case=OTHER)
    case = story.world.case(OTHER)
    assert (case.excluded, case.proposals) == (True, ())


def test_the_first_signature_of_a_hang_up_does_not_outlive_its_stage() -> None:
    story = given(*asks.ACCEPTED, (asks.hang_up(), town.WATER_HEAD), asks.suspend(), c.Resume())
    assert story.when(asks.hang_up()).then(e.ProposalSigned).proposals[0].act is Act.HANG_UP


def test_what_earlier_rounds_handled_is_remembered_when_a_later_objection_is_upheld() -> None:
    story = given(*asks.RESOLVED, asks.visit(satisfaction=1), asks.object_(), asks.rule(True))
    story.also(asks.assign(town.HOUSING), (asks.resolve(), town.HOUSING_WORKER))
    story.when(asks.visit(), town.person(Role.VISITOR, town.WATER)).refused("own_visit")


def test_an_upheld_objection_frees_every_unit_named_in_vain() -> None:
    story = given(*asks.SCREENED, asks.assign(town.PINE), c.Raise(clock="1/accept"))
    assert story.world.case().duties.handled == {town.PINE, town.EAST}
    story.also((asks.object_(), town.STREET_HEAD), (asks.rule(True), town.SUPERVISOR))
    assert story.world.case().duties.handled == frozenset()


def test_nobody_rules_on_their_own_objection() -> None:
    story = given(*asks.SCREENED, asks.assign(town.PINE), (asks.object_(), PINE_WORKER))
    story.when(asks.rule(True), PINE_WORKER).refused("not_your_unit")
    story.when(asks.rule(True), town.STREET_WORKER).then(e.ObjectionRuled)


def test_a_desks_objection_to_itself_is_ruled_above_it() -> None:
    story = given(*asks.SCREENED, asks.assign(town.EAST), (asks.object_(), town.STREET_HEAD))
    assert story.world.case().duties.objection == town.DISTRICT
    story.when(asks.rule(True), town.STREET_WORKER).refused("not_your_unit")
    story.when(asks.rule(True), town.SUPERVISOR).then(e.ObjectionRuled)


def test_a_hold_that_is_ended_by_a_late_hand_ended_on_its_date() -> None:
    until = town.MONDAY + 2 * town.DAY
    story = given(*asks.ACCEPTED, asks.suspend(until))
    story.when(c.Resume(), at=until + 3 * town.DAY).then(e.Resumed(at=until, on_date=True))
    story = given(*asks.ACCEPTED, (asks.hang_up(until), town.WATER_HEAD), asks.hang_up(until))
    story.when(c.TakeDown(), at=until + town.DAY).then(e.TakenDown(at=until, on_date=True, signed_by=()))


def test_a_timer_that_is_early_ends_no_hold() -> None:
    given(*asks.SUSPENDED).when(c.Resume(), LADDER).nothing()
    given(*asks.HUNG_UP).when(c.TakeDown(), LADDER).nothing()


def test_a_request_for_more_time_falls_away_with_its_clock() -> None:
    story = given(*asks.ACCEPTED, asks.ask_extension())
    case = story.world.case()
    ended = tuple(replace(one, ended_at=one.started_at) for one in case.clocks if one.key == "1/resolve")
    story.world.cases[CASE] = replace(case, clocks=ended)
    story.when(c.GrantExtension()).refused("no_extension_asked")


def test_a_grant_is_measured_by_the_policy_of_the_day() -> None:
    story = given(*asks.ACCEPTED, asks.ask_extension(), asks.move_policy("demo"))
    story.when(c.GrantExtension()).refused("extension_not_allowed")
    story.when(asks.refuse_extension()).then(e.ExtensionRefused)


def test_only_the_approver_that_the_policy_names_grants_more_time() -> None:
    story = given(*asks.SCREENED, asks.assign(town.PINE))
    book = story.world.book
    key = ("hotline-five-working-days", 1)
    text = (town.DATA / "policies" / f"{key[0]}.toml").read_text(encoding="utf-8")
    strict = parse_policy(text.replace('approver = "parent"', 'approver = "district"'))
    story.world.book = replace(book, policies={**book.policies, key: strict})
    story.also((asks.ask_extension(), PINE_WORKER))
    story.when(c.GrantExtension(), town.STREET_HEAD).refused("not_your_unit")
    story.when(c.GrantExtension(), town.SUPERVISOR).then(e.ExtensionGranted)


def test_a_rung_never_falls_before_its_clock_began() -> None:
    story = given(*asks.ASSIGNED, asks.receive_target(town.MONDAY - 90 * town.DAY))
    step = story.world.plan()
    assert step is not None
    clock = find(story.world.case().clocks, "1/resolve")
    assert clock is not None
    assert (step.action, step.wake_at) == (Action.REMIND, clock.started_at)
    assert [type(story.world.step()[0]) for _ in range(2)] == [e.Reminded, e.Supervised]


def test_a_split_off_case_that_is_late_from_the_start_is_planned_from_its_own_beginning() -> None:
    story = given(asks.collect("water", "noise"))
    story.world.now += 30 * town.DAY
    story.also(c.SplitOff(parts=((2,),)))
    part = next(one for one in story.world.cases.values() if one.intake.split_from)
    step = story.world.plan(part.id)
    assert step is not None
    assert step.wake_at == part.collected_at
    assert decide(c.Remind(clock=step.clock or ""), part, _timer(story.world, step.wake_at), {})


def _timer(world: object, at: object) -> c.Context:
    return c.Context(case=CASE, command=CASE, actor=LADDER, at=at, now=at, book=town.rulebook())  # type: ignore[arg-type]


def test_the_top_of_the_tree_is_raised_to_itself() -> None:
    story = given(*asks.SCREENED, asks.assign(town.DISTRICT))
    case = story.when(c.Raise(clock="1/resolve")).then(e.Raised)
    assert case.responsible == town.DISTRICT
    district = town.person(Role.CASE_WORKER, town.DISTRICT)
    story.also((c.Accept(), district), (asks.resolve(), district))
    assert story.world.case().responsible == town.EAST
    story.when(asks.visit(), town.SUPERVISOR).refused("own_visit")
    story.when(asks.visit(), town.VISITOR).then(e.Visited)


def test_a_visit_is_raised_only_to_a_unit_that_may_go() -> None:
    """The district took over the work, so the visit stays with the street, which is not the district."""
    story = given(*asks.ACCEPTED, c.Raise(clock="1/resolve"), (asks.resolve(), town.DISTRICT_WORKER))
    case = story.when(c.Raise(clock="1/visit"), town.SUPERVISOR).then(e.Raised)
    assert (case.duties.handler, case.duties.visitor) == (town.DISTRICT, town.EAST)
    story.when(asks.visit(), town.VISITOR).then(e.Visited)


def test_an_administrator_without_a_unit_visits_in_the_visitors_name_or_not_at_all() -> None:
    story = given(asks.collect(place={"unit": town.DISTRICT}), (asks.screen(), town.DISTRICT_WORKER))
    story.also((asks.assign(town.DISTRICT), town.DISTRICT_WORKER), (asks.resolve(), town.DISTRICT_WORKER))
    story.when(asks.visit(), town.ADMINISTRATOR).refused("own_visit")
    story.when(asks.visit(), town.OUTSIDE_VISITOR).then(e.Visited)


def test_a_reopened_case_stays_with_the_unit_that_it_was_raised_to() -> None:
    story = given(*asks.ACCEPTED, c.Raise(clock="1/resolve"), (asks.resolve(), town.DISTRICT_WORKER))
    story.also(asks.visit(satisfaction=1))
    case = story.world.case()
    assert case.responsible == town.DISTRICT
    assert {clock.owner for clock in case.clocks if clock.open} == {town.DISTRICT}
    assert case.duties.handled == {town.WATER, town.DISTRICT}


def test_two_whistles_to_one_department_are_two_debts() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(), asks.whistle())
    keys = [one.key for one in story.world.case().clocks if one.obligation is Obligation.ANSWER_WHISTLE]
    assert len(keys) == len(set(keys)) == 4
    story.also(asks.report_in(2))
    open_ = [one.key for one in story.world.case().clocks if one.open and one.owner == town.HOUSING]
    assert open_ == ["1/answer_whistle/1.yuhua.housing"]


def test_an_office_answers_its_own_call_before_its_departments() -> None:
    story = given(*asks.ACCEPTED, WHISTLED_BY_TWO)
    story.when(asks.report_in(), town.MAINS_WORKER).then(e.WhistleAnswered)
    answered = story.came[0]
    assert isinstance(answered, e.WhistleAnswered)
    assert answered.department == town.WATER_OFFICE


def test_a_department_may_arrive_first_and_report_what_it_did_later() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(), asks.report_in(answer="arrived"))
    story.when(asks.report_in(answer="did")).then(e.WhistleAnswered)
    story.when(asks.report_in(answer="arrived")).refused("whistle_answered")


def test_a_later_policy_version_takes_cases_from_its_first_day_on() -> None:
    book = town.rulebook()
    old = book.policies["demo", 1]
    new = old.model_copy(update={"version": 2, "effective_from": (town.MONDAY + 2 * town.DAY).date()})
    book = replace(
        book, policies={**book.policies, ("demo", 2): new}, hashes={**book.hashes, ("demo", 2): "b" * 64}
    )
    assert book.newest("demo", town.MONDAY).version == 1
    assert book.newest("demo", town.MONDAY + 2 * town.DAY).version == 2
    assert book.newest("demo").version == 2
    assert book.newest("demo", town.MONDAY - timedelta(days=20_000)).version == 1


def test_an_import_is_not_escalated_for_what_fell_due_before_it() -> None:
    origin = {"system": "old", "reference": "7", "imported_at": town.MONDAY + 60 * town.DAY}
    story = given((asks.collect(origin=origin), town.IMPORTER))
    assert story.world.plan() is None
    story.when(c.Remind(clock="1/dispatch"), LADDER, at=town.MONDAY + 61 * town.DAY).nothing()
    case = story.when(asks.screen()).then(e.Screened)
    assert any(one.open for one in case.clocks)


def test_leaders_of_others_give_them_their_own_visit() -> None:
    story = given(*asks.ACCEPTED).also(asks.collect("a", "b"), c.Merge(into=CASE), case=OTHER)
    story.also(asks.resolve())
    case = story.world.case(OTHER)
    assert (case.stage, [claim.outcome for claim in case.claims]) == (Stage.RESOLVED, ["solved", "solved"])
    assert find_open(case.clocks, Obligation.VISIT)
    assert folded(story.world.events[OTHER]) == case


@pytest.mark.parametrize("actor", town.PEOPLE, ids=lambda one: one.id)
def test_a_verb_that_is_not_allowed_is_always_refused(actor: Actor) -> None:
    from tests.domain.case.test_transitions import EXAMPLES, histories

    for stage in Stage:
        for world in histories(stage):
            verbs = allowed(world.case(), actor, town.TOWN)
            for kind in c.CASE_COMMANDS:
                if kind.VERB in verbs:
                    continue
                for command in EXAMPLES[kind]:
                    story = given()
                    story.world = world
                    assert story.when(command, actor).error is not None
