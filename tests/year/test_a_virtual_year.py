"""A district lives through 2026, the same seed twice and another one, and what its log says is judged.

Three years are lived, each in a process of its own, so that nothing hangs on the order of a process's hashes.
"""

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import pytest

from domain.case import events as e
from domain.case.buckets import Account, Bucket, account
from domain.case.clocks import Clock, find
from domain.case.events import AnyCaseEvent, CaseEvent
from domain.case.evolve import evolve
from domain.case.plan import plan
from domain.case.recalibrate import moved
from domain.case.rungs import ladder_dates
from domain.case.stage import FINAL, Stage
from domain.case.state import Case
from domain.policy import Rung
from engine.codec import decode
from engine.envelope import Recorded
from tests.support import asks, town
from tests.year import district
from tests.year.year import END, MATTERS, Year, lived

# Three years are lived at once, beside whatever else the suite is doing.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SEED, OTHER_SEED = 2026, 2027
LIMIT_SECONDS = 120
NEW_YEAR = town.wall("2027-01-04 00:00")
"""What falls due later was decided by a workday of a year that is not published."""
RUNGS = (e.Reminded, e.Supervised, e.Raised, e.HeldAccountable)


def _digest(seed: int) -> tuple[str, int]:
    year = lived(seed)
    return year.digest(), len(year.log)


@dataclass
class Lived:
    """The year, the digests of the other two, and how long the year took beside them."""

    year: Year
    same: tuple[str, int]
    other: tuple[str, int]
    seconds: float
    told: list[Recorded] = field(default_factory=list)

    def case_events(self) -> Iterator[tuple[Recorded, AnyCaseEvent]]:
        for one in self.told:
            if isinstance(one.event, CaseEvent):
                yield one, one.event

    def of(self, *kinds: type[AnyCaseEvent]) -> Counter[UUID]:
        """Return how many events of these kinds each case has."""
        return Counter(one.stream for one, event in self.case_events() if isinstance(event, kinds))


@pytest.fixture(scope="module")
def district_year() -> Lived:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        same, other = pool.submit(_digest, SEED), pool.submit(_digest, OTHER_SEED)
        began = time.process_time()  # the suite keeps the cores busy; what others do is not counted
        year = lived(SEED)
        seconds = time.process_time() - began
        found = Lived(year, same.result(), other.result(), seconds)
    found.told = [decode(one.stream, one.version, one.name, one.state) for one in year.log]
    return found


def test_the_year_is_lived_in_under_two_minutes(district_year: Lived) -> None:
    assert district_year.seconds < LIMIT_SECONDS


def test_every_event_says_by_which_rules_it_was_decided(district_year: Lived) -> None:
    cases: dict[UUID, Case] = {}
    calendars: dict[int | None, set[bool]] = {}
    for one, event in district_year.case_events():
        before = cases.get(one.stream)
        case = cases[one.stream] = evolve(before, event)
        pinned = (before or case).policy
        assert one.grounds is not None
        assert one.grounds[:3] == (pinned.id, pinned.version, pinned.hash)
        calendars.setdefault(one.grounds.calendar, set()).add(one.recorded_at >= district.SNOW_KNOWN)
    assert sorted(calendars.values(), key=max) == [{False}, {True}]


def test_the_same_seed_gives_the_same_log_and_another_seed_another(district_year: Lived) -> None:
    year = district_year.year
    assert district_year.same == (year.digest(), len(year.log))
    assert district_year.other[0] != district_year.same[0]


def test_the_district_has_the_real_ones_size(district_year: Lived) -> None:
    units = district_year.year.book.organisation.units
    levels = Counter(unit.level.value for unit in units.values())
    assert (levels["street"], levels["community"]) == (13, 149)
    assert len(district_year.year.cases) == MATTERS == 4_600


def test_everything_that_a_year_brings_was_in_it(district_year: Lived) -> None:
    met = Counter(event.NAME for _, event in district_year.case_events())
    assert met["case.struck_off"] > 4_000
    least: dict[type[AnyCaseEvent], int] = {
        e.RefusedToTake: 100, e.Objected: 100, e.ObjectionRuled: 100, e.Whistled: 300, e.WhistleAnswered: 300,
        e.Suspended: 100, e.Resumed: 100, e.HungUp: 40, e.TakenDown: 20, e.ExtensionAsked: 100,
        e.ExtensionGranted: 50, e.ExtensionRefused: 20, e.Reopened: 200, e.AccountabilityAnswered: 20,
        e.Reminded: 1_000, e.Supervised: 500, e.Raised: 200, e.HeldAccountable: 100,
        e.PolicyMoved: 20, e.ClockRecalibrated: 30,
        e.ReviewAnswered: 1, e.RecheckAnswered: 1, e.Heard: 1,
    }  # fmt: skip
    assert not {kind.NAME: met[kind.NAME] for kind, some in least.items() if met[kind.NAME] < some}
    visits = [event for _, event in district_year.case_events() if isinstance(event, e.Visited)]
    assert sum(not one.reached for one in visits) > 200
    assert sum(any(not said.solved for said in one.judged) for one in visits) > 100
    grounds = Counter(
        event.ground.value for _, event in district_year.case_events() if isinstance(event, e.StruckOff)
    )
    assert set(grounds) == {"confirmed", "unreachable", "recheck"}


def test_offices_work_on_make_up_saturdays_and_rest_at_spring_festival(district_year: Lived) -> None:
    calendar = district_year.year.book.calendars["china"]
    days = Counter(
        calendar.local_day(event.at)
        for _, event in district_year.case_events()
        if isinstance(event, e.Screened)
    )
    assert days[date(2026, 2, 14)] > 5
    assert not [day for day in days if not calendar.is_workday(day)]
    assert not any(days[date(2026, 2, day)] for day in range(15, 24))


def test_every_open_case_has_a_named_unit_and_a_date(district_year: Lived) -> None:
    year = district_year.year
    opened = [case for case in year.cases.values() if case.stage not in FINAL]
    assert len(opened) > 100
    for case in opened:
        assert year.book.organisation.knows(case.responsible)
        running = [clock for clock in case.clocks if clock.open and year.book.due(case, clock) is not None]
        assert running, f"nothing falls due in {case.stage}"
        assert case.hold is None or case.hold.until > END
    ended = [case for case in year.cases.values() if case.stage in FINAL]
    assert not any(clock.open for case in ended for clock in case.clocks)


def test_no_step_of_a_ladder_was_missed_and_none_was_taken_twice(district_year: Lived) -> None:
    year = district_year.year
    taken = Counter(
        (one.stream, event.clock, event.NAME)
        for one, event in district_year.case_events()
        if isinstance(event, RUNGS)
    )
    assert set(taken.values()) == {1}
    steps = [plan(case, year.book) for case in year.cases.values()]
    assert min(step.wake_at for step in steps if step is not None) >= END


def test_each_rung_was_taken_at_its_moment_and_only_while_its_clock_ran(district_year: Lived) -> None:
    year = district_year.year
    judged = 0
    for case in year.cases.values():
        for clock in case.clocks:
            if _left_alone(case, clock, year):
                over = min(clock.ended_at or END, END)
                for rung in ladder_dates(case, clock, year.book):
                    assert rung.taken_at == (rung.at if rung.at < over else None), (case.id, clock.key, rung)
                    judged += 1
    assert judged > 40_000


def _left_alone(case: Case, clock: Clock, year: Year) -> bool:
    """Whether nothing ever moved the limit of a clock, so that its rungs have one place only."""
    kept = case.id not in year.moved and clock.calendar_version == 0
    return kept and not clock.holds and not clock.extensions


def test_the_trial_balance_is_right_after_every_event(district_year: Lived) -> None:
    cases: dict[UUID, Case] = {}
    ledger: Counter[Account | None] = Counter()
    for one, event in district_year.case_events():
        before = cases.get(one.stream)
        after = cases[one.stream] = evolve(before, event)
        assert after.version == one.version
        given, taken = None if before is None else account(before), account(after)
        ledger[given] -= 1
        ledger[taken] += 1
        assert given is None or ledger[given] >= 0
        assert ledger[None] == -len(cases)
    assert cases == district_year.year.cases
    assert (ledger.total(), ledger.pop(None)) == (0, -MATTERS)
    assert +ledger == Counter(map(account, cases.values()))
    struck = sum(some for key, some in ledger.items() if key and key.bucket is Bucket.STRUCK_OFF)
    assert struck == sum(case.stage is Stage.CLOSED for case in cases.values()) > 3_900


def test_each_clock_that_the_snow_day_moved_says_so_and_no_other_was_told(district_year: Lived) -> None:
    year = district_year.year
    organisation = year.book.organisation
    told = [
        (one, event) for one, event in district_year.case_events() if isinstance(event, e.ClockRecalibrated)
    ]
    assert {one.stream for one, _ in told} == year.recalibrated
    for one, event in told:
        assert (event.cause, one.recorded_at) == (district.SNOW_CAUSE, district.SNOW_KNOWN)
        clock = find(year.cases[one.stream].clocks, event.clock)
        assert clock is not None
        assert organisation.contains(district.SNOWED_IN, clock.owner)
        assert event.was is not None and event.now is not None and event.was <= event.now
    later = [one.stream for one, event in told if event.was and event.now and event.was < event.now]
    assert len(set(later)) > 20
    assert not [case.id for case in year.cases.values() for _ in moved(case, year.book)]


def test_a_petition_went_through_review_hearing_and_re_examination(district_year: Lived) -> None:
    year = district_year.year
    (case,) = (one for one in year.cases.values() if one.policy.id == asks.PETITION)
    assert (case.stage, case.final, case.round) == (Stage.CLOSED, True, 1)
    met = [event.NAME for one, event in district_year.case_events() if one.stream == case.id]
    order: list[type[CaseEvent]] = [
        e.ReviewAsked,
        e.ReviewAnswered,
        e.RecheckAsked,
        e.Heard,
        e.RecheckAnswered,
        e.StruckOff,
    ]
    assert [name for name in met if name in {kind.NAME for kind in order}] == [kind.NAME for kind in order]
    recheck = find(case.clocks, "1/answer_recheck")
    assert recheck is not None and recheck.ended_at is not None
    due = year.book.due(case, recheck)
    assert due is not None
    # Thirty days from 6 May end on Friday 5 June; the day of the hearing is not counted, and Saturday 6 moves
    # to Monday 8, on which the opinion was given.
    assert due.at == town.wall("2026-06-09 00:00")
    assert recheck.ended_at < due.at
    assert not [rung for rung in case.rungs if rung.clock == recheck.key and rung.rung is not Rung.REMIND]


def test_limits_that_reach_into_the_next_year_are_provisional(district_year: Lived) -> None:
    year = district_year.year
    dues = [
        due
        for case in year.cases.values()
        for clock in case.clocks
        if clock.open and (due := year.book.due(case, clock)) is not None and due.at > NEW_YEAR
    ]
    assert len(dues) > 20
    # Days by which a hang-up or an unpaused natural limit alone is reckoned need no notice.
    assert all(due.provisional for due in dues)
    steps = [step for case in year.cases.values() if (step := plan(case, year.book)) is not None]
    assert any(step.provisional for step in steps)


def test_a_case_is_pinned_to_the_policy_of_its_day_unless_it_was_moved(district_year: Lived) -> None:
    year = district_year.year
    pinned: dict[UUID, int] = {}
    petitions: set[UUID] = set()
    for one, event in district_year.case_events():
        if isinstance(event, e.Collected):
            pinned[one.stream] = 2 if event.at >= district.IN_EFFECT else 1
            assert event.policy.version == pinned[one.stream]
        elif isinstance(event, e.PolicyMoved) and event.policy.id == asks.PETITION:
            petitions.add(one.stream)
        elif isinstance(event, e.PolicyMoved):
            assert (pinned[one.stream], event.at) == (1, district.MOVED_ON)
            pinned[one.stream] = event.policy.version
    assert Counter(pinned.values())[2] > 2_000
    assert set(district_year.of(e.PolicyMoved)) == year.moved | petitions
    assert len(petitions) == 1
    assert {case.id: case.policy.version for case in year.cases.values()} == pinned
