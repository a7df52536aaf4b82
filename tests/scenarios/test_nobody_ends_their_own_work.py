"""Stories of endings: nobody reviews, refuses or strikes off their own work, for whichever unit they come."""

from domain.actor import Role
from domain.case import commands as c
from domain.case import events as e
from domain.case.stage import WhistleAnswer
from tests.support import asks, town
from tests.support.given import given

RAISED_CALL = c.Raise(clock=f"1/answer_whistle/1.{town.HOUSING_OFFICE}")


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
