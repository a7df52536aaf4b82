"""Clocks that share a limit share the places of their rungs, and nobody can tell it from the answers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Overlay, overlaid, parse_calendar
from domain.case import rungs
from domain.case.clocks import Clock, due_moment
from domain.case.parts import TakenRung
from domain.case.rungs import rung_places
from domain.policy import Obligation, Rung, parse_policy
from domain.records import replace
from tests.domain.policy.test_ladders import policy, world
from tests.domain.policy.test_levels import FOLDERS, SHIPPED, readings
from tests.support import asks

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
POLICIES = {name: parse_policy((FOLDERS["policies"] / f"{name}.toml").read_text("utf-8")) for name in SHIPPED}
CALENDARS = {
    name: parse_calendar((FOLDERS["calendars"] / f"{name}.toml").read_text("utf-8"))
    for name in {one.calendar for one in POLICIES.values()}
}
CASE = world(policy(), asks.collect()).case()


@given(
    name=st.sampled_from(SHIPPED),
    obligation=st.sampled_from(Obligation),
    started=st.timedeltas(timedelta(0), timedelta(days=365)),
    collected=st.timedeltas(timedelta(days=-2), timedelta(days=9)),
)
def test_a_shared_place_is_the_one_that_would_have_been_reckoned(
    name: str, obligation: Obligation, started: timedelta, collected: timedelta
) -> None:
    began = BEGAN + started
    case = replace(CASE, collected_at=began + collected)
    clock = Clock("1/any", obligation, "unit", began)
    for _, reading in readings(POLICIES[name]):
        calendar = CALENDARS[reading.calendar]
        limit = due_moment(clock, reading, calendar)
        if limit is not None:
            earliest = max(began, case.collected_at)
            told = tuple(rungs._climb(clock, limit, reading, calendar, earliest, {}))
            assert tuple(rung_places(case, clock, limit, reading, calendar)) == told


def test_a_policy_with_other_rungs_and_the_same_name_shares_nothing() -> None:
    few = policy().model_copy(update={"ladder": policy().ladder[:1]})
    calendar, clock = CALENDARS[few.calendar], Clock("1/resolve", Obligation.RESOLVE, "unit", BEGAN)
    limit = due_moment(clock, few, calendar)
    assert limit is not None
    case = replace(CASE, collected_at=BEGAN)
    found = [list(rung_places(case, clock, limit, one, calendar)) for one in (policy(), few)]
    assert [len(one) for one in found] == [len(policy().ladder_for(Obligation.RESOLVE)), 1]


def test_what_was_taken_of_one_clock_is_not_taken_of_another() -> None:
    rules = policy()
    calendar, clock = CALENDARS[rules.calendar], Clock("1/resolve", Obligation.RESOLVE, "unit", BEGAN)
    limit = due_moment(clock, rules, calendar)
    assert limit is not None
    taken = replace(CASE, collected_at=BEGAN, rungs=(_taken("1/resolve"),))
    other = replace(taken, rungs=(_taken("1/accept"),))
    for case, at in ((taken, BEGAN), (other, None), (taken, BEGAN)):
        first = next(iter(rung_places(case, clock, limit, rules, calendar)))
        assert (first.rule.rung, first.taken_at) == (Rung.REMIND, at)


def _taken(clock: str) -> TakenRung:
    return TakenRung(clock, Rung.REMIND, BEGAN)


def test_memory_of_shared_places_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rungs, "_MOST_PLACES", 10)
    monkeypatch.setattr(rungs, "_places", {})
    rules = policy()
    calendar = CALENDARS[rules.calendar]
    for day in range(60):
        clock = Clock("1/resolve", Obligation.RESOLVE, "unit", BEGAN + timedelta(days=day))
        limit = due_moment(clock, rules, calendar)
        assert limit is not None
        assert list(rung_places(replace(CASE, collected_at=BEGAN), clock, limit, rules, calendar))
        assert len(rungs._places) <= 10


def test_equal_calendars_are_one_so_that_nothing_is_compared_day_by_day() -> None:
    china = CALENDARS["china"]
    text = (FOLDERS["calendars"] / "china.toml").read_text("utf-8")
    assert overlaid(parse_calendar(text), []) is overlaid(china, [])
    same = Overlay("china", None, china.version)
    assert overlaid(china, [same]) is overlaid(china, [])
