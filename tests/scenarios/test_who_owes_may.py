"""Stories of duties: whoever's clock runs may do what it asks for, whatever was raised meanwhile."""

from domain.actor import Role
from domain.case import commands as c
from domain.case import events as e
from domain.case.clocks import find
from domain.case.decide import allowed
from domain.case.rights import objection_right
from domain.case.stage import Stage
from tests.support import asks, town
from tests.support.given import Story, given

PINE_WORKER = town.person(Role.CASE_WORKER, town.PINE)
PINE_HEAD = town.person(Role.UNIT_HEAD, town.PINE)
OF_PINE = (*asks.SCREENED, asks.assign(town.PINE))
TAKEN_BACK = (*asks.ASSIGNED, asks.whistle(), asks.object_(), asks.rule(True))
RAISE = c.Raise(clock="1/resolve")


def owner(story: Story, key: str) -> str:
    clock = find(story.world.case().clocks, key)
    assert clock is not None
    assert clock.open
    return clock.owner


def test_a_department_answers_a_whistle_though_the_case_went_back_to_the_desk() -> None:
    story = given(*TAKEN_BACK)
    assert owner(story, f"1/answer_whistle/1.{town.HOUSING}") == town.HOUSING
    assert story.world.case().stage is Stage.SCREENED
    assert "answer-whistle" in allowed(story.world.case(), town.HOUSING_WORKER, town.TOWN)
    case = story.when(asks.report_in(answer="arrived"), town.HOUSING_WORKER).then(e.WhistleAnswered)
    assert case.stage is Stage.SCREENED
    assert town.HOUSING in case.worked
    declined = asks.report_in(answer="declined", words="Not needed now")
    story.when(declined, town.TRAFFIC_WORKER).then(e.WhistleAnswered)
    assert not [one for one in story.world.case().clocks if one.open and "whistle" in one.key]


def test_who_was_asked_for_more_time_decides_though_the_case_was_raised_to_them() -> None:
    for decision, event in (
        (c.GrantExtension(), e.ExtensionGranted),
        (asks.refuse_extension(), e.ExtensionRefused),
    ):
        story = given(*OF_PINE, (asks.ask_extension(), PINE_HEAD), RAISE)
        assert owner(story, "1/decide_extension") == town.EAST
        story.when(decision, PINE_HEAD).refused("not_your_unit")
        story.when(decision, town.STREET_HEAD).then(event)


def test_who_was_asked_for_more_time_decides_though_the_case_was_raised_past_them() -> None:
    story = given(*OF_PINE, (asks.ask_extension(), PINE_WORKER), RAISE, RAISE)
    assert story.world.case().responsible == town.DISTRICT
    assert "grant-extension" in allowed(story.world.case(), town.STREET_HEAD, town.TOWN)
    story.when(c.GrantExtension(), town.STREET_HEAD).then(e.ExtensionGranted)
    assert "grant-extension" not in allowed(story.world.case(), town.STREET_HEAD, town.TOWN)


def test_who_asked_never_decides_for_whichever_unit_they_come_later() -> None:
    story = given(*OF_PINE, (asks.ask_extension(), PINE_HEAD), RAISE)
    moved = town.person(Role.UNIT_HEAD, town.EAST, PINE_HEAD.id)
    story.when(c.GrantExtension(), moved).refused("own_request")


def test_the_desk_rules_on_an_objection_though_the_case_was_raised_to_it() -> None:
    for upheld in (True, False):
        story = given(*OF_PINE, (asks.object_(), PINE_WORKER), RAISE)
        assert owner(story, "1/answer_objection") == town.EAST
        story.when(asks.rule(upheld), PINE_WORKER).refused("not_your_unit")
        case = story.when(asks.rule(upheld), town.STREET_WORKER).then(e.ObjectionRuled)
        assert case.stage is (Stage.SCREENED if upheld else Stage.ASSIGNED)


def test_a_unit_to_which_it_was_raised_still_rules_on_no_objection_of_its_own() -> None:
    story = given(*OF_PINE, RAISE, (asks.object_(), town.STREET_HEAD))
    assert owner(story, "1/answer_objection") == town.DISTRICT
    story.when(asks.rule(True), town.STREET_WORKER).refused("not_your_unit")
    story.when(asks.rule(True), town.SUPERVISOR).then(e.ObjectionRuled)


def test_the_right_to_object_is_told_as_it_is_decided_after_a_designation_and_a_raise() -> None:
    taken = (asks.collect(policy=asks.PETITION), asks.screen(), asks.assign())
    story = given(*taken, asks.object_(), asks.rule(False))
    right = objection_right(story.world.case(), story.world.book)
    assert right is not None
    assert (right.unit, right.open) == (town.WATER, False)
    story.when(asks.object_()).refused("designated")
    right = objection_right(story.also(RAISE).world.case(), story.world.book)
    assert right is not None
    assert (right.unit, right.open) == (town.DISTRICT, True)
    story.when(asks.object_(), town.DISTRICT_WORKER).then(e.Objected)
