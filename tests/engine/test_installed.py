"""What files say enters the log when a process starts: once, whoever starts at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from domain.actor import Actor, Role
from domain.calendar import CalendarAmended
from domain.case.commands import Assign, Screen
from domain.case.events import ClockRecalibrated
from domain.case.stage import Kind, Manner
from domain.policy import content_hash
from engine import ids
from engine.amendments import Amendment
from engine.errors import SettingsInvalid
from engine.handle import Engine
from engine.recalibrate import recalibrate
from engine.replay import history
from engine.rulebook import Rules
from tests.engine.support import SYSTEM, WORKER, collect, next_workdays

pytestmark = pytest.mark.postgres
ADMIN = Actor(id="a-1", role=Role.ADMINISTRATOR)
PACKAGED = Path(__file__).parents[2] / "engine" / "data"
CHINA = (PACKAGED / "calendars" / "china.toml").read_text("utf-8")
DEMO = (PACKAGED / "policies" / "demo.toml").read_text("utf-8")


def started(engine: Engine, folder: Path, *, calendar: str | None = None, policy: str | None = None) -> Rules:
    """The rules of a process that finds these files, before it has looked at the log."""
    for kind, text in (("calendars", calendar), ("policies", policy)):
        (folder / kind).mkdir(exist_ok=True)
        if text is not None:
            (folder / kind / "own.toml").write_text(text, "utf-8")
    return Rules(engine.store, policy_dir=folder / "policies", calendar_dir=folder / "calendars")


def next_version(text: str, *changes: tuple[str, str]) -> str:
    version = engine_version(text)
    for before, after in ((f"\nversion = {version}\n", f"\nversion = {version + 1}\n"), *changes):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def engine_version(text: str) -> int:
    return int(text.partition("\nversion = ")[2].partition("\n")[0])


def amendments(engine: Engine) -> list[CalendarAmended]:
    events = (one.event for one in engine.store.load(ids.CALENDARS))
    return [event for event in events if isinstance(event, CalendarAmended)]


def test_each_policy_and_calendar_is_recorded_with_its_text_once(engine: Engine) -> None:
    book = engine.rules.current()
    assert engine.rules.install() == len(book.policies) + len(book.calendars)
    assert engine.rules.install() == 0
    texts = {(one.policy, one.version): one for one in engine.rules.adoptions}
    assert {key: one.hash for key, one in texts.items()} == dict(book.hashes)
    assert all(content_hash(one.content) == one.hash for one in texts.values())
    assert {one.calendar for one in amendments(engine)} == set(book.calendars)
    assert all(one.hash == content_hash(one.content or "") for one in amendments(engine))
    assert engine.rules.current().calendars == book.calendars
    assert engine.rules.contradictions == []


def test_processes_that_start_at_once_double_nothing(engine: Engine) -> None:
    every = [Rules(engine.store) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(Rules.install, every))
    book = engine.rules.refresh()
    held = [(one.policy, one.version) for one in engine.rules.adoptions]
    assert len(held) == len(set(held)) == len(book.policies)
    assert sum(done) == len(held) + len(amendments(engine))
    assert len(amendments(engine)) == len(book.calendars)


def test_a_file_edited_under_its_version_does_not_reach_the_cases(engine: Engine, tmp_path: Path) -> None:
    engine.rules.install()
    case = ids.new()
    engine.handle(case, collect().model_copy(update={"policy": "demo"}), SYSTEM, command_id=ids.new())
    edited = tmp_path / "edited"
    edited.mkdir()
    own = DEMO.replace('id = "demo"', 'id = "own"', 1)
    first = started(engine, edited, policy=own)
    assert first.install() == 1
    stricter = started(engine, edited, policy=own.replace('"6 second"', '"1 second"', 1))
    assert stricter.install() == 0
    key = ("own", 1)
    assert stricter.current().policies[key] == first.current().policies[key]
    assert stricter.current().hashes[key] == content_hash(own)
    assert stricter.contradictions == ["policy own version 1"]


def test_a_policy_outlives_its_file(engine: Engine, tmp_path: Path) -> None:
    rules = started(engine, tmp_path, policy=DEMO.replace('id = "demo"', 'id = "own"', 1))
    rules.install()
    assert ("own", 1) in engine.rules.refresh().policies


def test_a_new_version_of_a_calendar_file_is_an_amendment_and_running_clocks_are_told(
    engine: Engine, tmp_path: Path
) -> None:
    engine.rules.install()
    case = ids.new()
    for command in (collect(), Screen(kind=Kind.ISSUE), Assign(unit="city.roads", manner=Manner.DIRECT)):
        engine.handle(case, command, WORKER, command_id=ids.new())
    off = next_workdays(engine, 2)
    mark = f'{off[0].year} = "'
    days = " ".join(f"{one:%m-%d}" for one in off if one.year == off[0].year)
    head, _, tail = CHINA.partition("[make_up_workdays]")
    assert head.count(f"\n{mark}") == 1
    text = next_version(head.replace(f"\n{mark}", f"\n{mark}{days} ") + "[make_up_workdays]" + tail)
    later = started(engine, tmp_path, calendar=text)
    assert later.install() == 1
    assert later.install() == 0
    event = amendments(engine)[-1]
    assert set(event.off) == {one for one in off if one.year == off[0].year}
    assert (event.worked, event.years, event.office_hours) == ((), (), None)
    assert event.hash == content_hash(text)
    done = recalibrate(engine, event.cause)
    assert done.moved == 1
    told = [one.event for one in history(engine.store, case) if isinstance(one.event, ClockRecalibrated)]
    assert {one.cause for one in told} == {event.cause}
    assert all(one.was and one.now and one.now > one.was for one in told)


def test_a_notice_given_by_people_stays_when_a_later_file_comes(engine: Engine, tmp_path: Path) -> None:
    engine.rules.install()
    snow = date(2026, 3, 11)
    wanted = Amendment("china", "Snow", "Order 7", off=frozenset({snow}))
    assert engine.rules.amend(wanted, ADMIN) is not None
    rules = started(
        engine, tmp_path, calendar=next_version(CHINA, ('2026 = "01-01..01-02 ', '2026 = "01-02 '))
    )
    rules.install()
    china = engine.rules.refresh().calendar_of("china")
    assert not china.is_workday(snow)
    assert china.is_workday(date(2026, 1, 1))
    assert china.version == engine_version(CHINA) + 2


def test_what_people_amended_stays_when_a_later_file_publishes_its_year(
    engine: Engine, tmp_path: Path
) -> None:
    engine.rules.install()
    # A Tuesday, a Monday that is expected to be off anyhow, and one that is and of which people say nothing.
    flood, sure, expected = date(2027, 1, 12), date(2027, 5, 3), date(2027, 10, 4)
    wanted = Amendment("china", "Flood", "Order 7", off=frozenset({flood, sure}))
    assert engine.rules.amend(wanted, ADMIN) is not None
    assert not engine.rules.refresh().calendar_of("china").is_workday(expected)
    text = next_version(
        CHINA,
        ('published = "2004-2026"', 'published = "2004-2027"'),
        ("[days_off]", '[days_off]\n2027 = "01-01"'),
    )
    assert started(engine, tmp_path, calendar=text).install() == 1
    event = amendments(engine)[-1]
    assert (event.off, event.worked, event.years) == ((date(2027, 1, 1),), (), (2027,))
    china = engine.rules.refresh().calendar_of("china")
    days = {day: china.is_workday(day) for day in (flood, sure, expected, date(2027, 1, 1))}
    assert days == {flood: False, sure: False, expected: True, date(2027, 1, 1): False}


def test_an_older_or_equal_file_changes_nothing_and_another_zone_is_refused(
    engine: Engine, tmp_path: Path
) -> None:
    engine.rules.install()
    edited = CHINA.replace('"09:00-12:00"', '"08:00-12:00"', 1)
    rules = started(engine, tmp_path, calendar=edited)
    assert rules.install() == 0
    assert rules.current().calendars == engine.rules.current().calendars
    assert rules.contradictions == [f"calendar china version {engine_version(CHINA)}"]
    with pytest.raises(SettingsInvalid, match="zone"):
        started(engine, tmp_path, calendar=next_version(CHINA, ("Asia/Shanghai", "Asia/Tokyo"))).install()


def test_who_recorded_it_is_named(engine: Engine) -> None:
    engine.rules.install()
    assert {one.actor.id for one in engine.store.load(ids.POLICIES)} == {"installation"}
    assert {one.actor.role for one in engine.store.load(ids.CALENDARS)} == {SYSTEM.role}
