"""What is killed, emptied or cut off, and that no rung is lost or doubled by it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from domain.case.stage import Stage
from engine import clock
from interfaces.local.temporal import LocalTemporal
from tests.support import asks
from tests.workers.office import RUNGS, Office, office
from workers.relay.rebuild import check_timers, rebuild_timers
from workers.relay.run import Relay
from workers.relay.table import RelayTable
from workers.temporal.timers import TimersUnavailable

pytestmark = [pytest.mark.temporal, pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def temporal(tmp_path: Path) -> Iterator[LocalTemporal]:
    """A Temporal of this test's own, in memory: stopped, it has forgotten everything."""
    server = LocalTemporal(tmp_path / "temporal")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def branch(temporal: LocalTemporal, empty_database: str, tmp_path: Path) -> Iterator[Office]:
    """An office at that Temporal."""
    with office(empty_database, temporal.address, tmp_path / "data", "default") as opened:
        yield opened


def resting(office: Office) -> UUID:
    return office.collect(*asks.ACCEPTED[1:], asks.suspend(clock.now() + timedelta(seconds=500)))


@contextmanager
def cut_off(url: str) -> Iterator[None]:
    """The database takes no connections, and those that it had are gone."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    server = psycopg.conninfo.make_conninfo(url, dbname="postgres")
    allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(allow.format(sql.Identifier(str(name)), sql.SQL("false")))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        try:
            yield
        finally:
            connection.execute(allow.format(sql.Identifier(str(name)), sql.SQL("true")))


def test_a_worker_killed_between_the_command_and_its_answer_takes_the_rung_once(own_desk: Office) -> None:
    case = own_desk.collect()
    with own_desk.relay():
        with own_desk.process("doomed") as doomed:
            assert doomed.wait(60) == -signal.SIGKILL
        assert own_desk.rungs(case) == RUNGS[:1]
        with own_desk.process("worker"):
            own_desk.until(lambda: len(own_desk.rungs(case)) >= 4, 90)
            with own_desk.timers() as timers:
                own_desk.until(lambda: not timers.running([case]))
    assert own_desk.rungs(case) == RUNGS


def test_a_relay_killed_at_any_time_leaves_no_case_without_its_timer(own_desk: Office) -> None:
    cases: list[UUID] = []
    for _ in range(5):
        with own_desk.process("relay") as relay:
            before = RelayTable(own_desk.url)
            followed = before.position()
            cases += [resting(own_desk) for _ in range(8)]
            own_desk.until(lambda before=before, followed=followed: before.position() > followed)  # type: ignore[misc]
            before.close()
            relay.kill()
            relay.wait(10)
    with own_desk.relay(), own_desk.timers() as timers:
        own_desk.until(own_desk.relayed)
        assert timers.running(cases) == set(cases)
        assert check_timers(own_desk.engine, own_desk.url, timers).whole


def test_started_empty_temporal_gets_every_timer_back_and_none_twice(
    branch: Office, temporal: LocalTemporal
) -> None:
    with branch.relay(), branch.timers() as timers:
        kept = [resting(branch) for _ in range(30)]
        late = branch.collect()
        closed = branch.collect(*asks.CLOSED[1:])
        branch.until(branch.relayed)
        assert timers.running(kept) == set(kept)
        temporal.restart()
        assert check_timers(branch.engine, branch.url, timers).missing
        told: list[tuple[int, int]] = []
        rebuilt = rebuild_timers(
            branch.engine, branch.url, timers, lambda done, total: told.append((done, total))
        )
        again = rebuild_timers(branch.engine, branch.url, timers)
        assert (rebuilt.open, rebuilt.planned, rebuilt.sent) == (31, 31, 31)
        assert again == rebuilt
        assert told == [(31, 31)]
        check = check_timers(branch.engine, branch.url, timers)
        assert (check.whole, check.running, check.behind) == (True, 31, 0)
        with branch.worker():
            branch.until(lambda: len(branch.rungs(late)) == 4)
            branch.until(lambda: not timers.running([late, closed]))
            assert branch.rungs(late) == RUNGS
            assert timers.running(kept) == set(kept)


def test_without_temporal_cases_are_worked_and_what_fell_due_is_taken_when_it_is_back(
    branch: Office, temporal: LocalTemporal
) -> None:
    with branch.relay(), branch.worker():
        first = branch.collect()
        branch.until(lambda: len(branch.rungs(first)) == 1)
        temporal.stop()
        second = branch.collect(*asks.CLOSED[1:])
        third = branch.collect()
        assert branch.case(second).stage is Stage.CLOSED
        temporal.start()
        with branch.timers() as timers:
            branch.until(timers.ping)
            rebuild_timers(branch.engine, branch.url, timers)
            branch.until(lambda: len(branch.rungs(first)) == len(branch.rungs(third)) == 4, 60)
            branch.until(branch.relayed)
            assert check_timers(branch.engine, branch.url, timers).whole
    assert (branch.rungs(first), branch.rungs(third), branch.rungs(second)) == (RUNGS, RUNGS, [])


def test_while_temporal_is_down_the_relay_stands_still_and_forgets_nothing(
    branch: Office, temporal: LocalTemporal
) -> None:
    temporal.stop()
    case = resting(branch)
    with RelayTable(branch.url) as table, branch.timers() as timers:
        relay = Relay(branch.engine, table, timers)
        with pytest.raises(TimersUnavailable):
            relay.step()
        assert (table.position(), table.cases()) == (0, set())
        temporal.start()
        while relay.step():
            pass
        assert table.position() == branch.engine.store.head()
        assert timers.running([case]) == {case}


def test_a_database_that_is_down_when_a_rung_falls_due_gets_it_when_it_is_back(own_desk: Office) -> None:
    with own_desk.worker(), own_desk.relay(), own_desk.timers() as timers:
        case = own_desk.collect()
        own_desk.until(lambda: timers.running([case]) == {case})
        due = own_desk.case(case).collected_at + timedelta(seconds=4)
        with cut_off(own_desk.url):
            own_desk.until(lambda: clock.now() > due)
        own_desk.until(lambda: len(own_desk.rungs(case)) == 4, 90)
        own_desk.until(lambda: not timers.running([case]))
    assert own_desk.rungs(case) == RUNGS


def test_a_worker_ends_when_asked_while_the_database_is_down(own_desk: Office) -> None:
    with own_desk.relay(), own_desk.process("worker") as worker:
        cases = [own_desk.collect() for _ in range(40)]
        own_desk.until(lambda: all(own_desk.rungs(case) for case in cases), 90)
        with cut_off(own_desk.url):
            time.sleep(8)  # more of them are being tried than there are threads
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(20) == 0
