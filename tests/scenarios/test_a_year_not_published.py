"""A moment that a year not yet published decides says so wherever it is shown."""

from domain.case import commands as c
from domain.case.clocks import find
from domain.case.plan import Action
from domain.case.rungs import ladder_dates
from domain.policy import Rung
from tests.support import asks
from tests.support.given import Story, given
from tests.support.town import wall


def before_new_year() -> Story:
    story = given()
    # Wednesday; five working days end with Wednesday 30 December, in a year that is published.
    story.world.now = wall("2026-12-23 09:00")
    return story.also(*asks.ACCEPTED, asks.contact())


def test_a_target_with_granted_time_that_crosses_into_such_a_year_is_provisional() -> None:
    story = before_new_year()
    story.also(asks.receive_target(wall("2026-12-30 00:00")), asks.ask_extension("10 working_day"))
    story.also(c.GrantExtension())
    case = story.world.case()
    clock = find(case.clocks, "1/resolve")
    assert clock is not None
    due = story.world.book.due(case, clock)
    assert due is not None
    assert (due.at, due.provisional) == (wall("2027-01-14 00:00"), True)
    assert str(due).endswith(" (provisional)")


def test_each_rung_says_whether_its_own_moment_is_provisional() -> None:
    story = before_new_year()
    case = story.world.case()
    clock = find(case.clocks, "1/resolve")
    assert clock is not None
    told = {one.rung: (one.at, one.provisional) for one in ladder_dates(case, clock, story.world.book)}
    assert told == {
        Rung.REMIND: (wall("2026-12-30 00:00"), False),
        Rung.SUPERVISE: (wall("2026-12-31 00:00"), False),
        Rung.RAISE: (wall("2027-01-05 00:00"), True),
        Rung.HOLD_ACCOUNTABLE: (wall("2027-01-08 00:00"), True),
    }
    for action, provisional in ((Action.REMIND, False), (Action.SUPERVISE, False), (Action.RAISE, True)):
        step = story.world.plan()
        assert step is not None
        assert (step.action, step.provisional) == (action, provisional)
        story.world.step()


def test_a_refusal_that_names_such_a_date_says_so() -> None:
    story = given()
    story.world.now = wall("2026-12-30 09:00")
    story.also(*asks.ACCEPTED, asks.contact())
    story.when(asks.ask_extension(), at=wall("2027-01-08 00:01")).refused("extension_too_late")
    assert "2027-01-07T16:00:00+00:00 (provisional)" in str(story.error)
