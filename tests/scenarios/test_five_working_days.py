"""Stories of time: the limit of the Jinan hotline, what stops it, and what follows when it is over."""

from domain.case import commands as c
from domain.case import events as e
from domain.case.clocks import due_moment, find
from domain.case.plan import Action
from domain.case.stage import Stage
from domain.case.state import Case
from tests.support import asks, town
from tests.support.given import World, given
from tests.support.town import wall


def due(case: Case, key: str) -> object:
    book = town.rulebook()
    clock = find(case.clocks, key)
    assert clock is not None
    moment = due_moment(clock, book.rules(case), book.calendar(case.policy))
    return None if moment is None else moment.at


def test_five_working_days_end_after_the_weekend_and_a_make_up_saturday() -> None:
    """Spring Festival 2026: 16 to 20 and 23 February are off, Saturdays 14 and 28 are worked."""
    story = given()
    story.world.now = wall("2026-02-12 09:00")
    story.also(*asks.ASSIGNED)
    # Friday, the worked Saturday, then Tuesday to Thursday after the holiday.
    assert due(story.world.case(), "1/resolve") == wall("2026-02-27 00:00")
    ordinary = given(*asks.ASSIGNED)
    assert due(ordinary.world.case(), "1/resolve") == wall("2026-03-10 00:00")


def test_a_suspension_over_a_weekend_moves_the_limit_by_the_working_days_in_it() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    story.when(asks.suspend(wall("2026-03-11 10:00")), at=wall("2026-03-04 10:00")).then(e.Suspended)
    step = story.world.plan()
    assert step is not None
    assert (step.action, step.wake_at) == (Action.RESUME, wall("2026-03-11 10:00"))
    assert story.world.step() == (e.Resumed(at=wall("2026-03-11 10:00"), on_date=True),)
    # Wednesday to Tuesday are five working days on hold: Monday 9 becomes Monday 16.
    assert due(story.world.case(), "1/resolve") == wall("2026-03-17 00:00")


def test_a_missed_limit_climbs_the_ladder_to_an_entry_that_is_answered_appealed_and_withdrawn() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    taken = [(type(event), event.at) for _ in range(4) for event in story.world.step()]
    assert taken == [
        (e.Reminded, wall("2026-03-07 00:00")),
        (e.Supervised, wall("2026-03-10 00:00")),
        (e.Raised, wall("2026-03-12 00:00")),
        (e.HeldAccountable, wall("2026-03-17 00:00")),
    ]
    assert story.world.plan() is None
    assert story.world.case().responsible == town.DISTRICT
    story.when(asks.answer_entry(), town.WATER_WORKER).then(e.AccountabilityAnswered)
    story.when(asks.appeal_entry(), town.WATER_WORKER).refused("role_not_allowed")
    story.when(asks.appeal_entry(), town.WATER_HEAD).then(e.AccountabilityAppealed)
    story.when(asks.withdraw_entry(), town.SUPERVISOR).then(e.AccountabilityWithdrawn)
    story.when(asks.answer_entry()).refused("entry_withdrawn")


def test_a_late_timer_takes_what_is_due_and_a_killed_one_doubles_nothing() -> None:
    world = given(*asks.ACCEPTED, asks.contact()).world
    world.now = wall("2026-04-01 09:00")
    kinds = []
    while world.plan() is not None:
        kinds += [type(event) for event in world.step()]
    assert kinds == [e.Reminded, e.Supervised, e.Raised, e.HeldAccountable]


def test_a_hung_up_case_comes_back_by_itself_and_its_clock_goes_on() -> None:
    until = wall("2026-06-01 09:00")
    story = given(*asks.ACCEPTED, asks.contact(), (asks.hang_up(until), town.WATER_HEAD), asks.hang_up(until))
    case = story.world.case()
    back_and_late = wall("2026-06-06 00:00")
    # Foreseen while it hangs: should no timer take it down, it is still seen to be late.
    assert (case.stage, due(case, "1/resolve")) == (Stage.HUNG_UP, back_and_late)
    assert story.world.step() == (e.TakenDown(at=until, on_date=True, signed_by=()),)
    case = story.world.case()
    assert case.stage is Stage.ACCEPTED
    assert due(case, "1/resolve") == back_and_late


def test_a_visit_on_tuesday_may_be_entered_on_thursday() -> None:
    story = given(*asks.RESOLVED)
    tuesday, thursday = wall("2026-03-03 15:00"), wall("2026-03-05 11:00")
    case = story.when(asks.visit(), at=tuesday, entered=thursday).then(e.Visited)
    assert case.since == tuesday
    story.when(c.StrikeOff(), at=wall("2026-03-02 08:00"), entered=thursday).refused("happened_too_early")
    case = story.when(c.StrikeOff(), at=thursday).then(e.StruckOff)
    clock = find(case.clocks, "1/visit")
    assert clock is not None
    assert clock.ended_at == thursday


def test_nothing_is_planned_for_a_case_that_is_over() -> None:
    assert given(*asks.CLOSED).world.plan() is None
    assert given(asks.collect(), asks.refuse()).world.plan() is None
    assert World().cases == {}
