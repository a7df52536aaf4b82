"""Stories of a calendar that is amended while clocks run."""

from dataclasses import replace
from datetime import date, datetime

from domain.calendar import Overlay
from domain.case import events as e
from domain.case.clocks import find
from domain.case.recalibrate import moved
from tests.support import asks, town
from tests.support.given import Story, given
from tests.support.town import wall


def due(story: Story, key: str) -> datetime | None:
    case = story.world.case()
    clock = find(case.clocks, key)
    assert clock is not None
    moment = story.world.book.due(case, clock)
    return moment.at if moment else None


def amend(story: Story, *off: date, unit: str | None = None, version: int = 4) -> None:
    change = Overlay("china", unit, version, off=frozenset(off), known_at=story.world.now, cause="Snow")
    story.world.book = replace(story.world.book, overlays=(*story.world.book.overlays, change))


def test_a_snow_day_moves_the_clocks_that_it_reaches_and_each_says_why() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    assert due(story, "1/resolve") == wall("2026-03-10 00:00")
    amend(story, date(2026, 3, 6))
    assert due(story, "1/resolve") == wall("2026-03-11 00:00")
    story.when(asks.recalibrate("Snow day")).then(e.ClockRecalibrated)
    (event,) = story.came
    assert event == e.ClockRecalibrated(
        at=event.at, clock="1/resolve", was=wall("2026-03-10 00:00"), now=wall("2026-03-11 00:00"),
        cause="Snow day", calendar="china", version=4,
    )  # fmt: skip
    story.when(asks.recalibrate("Snow day")).nothing()
    step = story.world.plan()
    assert step is not None
    assert (step.clock, step.wake_at) == ("1/resolve", wall("2026-03-10 00:00"))


def test_a_snow_day_of_one_street_moves_no_clock_of_a_department() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    amend(story, date(2026, 3, 6), unit=town.EAST)
    story.when(asks.recalibrate()).nothing()
    amend(story, date(2026, 3, 6), unit=town.WATER, version=5)
    story.when(asks.recalibrate()).then(e.ClockRecalibrated)


def test_an_amendment_that_is_taken_back_moves_the_clock_back() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    amend(story, date(2026, 3, 6))
    story.also(asks.recalibrate())
    change = Overlay("china", None, 5, worked=frozenset({date(2026, 3, 6)}), known_at=story.world.now)
    story.world.book = replace(story.world.book, overlays=(*story.world.book.overlays, change))
    story.when(asks.recalibrate("Taken back")).then(e.ClockRecalibrated)
    (event,) = story.came
    assert isinstance(event, e.ClockRecalibrated)
    assert (event.was, event.now) == (wall("2026-03-11 00:00"), wall("2026-03-10 00:00"))
    story.when(asks.recalibrate("Taken back")).nothing()


def test_a_clock_that_began_after_the_amendment_was_never_told_otherwise() -> None:
    story = given()
    story.world.now = wall("2026-03-02 09:00")
    amend(story, date(2026, 3, 6))
    story.also(*asks.ACCEPTED)
    assert due(story, "1/resolve") == wall("2026-03-11 00:00")
    story.when(asks.recalibrate()).nothing()


def test_a_clock_that_has_ended_keeps_the_limit_by_which_it_was_judged() -> None:
    story = given(*asks.RESOLVED)
    before = due(story, "1/resolve")
    amend(story, date(2026, 3, 4), date(2026, 3, 5))
    assert due(story, "1/resolve") == before == wall("2026-03-10 00:00")
    told = {one.clock.key for one in moved(story.world.case(), story.world.book)}
    assert told == {"1/visit"}


def test_a_step_of_the_ladder_that_moves_alone_is_told_as_well() -> None:
    story = given(*asks.ACCEPTED, asks.contact())
    # Thursday is off and Saturday is worked in its place: the limit stays Monday's end, and the workday
    # before it is Saturday now.
    swap = Overlay(
        "china", None, 4, off=frozenset({date(2026, 3, 5)}), worked=frozenset({date(2026, 3, 7)}),
        known_at=story.world.now,
    )  # fmt: skip
    before = story.world.plan()
    story.world.book = replace(story.world.book, overlays=(swap,))
    story.when(asks.recalibrate()).then(e.ClockRecalibrated)
    (event,) = story.came
    assert isinstance(event, e.ClockRecalibrated)
    assert event.was == event.now == wall("2026-03-10 00:00")
    after = story.world.plan()
    assert before is not None
    assert after is not None
    assert before.wake_at < after.wake_at


def test_a_year_that_is_published_makes_what_was_provisional_certain() -> None:
    story = given()
    story.world.now = wall("2026-12-30 09:00")
    story.also(*asks.ACCEPTED)
    assert due(story, "1/resolve") == wall("2027-01-08 00:00")
    publish = Overlay(
        "china", None, 4, off=frozenset({date(2027, 1, 1)}), years=frozenset({2027}), known_at=story.world.now
    )
    story.world.book = replace(story.world.book, overlays=(publish,))
    story.when(asks.recalibrate("Notice for 2027"))
    told = {one.clock: one for one in story.came if isinstance(one, e.ClockRecalibrated)}
    resolve = told["1/resolve"]
    assert (resolve.was, resolve.now, resolve.provisional) == (wall("2027-01-08 00:00"),) * 2 + (False,)
