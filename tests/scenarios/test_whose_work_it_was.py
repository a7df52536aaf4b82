"""Stories of independence: who worked on a case, for whichever unit, is not the one who judges it."""

from dataclasses import replace

import pytest

from domain.actor import Role
from domain.case import commands as c
from domain.case import events as e
from domain.policy import parse_policy
from tests.support import asks, town
from tests.support.given import CASE, OTHER, Story, given

RAISED = (*asks.ACCEPTED, c.Raise(clock="1/resolve"))
HALF_SIGNED = (*asks.ACCEPTED, (asks.hang_up(), town.WATER_HEAD))
POLICY = ("hotline-five-working-days", 1)


def under(story: Story, old: str, new: str) -> Story:
    """Go on under the hotline's policy with a line of it changed."""
    book = story.world.book
    text = (town.DATA / "policies" / f"{POLICY[0]}.toml").read_text(encoding="utf-8")
    assert old in text
    changed = parse_policy(text.replace(old, new))
    story.world.book = replace(book, policies={**book.policies, POLICY: changed})
    return story


def test_a_department_that_was_late_works_no_longer_on_what_the_district_took_over() -> None:
    story = given(*RAISED)
    for late in (town.WATER_WORKER, town.MAINS_WORKER, town.HOUSING_WORKER, town.STREET_WORKER):
        story.when(asks.resolve(), late).refused("not_your_unit")
        story.when(asks.progress(), late).refused("not_your_unit")
    story.when(asks.suspend(), town.WATER_HEAD).refused("not_your_unit")
    resolved = story.when(asks.resolve(), town.DISTRICT_WORKER)
    resolved.then(e.Resolved)
    assert isinstance(resolved.came[0], e.Resolved)
    assert (resolved.came[0].unit, resolved.came[0].workers) == (town.DISTRICT, (town.DISTRICT_WORKER.id,))


def test_no_department_grants_itself_time_on_what_was_raised_past_it() -> None:
    story = given(*RAISED, (asks.ask_extension(), town.DISTRICT_WORKER))
    story.when(c.GrantExtension(), town.WATER_HEAD).refused("not_your_unit")
    story.when(asks.refuse_extension(), town.WATER_HEAD).refused("not_your_unit")
    story.when(c.GrantExtension(), town.DISTRICT_WORKER).refused("role_not_allowed")
    story.when(c.GrantExtension(), town.SUPERVISOR).then(e.ExtensionGranted)


def test_a_policy_that_lets_the_head_decide_means_the_head_and_never_who_asked() -> None:
    story = given(*asks.ACCEPTED)
    under(story, 'approver = "parent"', 'approver = "head"').also((asks.ask_extension(), town.WATER_HEAD))
    story.when(c.GrantExtension(), town.WATER_WORKER).refused("role_not_allowed")
    story.when(c.GrantExtension(), town.WATER_HEAD).refused("own_request")
    story.when(asks.refuse_extension(), town.WATER_HEAD).refused("own_request")
    story.when(c.GrantExtension(), town.person(Role.UNIT_HEAD, town.WATER_OFFICE)).refused("not_your_unit")
    story.when(c.GrantExtension(), town.person(Role.UNIT_HEAD, town.WATER, "deputy")).then(e.ExtensionGranted)


def test_who_helped_by_assignment_or_came_when_called_has_worked_on_it() -> None:
    story = given(*asks.SCREENED, asks.assign(co_units=(town.HOUSING,)), c.Accept())
    story.also(asks.whistle(town.TRAFFIC), (asks.report_in(answer="arrived"), town.TRAFFIC_WORKER))
    story.also(asks.resolve())
    for helped in (town.HOUSING, town.HOUSING_OFFICE, town.TRAFFIC, town.TRAFFIC_OFFICE):
        story.when(asks.visit(), town.person(Role.VISITOR, helped)).refused("own_visit")
    story.when(asks.visit(), town.VISITOR).then(e.Visited)


def test_who_was_called_and_declined_has_not() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(town.TRAFFIC))
    story.also((asks.report_in(answer="declined", words="No crew"), town.TRAFFIC_WORKER), asks.resolve())
    story.when(asks.visit(), town.TRAFFIC_WORKER).then(e.Visited)


def test_who_came_when_called_has_worked_on_it_though_they_declined_what_was_left() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(town.TRAFFIC))
    story.also((asks.report_in(answer="arrived"), town.TRAFFIC_WORKER))
    story.also((asks.report_in(answer="declined", words="No crew"), town.TRAFFIC_WORKER), asks.resolve())
    story.when(asks.visit(), town.TRAFFIC_WORKER).refused("own_visit")


def test_a_part_that_is_split_off_remembers_who_worked_on_the_whole() -> None:
    story = given(asks.collect("water", "noise"), *asks.ACCEPTED[1:], c.SplitOff(parts=((2,),)))
    part = next(key for key, case in story.world.cases.items() if case.intake.split_from == CASE)
    story.also(asks.screen(), asks.assign(town.HOUSING), case=part)
    story.also((asks.object_(), town.HOUSING_WORKER), asks.rule(True), asks.assign(town.HOUSING), case=part)
    story.also((asks.resolve(2), town.HOUSING_WORKER), case=part)
    story.when(asks.visit(2), town.person(Role.VISITOR, town.WATER), case=part).refused("own_visit")
    moved = town.person(Role.VISITOR, town.EAST, town.WATER_WORKER.id)
    story.when(asks.visit(2), moved, case=part).refused("own_work")
    story.when(asks.visit(2), case=part).then(e.Visited)


def test_a_person_who_worked_on_it_judges_it_for_no_unit() -> None:
    for worker in (town.WATER_CLERK, town.WATER_WORKER):  # who accepted, and who resolved
        moved = town.person(Role.VISITOR, town.EAST, worker.id)
        steps = (*asks.ASSIGNED, (c.Accept(), town.WATER_CLERK), (asks.resolve(), town.WATER_WORKER))
        given(*steps).when(asks.visit(), moved).refused("own_work")
        given(*steps, asks.visit()).when(c.StrikeOff(), moved).refused("own_work")


def test_who_repaired_for_a_merged_case_judges_it_for_no_unit() -> None:
    story = given(*asks.ASSIGNED).also(asks.collect("also wet"), asks.screen(), case=OTHER)
    story.also(c.Merge(into=CASE), case=OTHER).also((c.Accept(), town.WATER_CLERK), asks.resolve())
    for worker in (town.WATER_CLERK, town.WATER_WORKER):
        moved = town.person(Role.VISITOR, town.EAST, worker.id)
        story.when(asks.visit(), moved, case=OTHER).refused("own_work")


def test_only_who_visited_or_their_office_strikes_off() -> None:
    outside = given(*asks.RESOLVED, (asks.visit(), town.OUTSIDE_VISITOR))
    for stranger in (town.WEST_WORKER, town.HOUSING_WORKER, town.person(Role.CASE_WORKER, town.PINE)):
        outside.when(c.StrikeOff(), stranger).refused("not_the_visitor")
    for one in (town.OUTSIDE_VISITOR, town.DISTRICT_WORKER, town.VISITOR):
        given(*asks.RESOLVED, (asks.visit(), town.OUTSIDE_VISITOR)).when(c.StrikeOff(), one).then(e.StruckOff)


@pytest.mark.parametrize("tries", [0, 1, 2])
def test_tries_of_one_visitor_in_one_hour_are_one_try(tries: int) -> None:
    story = given(*asks.RESOLVED)
    for _ in range(tries):
        story.also(asks.nobody_home())
    assert story.world.case().tries == min(tries, 1)
    story.when(asks.nobody_home(), at=story.world.now + 4 * town.HOUR).then(e.Visited)
    assert story.world.case().tries == min(tries, 1) + 1


def test_a_try_entered_late_is_measured_by_when_it_was() -> None:
    story = given(*asks.RESOLVED)
    story.also(asks.nobody_home())
    first = story.world.now - town.SECOND
    story.when(asks.nobody_home(), at=first + 8 * town.HOUR).then(e.Visited)
    story.when(asks.nobody_home(), at=first + 6 * town.HOUR, entered=first + 9 * town.HOUR).then(e.Visited)
    assert story.world.case().tries == 2


def test_nobody_is_struck_off_here_without_having_been_asked() -> None:
    origin = {"system": "elsewhere", "reference": "7", "imported_at": town.MONDAY}
    for collected in (asks.collect(policy="boston-2015"), asks.collect(policy="boston-2015", origin=origin)):
        by = town.IMPORTER if collected.origin else town.ADMINISTRATOR
        story = given((collected, by), *asks.RESOLVED[1:])
        story.when(c.StrikeOff()).refused("not_confirmed")
        story.also(asks.nobody_home()).when(c.StrikeOff()).then(e.StruckOff)
    story = given((asks.collect(policy="boston-2015", origin=origin), town.IMPORTER), *asks.RESOLVED[1:])
    story.when(c.StrikeOff(), town.IMPORTER).then(e.StruckOff)


def test_two_supervisors_hang_nothing_up_without_the_unit() -> None:
    story = given(*asks.ACCEPTED, asks.hang_up())
    story.when(asks.hang_up(), town.SECOND_SUPERVISOR).refused("unit_signature")
    story.when(asks.hang_up(), town.WATER_HEAD).then(e.HungUp)


def test_a_supervisor_of_the_unit_itself_is_not_above_it() -> None:
    own = town.person(Role.SUPERVISOR, town.WATER)
    given(*HALF_SIGNED).when(asks.hang_up(), own).refused("not_your_unit")


def test_other_terms_are_a_new_proposal_and_block_nobody() -> None:
    other = asks.hang_up(town.MONDAY + 30 * town.DAY)
    story = given(*HALF_SIGNED).when(other)
    story.then(e.ProposalSigned)
    story.when(other, town.WATER_HEAD).then(e.HungUp)


def test_a_proposal_whose_date_has_passed_makes_room_for_the_next() -> None:
    soon = asks.hang_up(town.MONDAY + town.DAY)
    story = given(*asks.ACCEPTED, (soon, town.WATER_HEAD))
    story.world.now += 2 * town.DAY
    story.when(soon).refused("until_in_past")
    story.when(asks.hang_up(), town.WATER_WORKER).then(e.ProposalSigned)
    story.when(asks.hang_up()).then(e.HungUp)


def test_a_signature_of_the_former_unit_is_none() -> None:
    for signed in (asks.hang_up(), asks.exclude()):
        story = given(*asks.ACCEPTED, (signed, town.WATER_HEAD), c.Raise(clock="1/resolve"))
        assert story.world.case().proposals == ()
        story.when(signed, town.SUPERVISOR).then(e.ProposalSigned)


def test_a_designation_holds_for_the_unit_that_was_designated() -> None:
    story = given(*asks.ASSIGNED, asks.object_(), asks.rule(False), c.Raise(clock="1/resolve"))
    story.when(asks.object_(), town.DISTRICT_WORKER).then(e.Objected)
    story = given(
        *asks.ASSIGNED, asks.object_(), asks.rule(False), asks.resolve(), asks.visit(satisfaction=1)
    )
    story.when(asks.object_()).refused("designated")


def test_the_assigning_unit_rules_or_one_above_it() -> None:
    for below in (town.person(Role.CASE_WORKER, town.PINE), town.person(Role.UNIT_HEAD, town.LAKE)):
        given(*asks.ASSIGNED, asks.object_()).when(asks.rule(True), below).refused("not_your_unit")
    story = given(*RAISED[:-2], c.Raise(clock="1/resolve"), (asks.object_(), town.DISTRICT_WORKER))
    story.when(asks.rule(True), town.WATER_WORKER).refused("not_your_unit")


def test_a_desk_is_nobody_under_it() -> None:
    story = given(asks.collect(), c.Raise(clock="1/dispatch"))
    for under_it in (town.STREET_WORKER, town.WATER_WORKER, town.person(Role.CASE_WORKER, town.PINE)):
        story.when(asks.screen(), under_it).refused("not_your_unit")
    story.when(asks.screen(), town.DISTRICT_WORKER).then(e.Screened)


def test_an_entry_of_the_district_is_answered_by_its_own_people() -> None:
    story = given(*asks.SCREENED, (asks.assign(town.DISTRICT), town.STREET_WORKER), asks.hold_accountable())
    story.when(asks.appeal_entry(), town.WATER_HEAD).refused("not_your_unit")
    story.when(asks.appeal_entry(), town.person(Role.UNIT_HEAD, town.DISTRICT)).then(e.AccountabilityAppealed)
