"""Steps that timers are late with are taken in their place: each once, and none before its time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from structlog.testing import capture_logs

from domain.case.plan import Step, plan
from domain.case.stage import Stage
from engine import clock
from engine.handle import Engine
from interfaces.local.temporal import LocalTemporal
from projections import schema
from projections.projector import Projector
from tests.engine.test_roles import member
from tests.support import asks, town
from tests.workers.office import RUNGS, Office, Sent, office, running
from workers.relay.rebuild import check_timers
from workers.relay.run import Relay
from workers.relay.sweep import GRACE, Sweep
from workers.relay.swept import swept
from workers.relay.table import SWEEPING, RelayTable
from workers.temporal.activities import planned, take_step
from workers.temporal.timers import Timers

pytestmark = [pytest.mark.temporal, pytest.mark.postgres]
HOTLINE = "hotline-five-working-days"
MOMENT = timedelta(milliseconds=1)


class Hall:
    """An office with ledgers, a sweep, and a clock set by the test."""

    def __init__(self, office: Office, table: RelayTable) -> None:
        self.office = office
        self.table = table
        self.sweep = Sweep(office.engine, table)
        self.at = clock.now()
        self._projector = Projector(office.url, office.engine.store, office.engine.rules.refresh)
        schema.install(office.url)

    def project(self) -> None:
        self._projector.catch_up()

    def late(self) -> UUID:
        """A case on the board."""
        case = self.office.collect(*asks.ACCEPTED[1:], asks.contact(), policy=HOTLINE)
        self.project()
        return case

    def step(self, case: UUID) -> Step:
        found = plan(self.office.case(case), self.office.engine.rules.refresh())
        assert found is not None
        return found

    def due(self, case: UUID) -> datetime:
        return self.step(case).wake_at

    def round(self) -> int | None:
        self.project()
        return self.sweep.round()


@pytest.fixture
def hall(own_desk: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    with RelayTable(own_desk.url, SWEEPING) as table:
        found = Hall(own_desk, table)
        monkeypatch.setattr(clock, "now", lambda: found.at)
        yield found


def test_a_step_is_left_to_its_timer_for_a_while_and_then_taken_once(hall: Hall) -> None:
    case = hall.late()
    due = hall.due(case)
    hall.at = due + GRACE
    assert (hall.round(), hall.office.rungs(case)) == (0, [])
    hall.at = due + GRACE + MOMENT
    assert (hall.round(), hall.office.rungs(case)) == (1, RUNGS[:1])
    assert (hall.round(), hall.office.rungs(case)) == (0, RUNGS[:1])
    assert swept(hall.table.connected()).steps == 1


def test_all_that_is_due_is_taken_in_one_round_in_the_order_of_the_ladder(hall: Hall) -> None:
    cases = [hall.office.collect() for _ in range(3)]
    taken: list[int] = []
    # A raise is due a while after the unit above was brought in, and so is what follows it.
    while not taken or taken[-1]:
        hall.at += timedelta(days=1)
        taken.append(hall.round() or 0)
    assert (taken[0], sum(taken)) == (2 * 3, len(RUNGS) * 3)
    assert [hall.office.rungs(case) for case in cases] == [RUNGS] * 3


def test_a_closed_case_counts_again_on_the_date_of_its_exclusion_without_a_timer(hall: Hall) -> None:
    case = hall.office.collect(*asks.CLOSED[1:], policy=HOTLINE)
    until = hall.at + timedelta(days=1)
    for by in (town.WATER_HEAD, town.SUPERVISOR):
        hall.office.give(case, asks.exclude("private_dispute", until=until), by)
    hall.at = until + GRACE
    assert hall.round() == 0
    hall.at += MOMENT
    assert hall.round() == 1
    assert not hall.office.case(case).excluded
    assert hall.round() == 0


def test_a_timer_that_wakes_after_the_sweep_finds_the_step_taken_and_the_next_plan(hall: Hall) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    assert hall.round() == 1
    late = take_step(hall.office.engine, case)
    assert late.took is None
    assert late.plan.step is not None
    assert late.plan.step.wake_at == hall.due(case)
    assert hall.office.rungs(case) == RUNGS[:1]


def test_a_sweep_after_the_timer_takes_nothing_though_the_board_is_behind(hall: Hall) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    assert take_step(hall.office.engine, case).took == "remind"
    assert (hall.sweep.round(), hall.office.rungs(case)) == (0, RUNGS[:1])


def test_a_case_that_the_board_shows_wrongly_for_good_is_not_read_in_each_round(hall: Hall) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    assert take_step(hall.office.engine, case).took == "remind"
    assert hall.sweep.round() == 0
    assert list(hall.sweep._passed_over()) == [case]


def test_timers_and_a_sweep_at_one_moment_take_each_step_once(hall: Hall) -> None:
    for _ in range(6):
        cases = [hall.late() for _ in range(4)]
        hall.at = max(hall.due(case) for case in cases) + GRACE + MOMENT
        hall.project()
        meeting = threading.Barrier(3)

        def timers(meeting: threading.Barrier = meeting, cases: list[UUID] = cases) -> None:
            meeting.wait(30)
            for case in cases:
                take_step(hall.office.engine, case)

        def sweep(meeting: threading.Barrier = meeting) -> None:
            meeting.wait(30)
            hall.sweep.round()

        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(timers), pool.submit(timers), pool.submit(sweep)]:
                done.result(60)
        assert [hall.office.rungs(case) for case in cases] == [RUNGS[:1]] * len(cases)


def test_it_waits_until_the_board_shows_what_it_took(hall: Hall) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    assert hall.round() == 1
    assert hall.sweep.round() is None
    assert hall.round() == 0


def test_a_board_that_stands_still_is_told_in_the_log_once(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    assert hall.round() == 1
    seconds = iter(range(1, 1_000, 25))
    monkeypatch.setattr("workers.relay.sweep.monotonic", lambda: next(seconds))
    with capture_logs() as told:
        assert [hall.sweep.round() for _ in range(5)] == [None] * 5
    assert [one["event"] for one in told] == ["sweep waits for the ledgers"]
    assert hall.round() == 0


def test_after_the_database_was_restored_to_an_older_point_it_goes_on(hall: Hall) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    hall.sweep._upto = hall.office.engine.store.head() + 5  # what it took is gone
    assert (hall.round(), hall.office.rungs(case)) == (1, RUNGS[:1])


def test_of_two_sweeps_one_works(hall: Hall) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    with RelayTable(hall.office.url, SWEEPING) as other, other.alone() as theirs:
        assert theirs
        assert (hall.round(), hall.office.rungs(case)) == (None, [])
    assert hall.round() == 1


def test_a_case_that_cannot_be_read_is_left_alone_and_the_others_go_on(hall: Hall) -> None:
    poisoned, sound = hall.late(), hall.late()
    with psycopg.connect(hall.office.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO log.events (originator_id, originator_version, topic, state)"
            " VALUES (%s, 99, %s, %s)",
            (poisoned, "case.of_a_later_release", b"{}"),
        )
    hall.at = hall.due(sound) + GRACE + timedelta(seconds=5)
    assert (hall.sweep.round(), hall.office.rungs(sound)) == (1, RUNGS[:1])
    assert poisoned in hall.sweep._passed_over()


def test_a_case_whose_first_step_was_taken_for_it_gets_a_timer_all_the_same(hall: Hall) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    assert hall.round() == 1
    with RelayTable(hall.office.url) as table, Timers.connect(hall.office.settings) as timers:
        relay = Relay(hall.office.engine, table, timers)
        while relay.step():
            pass
        assert timers.running([case]) == {case}
        assert table.plans([case])[case].step is not None


def test_a_timer_that_waits_for_a_later_moment_is_told_of_a_step_that_was_taken_before(hall: Hall) -> None:
    case = hall.late()
    with RelayTable(hall.office.url) as table, Sent.connect(hall.office.settings) as timers:
        relay = Relay(hall.office.engine, table, timers)
        while relay.step():
            pass
        told = table.plans([case])[case]
        assert told.step is not None
        far = told.step.model_copy(update={"wake_at": told.step.wake_at + timedelta(days=30)})
        table.keep([told.model_copy(update={"step": far})])
        hall.at = hall.due(case) + GRACE + MOMENT
        assert hall.round() == 1
        timers.plans = []
        while relay.step():
            pass
        assert [one.step.wake_at for one in timers.plans if one.step is not None] == [hall.due(case)]


def test_a_timer_that_had_ended_before_the_case_went_on_is_started_again(hall: Hall) -> None:
    case = hall.office.collect()
    with RelayTable(hall.office.url) as table, Sent.connect(hall.office.settings) as timers:
        relay = Relay(hall.office.engine, table, timers)
        while relay.step():
            pass
        # Its timer takes all rungs and ends; then the case is worked and swept before the relay looks.
        while (ended := plan(hall.office.case(case), hall.office.engine.rules.refresh())) is not None:
            hall.at = ended.wake_at
            assert take_step(hall.office.engine, case).took is not None
        screen, assign, accept = asks.ACCEPTED[1:]
        hall.office.give(case, screen, town.DISTRICT_WORKER)
        hall.office.give(case, assign, town.DISTRICT_WORKER)
        hall.office.give(case, accept)
        until = hall.at + timedelta(days=1)
        for by in (town.WATER_HEAD, town.SUPERVISOR):
            hall.office.give(case, asks.exclude("private_dispute", until=until), by)
        hall.at = hall.due(case) + GRACE + MOMENT
        assert hall.round()
        timers.plans = []
        while relay.step():
            pass
        told = planned(hall.office.case(case), hall.office.engine.rules.refresh())
        assert told.step is not None
        assert timers.plans == [told]


def test_the_user_of_a_relay_may_do_all_that_it_does_as_a_member_of_its_two_roles(hall: Hall) -> None:
    case = hall.late()
    hall.at = hall.due(case) + GRACE + MOMENT
    hall.project()
    with member(hall.office.url, "projector", "writer") as login:
        settings = hall.office.settings.model_copy(update={"database_url": login})
        engine = Engine.open(settings)
        try:
            with RelayTable(login, SWEEPING) as table:
                assert Sweep(engine, table).round() == 1
            with RelayTable(login) as table, Timers.connect(settings) as timers:
                while Relay(engine, table, timers).step():
                    pass
                assert timers.running([case]) == {case}
        finally:
            engine.close()


@contextmanager
def _projecting(hall: Office) -> Iterator[None]:
    with running(Projector(hall.url, hall.engine.store, hall.engine.rules.refresh).run):
        yield


@pytest.mark.slow
def test_rungs_are_taken_while_temporal_is_down_and_once_when_it_is_back(
    empty_database: str, tmp_path: Path
) -> None:
    temporal = LocalTemporal(tmp_path / "temporal")
    temporal.start()
    try:
        with office(empty_database, temporal.address, tmp_path / "data", "default") as hall:
            with hall.relay(), hall.worker(), _projecting(hall):
                first = hall.collect()
                hall.until(hall.relayed)
                temporal.stop()
                second = hall.collect()
                hall.until(lambda: hall.rungs(first) == hall.rungs(second) == RUNGS, 90)
                assert hall.case(second).stage is Stage.COLLECTED
                temporal.start()
                with hall.timers() as timers:
                    hall.until(timers.ping)
                    hall.until(hall.relayed, 60)
                    hall.until(lambda: not timers.running([first, second]), 60)
                    assert check_timers(hall.engine, hall.url, timers).whole
            assert (hall.rungs(first), hall.rungs(second)) == (RUNGS, RUNGS)
    finally:
        temporal.stop()
