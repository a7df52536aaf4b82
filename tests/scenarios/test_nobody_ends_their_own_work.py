"""Stories of endings: nobody reviews, refuses or strikes off their own work, for whichever unit they come."""

from domain.actor import Role
from domain.case import commands as c
from domain.case import events as e
from domain.case.stage import Stage, WhistleAnswer
from tests.support import asks, town
from tests.support.given import CASE, Given, given

WORKER = town.DISTRICT_WORKER
REVIEWER = town.person(Role.CASE_WORKER, town.DISTRICT, "reviewer@yuhua")
PINE_WORKER = town.person(Role.CASE_WORKER, town.PINE)
TAKEN: tuple[Given, ...] = (asks.collect(policy=asks.PETITION), asks.screen())
OF_THE_TOP: tuple[Given, ...] = (
    *TAKEN, (asks.assign(town.DISTRICT), WORKER), (c.Accept(), WORKER), (asks.resolve(), WORKER),
)  # fmt: skip
CLOSED_BY_A_VISIT: tuple[Given, ...] = (*OF_THE_TOP, asks.visit(), c.StrikeOff())
REVIEWED: tuple[Given, ...] = (asks.ask_review(), (asks.answer_review(), REVIEWER), asks.ask_recheck())
UNSOLVED = (asks.visit(solved=False, satisfaction=1), town.OUTSIDE_VISITOR)
OF_THE_DESK: tuple[Given, ...] = (*asks.SCREENED, asks.assign(town.EAST))
RAISED_CALL = c.Raise(clock=f"1/answer_whistle/1.{town.HOUSING_OFFICE}")


def test_who_worked_on_it_reviews_nothing_even_at_the_top() -> None:
    story = given(*OF_THE_TOP, asks.ask_review())
    story.when(asks.answer_review(), WORKER).refused("own_work")
    story.when(asks.answer_review(), REVIEWER).then(e.ReviewAnswered)
    story.also(asks.ask_recheck()).when(asks.answer_recheck(), WORKER).refused("own_work")


def test_who_answered_the_review_does_not_re_examine_it() -> None:
    story = given(*OF_THE_TOP, *REVIEWED)
    story.when(asks.answer_recheck(), REVIEWER).refused("own_work")
    story.when(asks.answer_recheck(), town.SUPERVISOR).then(e.RecheckAnswered)
    story = given(*asks.REVIEWED, asks.ask_recheck())
    story.when(asks.answer_recheck(), WORKER).refused("own_work")


def test_a_new_round_may_be_reviewed_by_the_same_person() -> None:
    story = given(*TAKEN, asks.assign(), c.Accept(), asks.resolve(), asks.ask_review())
    story.also((asks.answer_review(False), REVIEWER), asks.resolve(), asks.ask_review())
    story.when(asks.answer_review(), REVIEWER).then(e.ReviewAnswered)


def test_the_top_strikes_nothing_off_that_it_handled_itself() -> None:
    story = given(*OF_THE_TOP, *REVIEWED)
    case = story.when(asks.answer_recheck()).then(e.RecheckAnswered)
    assert (case.stage, case.final, case.responsible) == (Stage.RESOLVED, True, town.EAST)
    assert [clock.key for clock in case.clocks if clock.open] == ["1/visit/3"]
    story.when(asks.ask_recheck()).refused("answered_for_good")
    story.when(asks.visit(), town.OUTSIDE_VISITOR).then(e.Visited)
    case = story.when(c.StrikeOff(), town.OUTSIDE_VISITOR).then(e.StruckOff)
    assert (case.stage, case.final) == (Stage.CLOSED, True)


def test_a_visit_that_finds_it_unsolved_opens_again_what_the_top_upheld_for_itself() -> None:
    story = given(*OF_THE_TOP, *REVIEWED, asks.answer_recheck())
    case = story.when(*UNSOLVED).then(e.Visited, e.Reopened)
    assert (case.stage, case.round, case.final) == (Stage.ASSIGNED, 2, False)


def test_what_a_visit_had_closed_stays_closed_when_the_top_upholds_its_own_answer() -> None:
    story = given(*CLOSED_BY_A_VISIT, *REVIEWED)
    case = story.when(asks.answer_recheck()).then(e.RecheckAnswered)
    assert (case.stage, case.final) == (Stage.CLOSED, True)
    assert not [clock for clock in case.clocks if clock.open]


def test_a_street_that_helped_does_not_review_what_its_community_answered() -> None:
    helped = asks.assign(town.PINE, co_units=(town.EAST,))
    story = given(*TAKEN, helped, (asks.resolve(), PINE_WORKER)).when(asks.ask_review())
    assert story.then(e.ReviewAsked).responsible == town.DISTRICT
    story.when(asks.answer_review(), town.STREET_HEAD).refused("not_your_unit")
    story.when(asks.answer_review(), REVIEWER).then(e.ReviewAnswered)


def test_the_street_above_reviews_and_the_district_re_examines() -> None:
    story = given(*TAKEN, asks.assign(town.PINE), (asks.resolve(), PINE_WORKER)).when(asks.ask_review())
    assert story.then(e.ReviewAsked).responsible == town.EAST
    story.also((asks.answer_review(), town.STREET_WORKER)).when(asks.ask_recheck())
    assert story.then(e.RecheckAsked).responsible == town.DISTRICT
    story.when(asks.answer_recheck(), REVIEWER).then(e.RecheckAnswered, e.StruckOff)


def test_a_review_is_raised_to_nobody_who_worked_on_it() -> None:
    helped = asks.assign(town.PINE, co_units=(town.DISTRICT,))
    story = given(*TAKEN, helped, (asks.resolve(), PINE_WORKER), asks.ask_review())
    story.when(asks.answer_review(), WORKER).refused("not_your_unit")
    case = story.when(c.Raise(clock="1/answer_review"), town.SUPERVISOR).then(e.Raised)
    assert case.responsible == town.EAST
    story.when(asks.answer_review(), town.STREET_WORKER).then(e.ReviewAnswered)


def test_a_department_that_came_for_its_office_has_worked_on_it() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(town.HOUSING_OFFICE), RAISED_CALL)
    story.also((asks.report_in(answer="did"), town.HOUSING_WORKER), asks.resolve())
    assert town.HOUSING in story.world.case().worked
    story.when(asks.visit(), town.HOUSING_WORKER).refused("own_visit")
    story.when(asks.visit(), town.VISITOR).then(e.Visited)


def test_a_department_has_not_worked_on_what_its_office_did_after_all_or_nobody_did() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(town.HOUSING_OFFICE), RAISED_CALL)
    office = town.person(Role.CASE_WORKER, town.HOUSING_OFFICE)
    story.also((asks.report_in(answer="did"), office), asks.resolve())
    assert story.world.case().worked == {town.WATER, town.HOUSING_OFFICE}
    story = given(*asks.ACCEPTED, asks.whistle(town.HOUSING_OFFICE), RAISED_CALL)
    story.also((asks.report_in(answer="declined", words="No crew"), town.HOUSING_WORKER), asks.resolve())
    assert story.world.case().worked == {town.WATER}


def test_an_answer_from_before_the_unit_was_recorded_counts_for_the_department() -> None:
    story = given(*asks.ACCEPTED, asks.whistle(town.HOUSING))
    answered = e.WhistleAnswered(
        at=story.world.now, number=1, department=town.HOUSING, answer=WhistleAnswer.ARRIVED
    )
    assert story.also(answered).world.case().worked == {town.WATER, town.HOUSING}


def test_a_case_that_was_opened_again_is_refused_by_nobody() -> None:
    for handler, worker in ((town.EAST, town.STREET_WORKER), (town.WATER, town.WATER_WORKER)):
        story = given(*asks.SCREENED, asks.assign(handler), (c.Accept(), worker), (asks.resolve(), worker))
        story.also(UNSOLVED)
        story.when(asks.refuse(), town.SUPERVISOR).refused("taken_already")
    story.also(asks.object_(), asks.rule(True))
    story.when(asks.refuse(), town.STREET_WORKER).refused("taken_already")


def test_a_desk_does_not_refuse_what_was_assigned_to_it() -> None:
    story = given(*OF_THE_DESK)
    story.when(asks.refuse(), town.STREET_WORKER).refused("not_your_unit")
    story.when(asks.refuse(), town.SUPERVISOR).then(e.RefusedToTake)
    story = given(*OF_THE_DESK, (asks.object_(), town.STREET_HEAD), (asks.rule(True), town.SUPERVISOR))
    story.when(asks.refuse(), town.STREET_WORKER).then(e.RefusedToTake)


def test_a_desk_does_not_refuse_what_the_ladder_took_from_it_or_raised_above_it() -> None:
    for steps in (OF_THE_DESK, asks.ASSIGNED):
        story = given(*steps, c.Raise(clock="1/resolve"))
        assert story.world.case().responsible == town.DISTRICT
        story.when(asks.refuse(), town.STREET_WORKER).refused("not_your_unit")
        story.when(asks.refuse(), town.SUPERVISOR).refused("not_your_unit")


def test_a_desk_refuses_no_part_of_what_it_worked_on() -> None:
    accepted = (c.Accept(), town.STREET_WORKER)
    story = given(asks.collect("water", "noise"), *OF_THE_DESK[1:], accepted, c.SplitOff(parts=((2,),)))
    part = next(key for key, case in story.world.cases.items() if case.intake.split_from == CASE)
    story.when(asks.refuse(), town.STREET_WORKER, case=part).refused("not_your_unit")
    story.when(asks.refuse(), town.SUPERVISOR, case=part)
    assert story.error is None


def test_a_desk_may_refuse_what_it_assigned_to_another_unit_by_mistake() -> None:
    given(*asks.ASSIGNED).when(asks.refuse(), town.STREET_WORKER).then(e.RefusedToTake)
    below = (*asks.SCREENED, asks.assign(town.PINE))
    given(*below).when(asks.refuse(), town.STREET_WORKER).then(e.RefusedToTake)
