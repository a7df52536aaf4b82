"""A calendar is amended by an event, and each open case whose clocks it moves is told once."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from domain.calendar import CalendarAmended
from domain.case import events as e
from domain.case.commands import Assign, Refuse, Screen
from domain.case.stage import Kind
from engine import ids, recalibrate
from engine.amendments import Amendment, read_amendment
from engine.codec import decode_raw
from engine.errors import AmendmentInvalid
from engine.handle import Engine
from tests.engine.support import SYSTEM, WORKER, collect, everything, next_workdays, open_engine

pytestmark = pytest.mark.postgres


def snow(engine: Engine, *days: date, **more: object) -> CalendarAmended | None:
    wanted = Amendment(calendar="china", cause="Snow", instrument="Order 7", off=frozenset(days))
    return engine.rules.amend(replace(wanted, **more), SYSTEM)  # type: ignore[arg-type]


def told(engine: Engine) -> list[e.ClockRecalibrated]:
    events = [decode_raw(raw).event for raw in everything(engine.store)]
    return [one for one in events if isinstance(one, e.ClockRecalibrated)]


def test_every_open_case_is_told_once_however_often_the_run_is_stopped(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [uuid4() for _ in range(7)]
    for case in cases:
        engine.handle(case, collect(), WORKER, command_id=uuid4())
    engine.handle(
        cases[0],
        Refuse.model_validate({"reason": "beyond_public_duties", "explanation": "x", "turn_to": "the court"}),
        WORKER,
        command_id=uuid4(),
    )
    event = snow(engine, *next_workdays(engine, 1))
    assert event is not None
    assert event.version == 4
    assert snow(engine, *event.off) is None
    monkeypatch.setattr(recalibrate, "CHUNK", 2)

    def stop(done: int, total: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recalibrate.recalibrate(engine, "Snow", stop)
    assert len(told(engine)) == 4
    rest = recalibrate.recalibrate(engine, "Snow")
    assert (rest.cases, rest.moved, rest.clocks, rest.refused) == (6, 2, 2, ())
    again = recalibrate.recalibrate(engine, "Snow")
    assert (again.moved, again.clocks) == (0, 0)
    seen = told(engine)
    assert len(seen) == 6
    assert {(one.clock, one.cause, one.calendar, one.version) for one in seen} == {
        ("1/dispatch", "Snow", "china", 4)
    }
    assert all(one.was is not None and one.now is not None and one.now > one.was for one in seen)


def test_only_the_units_that_the_amendment_names_are_told(engine: Engine) -> None:
    east, roads = uuid4(), uuid4()
    for case in (east, roads):
        engine.handle(case, collect(), WORKER, command_id=uuid4())
    engine.handle(roads, Screen(kind=Kind.ISSUE), WORKER, command_id=uuid4())
    engine.handle(roads, Assign(unit="city.roads"), WORKER, command_id=uuid4())
    snow(engine, *next_workdays(engine, 1), unit="city.east")
    assert recalibrate.recalibrate(engine, "Snow").moved == 1
    assert [one.name for one in engine.store.load(east)][-1] == "case.clock_recalibrated"
    assert [one.name for one in engine.store.load(roads)][-1] == "case.assigned"


def test_another_process_knows_of_an_amendment_from_the_log(
    engine: Engine, empty_database: str, tmp_path: Path
) -> None:
    other = open_engine(empty_database, tmp_path)
    day = next_workdays(engine, 1)[0]
    snow(engine, day)
    assert not other.rules.refresh().calendar_of("china").is_workday(day)
    assert [one.name for one in engine.store.load(ids.CALENDARS)] == ["calendar.amended"]
    other.close()


@pytest.mark.parametrize(
    ("cause", "kept"),
    [
        ("Snow\nand ice", "Snow and ice"),
        ("Snow\x00\x1b\x07", "Snow"),
        (" \t\u3000", recalibrate.UNSAID),
        ("x" * 119 + " y", "x" * 119),
    ],
)
def test_a_cause_that_no_command_takes_is_told_in_printable_words(
    engine: Engine, cause: str, kept: str
) -> None:
    engine.handle(uuid4(), collect(), WORKER, command_id=uuid4())
    snow(engine, *next_workdays(engine, 1))
    assert recalibrate.recalibrate(engine, cause).clocks == 1
    assert [one.cause for one in told(engine)] == [kept]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"calendar": "mars"}, "no calendar mars"),
        ({"unit": "city.nowhere"}, r"city\.nowhere"),
        (
            {"off": frozenset({date(2026, 3, 9)}), "worked": frozenset({date(2026, 3, 9)})},
            "both off and worked",
        ),
        ({"off": frozenset()}, "Say what changes"),
        ({"unit": "city.east", "years": frozenset({2027})}, "leave the unit out"),
        ({"office_hours": ("12:00-09:00",)}, "end after it begins"),
        ({"office_hours": ("9-12",)}, "office_hours"),
        ({"cause": ""}, "cause"),
        ({"cause": " \t"}, "cause"),
        ({"cause": "Snow\nand ice"}, "cause"),
        ({"instrument": "\u3000"}, "instrument"),
        ({"instrument": "Order\x007"}, "instrument"),
    ],
)
def test_an_amendment_that_contradicts_itself_is_refused(
    engine: Engine, more: dict[str, object], fault: str
) -> None:
    with pytest.raises(AmendmentInvalid, match=fault):
        snow(engine, date(2026, 3, 9), **more)
    assert engine.store.versions([ids.CALENDARS]) == [0]


def test_a_year_is_published_from_a_file(engine: Engine) -> None:
    wanted = read_amendment(
        """
        calendar = "china"
        cause = "The notice for 2027"
        instrument = "State Council notice"
        publishes = [2027]
        [days_off]
        2027 = "01-01"
        [make_up_workdays]
        2027 = "01-03"
        """
    )
    assert engine.rules.amend(wanted, SYSTEM) is not None
    china = engine.rules.current().calendar_of("china")
    assert not china.is_provisional(date(2027, 5, 3))
    assert [china.is_workday(date(2027, *day)) for day in ((1, 1), (1, 3), (5, 3))] == [False, True, True]
    with pytest.raises(AmendmentInvalid, match="not TOML"):
        read_amendment("calendar = ")
    with pytest.raises(AmendmentInvalid, match="lunch"):
        read_amendment('calendar = "china"\ncause = "x"\ninstrument = "y"\nlunch = 1')
