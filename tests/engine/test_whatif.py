"""Histories told again under another policy or calendar; the expectations are reckoned by hand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.actor import Actor, Role
from domain.calendar import Moment, Overlay, parse_calendar
from domain.case import commands as c
from domain.policy import parse_policy
from engine.handle import Engine
from engine.whatif import Outcome, Question, as_json, ask, other_book
from engine.whatif.trial import Trial
from tests.engine.support import WORKER, collect, open_engine
from tests.support import asks, town
from tests.support.given import given

pytestmark = pytest.mark.postgres
DATA = Path(__file__).parents[2] / "engine" / "data"
HOTLINE = (DATA / "policies" / "hotline-five-working-days.toml").read_text("utf-8")
CHINA = (DATA / "calendars" / "china.toml").read_text("utf-8")
ROADS = Actor(id="w-2", role=Role.CASE_WORKER, unit="city.roads")
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""Monday, 09:00 in China; 5 working days from it are over at the end of Monday 9, 3 at that of Thursday 5."""
DAY = timedelta(days=1)
AS_OF = MONDAY + 30 * DAY


@pytest.fixture(scope="module")
def city(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, dict[str, UUID]]]:
    """Three cases, resolved after 1 day, after 4 (Friday 6) and never."""
    engine = open_engine(database, tmp_path_factory.mktemp("engine"))
    cases = {"quick": uuid4(), "slow": uuid4(), "never": uuid4()}
    for name, case in cases.items():
        steps: list[tuple[c.AnyCaseCommand, Actor, datetime]] = [
            (collect(name), WORKER, MONDAY),
            (c.Screen.model_validate({"kind": "issue"}), WORKER, MONDAY),
            (c.Assign.model_validate({"unit": "city.roads"}), WORKER, MONDAY),
            (c.Accept(), ROADS, MONDAY),
        ]
        days = {"quick": 1, "slow": 4}.get(name)
        if days is not None:
            answers = [{"claim": 1, "outcome": "solved", "measure": "Mended"}]
            steps.append((c.Resolve.model_validate({"answers": answers}), ROADS, MONDAY + days * DAY))
        for command, actor, at in steps:
            engine.handle(case, command, actor, command_id=uuid4(), at=at)
    yield engine, cases
    engine.close()


def shorter() -> str:
    return HOTLINE.replace('limit = "5 working_day"\nstatus', 'limit = "3 working_day"\nstatus').replace(
        "version = 1", "version = 2", 1
    )


def test_a_shorter_limit_makes_the_slow_case_late_and_climbs_further(
    city: tuple[Engine, dict[str, UUID]],
) -> None:
    engine, cases = city
    count = engine.store.count()
    question = Question(as_of=AS_OF, policy=parse_policy(shorter()))
    outcome = ask(engine.store, question, engine.rules.current())
    assert outcome.cases == 3
    roads = outcome.of("unit", "city.roads")
    # Each case has accept, contact and resolve. Late now: three contacts (due on the 3rd, the quick one was
    # met by its resolution on the 3rd) but the quick one's, and the open case.
    differing = {(one.case, one.clock): one for one in outcome.differing}
    assert set(differing) == {(cases["slow"], "1/resolve")}
    slow = differing[cases["slow"], "1/resolve"]
    assert (slow.late, slow.late_then) == (False, True)
    assert slow.due == Moment(datetime(2026, 3, 9, 16, tzinfo=UTC), provisional=False)
    assert slow.due_then == Moment(datetime(2026, 3, 5, 16, tzinfo=UTC), provisional=False)
    # On Friday 6, 09:00: reminded at the end of Wednesday, supervised at that of Thursday.
    assert (slow.rungs, slow.rungs_then, slow.taken) == ((), ("remind", "supervise"), ())
    assert (roads["worse"], roads.get("better", 0)) == (1, 0)
    assert roads["late_then"] == roads["late"] + 1
    assert engine.store.count() == count


def test_what_is_late_now_is_what_really_was(city: tuple[Engine, dict[str, UUID]]) -> None:
    engine, _ = city
    outcome = ask(engine.store, Question(as_of=AS_OF), engine.rules.current())
    assert outcome.differing_total == 0
    # Late: the contacts of slow and never (due at the end of 3 March), and never's resolution.
    assert outcome.of("unit", "city.roads")["late"] == 3
    assert outcome.of("category", "lighting")["clocks"] == outcome.of("all", "")["clocks"] == 3 * 4 + 2


def test_a_longer_limit_makes_nobody_late_on_the_open_case(city: tuple[Engine, dict[str, UUID]]) -> None:
    engine, cases = city
    longer = shorter().replace('limit = "3 working_day"\nstatus', 'limit = "60 working_day"\nstatus')
    outcome = ask(engine.store, Question(as_of=AS_OF, policy=parse_policy(longer)), engine.rules.current())
    (never,) = outcome.differing
    assert (never.case, never.clock, never.late, never.late_then) == (
        cases["never"],
        "1/resolve",
        True,
        False,
    )
    assert (never.rungs, never.rungs_then) == (("remind", "supervise", "raise", "hold_accountable"), ())


def test_another_calendar_moves_the_limit(city: tuple[Engine, dict[str, UUID]]) -> None:
    engine, _ = city
    march = "03-03..03-06 03-09..03-13 03-16..03-20 03-23..03-27 03-30..03-31"
    head, days_off = CHINA.split("[days_off]", 1)
    free = parse_calendar(head + "[days_off]" + days_off.replace('2026 = "', f'2026 = "{march} ', 1))
    outcome = ask(engine.store, Question(as_of=AS_OF, calendar=free), engine.rules.current())
    assert outcome.of("unit", "city.roads").get("late_then", 0) == 0
    assert outcome.of("unit", "city.roads")["better"] == 3


def test_another_calendar_keeps_what_a_unit_has_otherwise(city: tuple[Engine, dict[str, UUID]]) -> None:
    engine, _ = city
    snow = Overlay("china", "city.roads", 9, off=frozenset({date(2026, 3, 9)}), cause="Snow")
    for_all = Overlay("china", None, 8, off=frozenset({date(2026, 3, 6)}), cause="Taken back by the new file")
    book = replace(engine.rules.current(), overlays=(for_all, snow))
    question = Question(as_of=AS_OF, calendar=parse_calendar(CHINA))
    tried = other_book(question, book)
    assert not tried.calendar_of("china", "city.roads").is_workday(date(2026, 3, 9))
    assert tried.calendar_of("china", "city.roads").is_workday(date(2026, 3, 6))


def test_another_calendar_keeps_a_target_from_outside() -> None:
    world = given(*asks.ACCEPTED, asks.receive_target(due=town.MONDAY + 20 * town.DAY)).world
    world.now += 10 * town.DAY
    world.give(asks.contact())
    world.give(asks.resolve())
    other = world.book.calendars["boston"]  # the case counts by another one
    outcome = Outcome()
    Trial(Question(as_of=world.now, calendar=other), world.book).judge(world.case(), outcome)
    counted = outcome.of("all", "")
    assert (outcome.differing_total, counted["late_then"]) == (0, counted["late"])
    policy = world.book.policy(world.case().policy)
    Trial(Question(as_of=world.now, policy=policy), world.book).judge(world.case(), outcome)
    assert [one.clock for one in outcome.differing] == ["1/resolve"]


def test_span_unit_and_policy_narrow_the_question(city: tuple[Engine, dict[str, UUID]]) -> None:
    engine, _ = city
    book, policy = engine.rules.current(), parse_policy(shorter())
    after = ask(engine.store, Question(as_of=AS_OF, policy=policy, since=MONDAY + DAY), book)
    before = ask(engine.store, Question(as_of=AS_OF, policy=policy, until=MONDAY), book)
    other = ask(engine.store, Question(as_of=AS_OF, policy=policy, instead_of="demo"), book)
    assert (after.cases, before.cases, other.cases) == (0, 0, 0)
    east = ask(engine.store, Question(as_of=AS_OF, policy=policy, units=frozenset({"city.east"})), book)
    assert east.names("unit") == ["city.east"]
    assert east.differing_total == 0


def test_processes_give_what_one_process_gives(city: tuple[Engine, dict[str, UUID]], database: str) -> None:
    engine, _ = city
    question = Question(as_of=AS_OF, policy=parse_policy(shorter()))
    book = engine.rules.current()
    alone = ask(engine.store, question, book)
    seen: list[int] = []
    together = ask(
        engine.store,
        question,
        book,
        url=database,
        jobs=2,
        chunk=1,
        progress=lambda done, total: seen.append(done),
    )
    assert as_json(together) == as_json(alone)
    assert seen == [1, 2, 3]


def test_the_list_is_cut_and_the_count_is_not(city: tuple[Engine, dict[str, UUID]]) -> None:
    engine, _ = city
    question = Question(as_of=AS_OF, policy=parse_policy(shorter()), most=0)
    outcome = ask(engine.store, question, engine.rules.current())
    assert (outcome.differing, outcome.differing_total) == ([], 1)
