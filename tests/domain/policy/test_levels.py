"""How long the level has that a rung brings in, and that the next rung stands where its file says."""

from collections.abc import Iterator

import pytest

from domain.calendar import Moment, parse_calendar
from domain.case.clocks import find
from domain.case.events import Raised
from domain.case.rungs import ladder_dates, rung_places
from domain.case.stage import Channel, Urgency
from domain.policy import Obligation, Offset, Policy, Rung, parse_policy
from domain.records import replace
from tests.domain.policy.test_ladders import policy, world
from tests.support import asks, town

FOLDERS = {kind: town.DATA / kind for kind in ("policies", "calendars")}
SHIPPED = sorted(file.stem for file in FOLDERS["policies"].glob("*.toml"))


@pytest.mark.parametrize(
    ("taken", "over"),
    [
        # Raised as Wednesday 11 March begins: that day is whole, and the first of three.
        ("2026-03-11 00:00:00", "2026-03-14 00:00"),
        # A timer is a little late, or an early hand took it: the offices are not open yet.
        ("2026-03-11 00:00:07", "2026-03-14 00:00"),
        ("2026-03-11 09:00:00", "2026-03-14 00:00"),
        # Within the day, the day is broken and doesn't count: Thursday, Friday, Monday.
        ("2026-03-11 09:00:01", "2026-03-17 00:00"),
        ("2026-03-11 15:00:00", "2026-03-17 00:00"),
        # A day off counts neither way: Monday to Wednesday.
        ("2026-03-14 00:00:00", "2026-03-19 00:00"),
        ("2026-03-14 15:00:00", "2026-03-19 00:00"),
    ],
)
def test_a_level_has_its_whole_days_from_the_moment_of_its_rung(taken: str, over: str) -> None:
    told = world(policy(), *asks.ACCEPTED)
    clock = find(told.case().clocks, "1/resolve")
    assert clock is not None
    at = town.wall(taken)
    told.record(Raised(at=at, clock=clock.key, unit=town.WATER, by_ladder=True, to=town.DISTRICT))
    dates = {one.rung: one for one in ladder_dates(told.case(), clock, told.book)}
    assert dates[Rung.RAISE].level_over == Moment(town.wall(over), provisional=False)
    assert dates[Rung.HOLD_ACCOUNTABLE].at == town.wall(over)


def readings(rules: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield a policy as it reads outside and within each of its sections."""
    yield "", rules
    for section in rules.sections:
        of = section.applies_to
        category, reachable = next(iter(of.categories), "any"), of.reachable is not False
        yield section.name, rules.under(Channel.WEB, category, Urgency.ORDINARY, bool(of.key), reachable)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize(
    "due",
    # A limit in days, over at the end of a Monday and before a holiday; then targets within a day.
    ["2026-03-10 00:00", "2026-04-04 00:00", "2026-03-10 08:30", "2026-03-12 15:30", "2026-03-13 18:30"],
)
def test_each_rung_of_a_shipped_ladder_stands_where_its_file_says(name: str, due: str) -> None:
    rules = parse_policy((FOLDERS["policies"] / f"{name}.toml").read_text("utf-8"))
    calendar = parse_calendar((FOLDERS["calendars"] / f"{rules.calendar}.toml").read_text("utf-8"))
    case = world(policy(), asks.collect(), asks.screen(), asks.assign()).case()
    # A target, so that the whole ladder counts where the policy only promises a fallback.
    limit, clock = Moment(town.wall(due), provisional=False), replace(case.clocks[-1], target=town.wall(due))
    for section, reading in readings(rules):
        for obligation in Obligation:
            owed = replace(clock, obligation=obligation)
            for place in rung_places(case, owed, limit, reading, calendar):
                if isinstance(place.rule.at, Offset):
                    said = place.rule.at.moment(limit.at, calendar)
                    assert place.moment.at == said.at, (section, obligation, place.rule.rung)
