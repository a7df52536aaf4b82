"""Stories of people: units that object, departments that are called, residents who are asked again."""

from domain.actor import Role
from domain.case import commands as c
from domain.case import events as e
from domain.case.buckets import Bucket, account
from domain.case.clocks import find, find_open
from domain.case.stage import Ground, Stage
from domain.policy import Obligation
from tests.support import asks, town
from tests.support.given import CASE, OTHER, given
from tests.support.town import wall


def test_one_issue_from_report_to_strike_off() -> None:
    story = given(asks.collect("The cellar is under water"))
    assert account(story.world.case()) == (town.EAST, Bucket.TO_SCREEN)
    story.also(asks.screen(key=True))
    assert account(story.world.case()) == (town.EAST, Bucket.TO_ASSIGN)
    story.also(asks.assign(manner="meeting"))
    assert account(story.world.case()) == (town.WATER, Bucket.TO_ACCEPT)
    story.also(c.Accept(), asks.contact(), asks.progress())
    assert account(story.world.case()) == (town.WATER, Bucket.IN_HAND)
    story.also(asks.resolve())
    assert account(story.world.case()) == (town.EAST, Bucket.TO_VISIT)
    story.also(asks.visit(), c.StrikeOff())
    assert account(story.world.case()).bucket is Bucket.STRUCK_OFF


def test_an_objection_upheld_and_the_next_one_designated() -> None:
    story = given(*asks.ASSIGNED, asks.object_())
    story.when(c.Accept()).refused("objection_open")
    case = story.when(asks.rule(True)).then(e.ObjectionRuled)
    assert (case.stage, case.responsible) == (Stage.SCREENED, town.EAST)
    story.also(asks.assign(town.HOUSING), (asks.object_(), town.HOUSING_WORKER), asks.rule(False))
    story.when(asks.object_(), town.HOUSING_WORKER).refused("designated")
    story.when(c.Accept(), town.HOUSING_WORKER).then(e.Accepted)
    story.also((asks.resolve(), town.HOUSING_WORKER))
    story.when(asks.visit(), town.person(Role.VISITOR, town.WATER)).then(e.Visited)


def test_a_whistle_that_one_department_answers_and_the_other_declines() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(town.HOUSING, town.TRAFFIC))
    story.when(asks.report_in(answer="arrived"), town.HOUSING_WORKER).then(e.WhistleAnswered)
    story.when(asks.report_in(answer="declined"), town.TRAFFIC_WORKER).refused("reason_missing")
    case = story.when(asks.report_in(answer="declined", words="No crew"), town.TRAFFIC_WORKER).then(
        e.WhistleAnswered
    )
    assert [call.answer for call in case.calls] == ["arrived", "declined"]
    assert find_open(case.clocks, Obligation.ANSWER_WHISTLE) is None


def test_a_department_that_stays_silent_is_escalated_even_while_the_case_is_suspended() -> None:
    story = given(
        *asks.ACCEPTED, asks.contact(), asks.whistle(town.HOUSING), asks.suspend(wall("2026-04-01 09:00"))
    )
    taken = [story.world.step()[0] for _ in range(4)]
    assert {event.unit for event in taken if isinstance(event, e.RungTaken)} == {town.HOUSING}
    assert story.world.case().entries[0].unit == town.HOUSING


def test_one_repair_for_two_reports_and_a_return_visit_for_each_resident() -> None:
    story = given(*asks.ACCEPTED).also(
        asks.collect("also wet"), asks.screen(), c.Merge(into=CASE), case=OTHER
    )
    merged = story.world.case(OTHER)
    assert account(merged) == (town.WATER, Bucket.MERGED)
    assert find_open(merged.clocks, Obligation.RESOLVE)
    story.also(asks.resolve())
    assert story.world.case(OTHER).stage is Stage.RESOLVED
    story.also(asks.visit(), c.StrikeOff())
    assert story.world.case(OTHER).stage is Stage.RESOLVED
    story.when(asks.visit(satisfaction=1), case=OTHER).then(e.Visited, e.Reopened)
    assert (story.world.case().stage, story.world.case(OTHER).stage) == (Stage.CLOSED, Stage.ASSIGNED)
    assert story.world.case(OTHER).responsible == town.WATER


def test_a_dissatisfied_resident_gets_a_second_round_with_new_clocks() -> None:
    story = given(*asks.RESOLVED)
    case = story.when(asks.visit(satisfaction=2)).then(e.Visited, e.Reopened)
    assert [one.key for one in case.clocks if one.open] == ["2/accept", "2/contact", "2/resolve"]
    clock = find(case.clocks, "1/visit")
    assert clock is not None
    assert clock.ending == "met"
    story.also(c.Accept(), asks.resolve())
    case = story.when(asks.visit()).then(e.Visited)
    assert (case.round, case.confirmed) == (2, True)
    story.when(c.StrikeOff()).then(e.StruckOff)


def test_a_resident_who_is_never_at_home() -> None:
    story = given(*asks.RESOLVED)
    story.when(c.StrikeOff()).refused("not_confirmed")
    for _ in range(2):
        story.when(asks.nobody_home(), at=story.world.now + 4 * town.HOUR).then(e.Visited)
        assert story.world.case().tries == story.when(asks.nobody_home()).then(e.Visited).tries
        story.when(c.StrikeOff()).refused("resident_not_reached")
    assert story.when(asks.nobody_home(), town.visitor(2)).then(e.Visited).tries == 3
    story.when(c.StrikeOff()).then(e.StruckOff)
    struck = story.came[0]
    assert isinstance(struck, e.StruckOff)
    assert struck.ground is Ground.UNREACHABLE
    assert story.when(asks.reopen(), town.STREET_WORKER).then(e.Reopened).tries == 0


def test_one_report_that_holds_two_issues_is_split() -> None:
    story = given(asks.collect("water", "noise"), asks.screen(), asks.assign(), c.Accept())
    story.when(c.SplitOff(parts=((2,),))).then(e.Split)
    part = next(key for key, case in story.world.cases.items() if case.intake.split_from == CASE)
    story.when(asks.resolve(1, 2)).refused("unknown_claim")
    story.when(asks.resolve(1)).then(e.Resolved)
    story.also(asks.screen(), asks.assign(town.HOUSING), (asks.resolve(2), town.HOUSING_WORKER), case=part)
    story.also(asks.visit(2), c.StrikeOff(), case=part)
    assert story.world.case(part).stage is Stage.CLOSED
    assert story.world.case().stage is Stage.RESOLVED


def test_an_exclusion_stands_on_two_signatures_one_of_them_a_supervisors() -> None:
    story = given(*asks.ACCEPTED)
    assert not story.when(asks.exclude(), town.WATER_HEAD).then(e.ProposalSigned).excluded
    story.when(asks.exclude(), town.WATER_HEAD).refused("same_signer")
    story.when(asks.exclude(), town.WATER_WORKER).refused("supervisor_signature")
    story.when(asks.exclude("private_dispute"), town.SUPERVISOR).then(e.ProposalSigned)
    story.when(asks.exclude("private_dispute"), town.SECOND_SUPERVISOR).refused("unit_signature")
    story.when(asks.exclude(), town.WATER_HEAD).then(e.ProposalSigned)
    assert story.when(asks.exclude(), town.SUPERVISOR).then(e.Excluded).excluded
    excluded = story.came[0]
    assert isinstance(excluded, e.Excluded)
    assert excluded.signed_by == (town.WATER_HEAD.id, town.SUPERVISOR.id)


def test_the_desk_never_reached_in_time_passes_its_duty_to_the_district() -> None:
    story = given(asks.collect())
    raised = [event for _ in range(3) for event in story.world.step()][-1]
    assert isinstance(raised, e.Raised)
    assert (raised.unit, raised.to, story.world.case().responsible) == (
        town.EAST,
        town.DISTRICT,
        town.DISTRICT,
    )
    story.also((asks.screen(), town.DISTRICT_WORKER), (asks.assign(), town.DISTRICT_WORKER))
    assert story.world.case().stage is Stage.ASSIGNED
