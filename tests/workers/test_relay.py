"""The relay's own care: changed plans only, poison set aside, one sender at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.case.commands import Progress
from engine import clock
from engine.amendments import Amendment
from engine.recalibrate import untold
from tests.support import asks, town
from tests.workers.office import Office, Sent
from workers.relay.rebuild import rebuild_timers
from workers.relay.run import Relay
from workers.relay.table import Parked, RelayTable
from workers.temporal.activities import planned
from workers.temporal.timers import Timers, TimersUnavailable

pytestmark = [pytest.mark.temporal, pytest.mark.postgres]


@pytest.fixture
def table(own_desk: Office) -> Iterator[RelayTable]:
    with RelayTable(own_desk.url) as opened:
        yield opened


@pytest.fixture
def timers(own_desk: Office) -> Iterator[Sent]:
    with Sent.connect(own_desk.settings) as opened:
        opened.plans = []
        yield opened


def follow(office: Office, table: RelayTable, timers: Timers) -> None:
    relay = Relay(office.engine, table, timers)
    while relay.step():
        pass


def resting(office: Office) -> UUID:
    return office.collect(*asks.ACCEPTED[1:], asks.suspend(clock.now() + timedelta(seconds=500)))


def test_an_event_that_leaves_the_plan_as_it_was_is_not_sent(
    own_desk: Office, table: RelayTable, timers: Sent
) -> None:
    case = own_desk.collect(*asks.ACCEPTED[1:])
    follow(own_desk, table, timers)
    assert [one.case for one in timers.plans] == [case]
    own_desk.give(case, Progress.model_validate({"note": "Dug at the corner"}))
    follow(own_desk, table, timers)
    assert len(timers.plans) == 1
    assert table.position() == own_desk.engine.store.head()


def test_a_timer_that_takes_its_steps_is_told_nothing_that_it_knows(
    own_desk: Office, table: RelayTable, timers: Sent
) -> None:
    case = own_desk.collect()
    follow(own_desk, table, timers)
    with own_desk.worker():
        own_desk.until(lambda: len(own_desk.rungs(case)) == 4)
        own_desk.until(lambda: not timers.running([case]))
    follow(own_desk, table, timers)
    assert [one.generation for one in timers.plans] == [1]
    assert table.cases() == set()


def test_a_case_closed_before_it_was_seen_is_not_sent(
    own_desk: Office, table: RelayTable, timers: Sent
) -> None:
    own_desk.collect(*asks.CLOSED[1:])
    follow(own_desk, table, timers)
    assert timers.plans == []
    assert table.cases() == set()


def test_a_case_with_an_unreadable_event_is_parked_and_the_others_go_on(
    own_desk: Office, table: RelayTable, timers: Sent
) -> None:
    poisoned = resting(own_desk)
    with psycopg.connect(own_desk.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO log.events (originator_id, originator_version, topic, state)"
            " VALUES (%s, 99, %s, %s)",
            (poisoned, "case.of_a_later_release", b"{}"),
        )
    sound = resting(own_desk)
    follow(own_desk, table, timers)
    assert [one.case for one in timers.plans] == [sound]
    assert [(one.case, one.code) for one in table.parked()] == [(poisoned, "unknown_event")]
    assert table.position() == own_desk.engine.store.head()
    assert rebuild_timers(own_desk.engine, own_desk.url, timers).parked == 1


def test_a_parked_case_is_free_again_once_it_can_be_planned(
    own_desk: Office, table: RelayTable, timers: Sent
) -> None:
    case = resting(own_desk)
    table.keep((), [Parked(case, 1, "unknown_event", "of a later release")])
    follow(own_desk, table, timers)
    assert table.parked() == []


def test_what_the_relay_remembers_wrongly_is_put_right_by_a_rebuild(
    own_desk: Office, table: RelayTable, timers: Sent
) -> None:
    case, gone = resting(own_desk), uuid4()
    follow(own_desk, table, timers)
    told = timers.plans[0]
    assert told.step is not None
    wrong = told.step.model_copy(update={"action": "remind"})
    table.keep([told.model_copy(update={"step": wrong}), told.model_copy(update={"case": gone})])
    rebuild_timers(own_desk.engine, own_desk.url, timers)
    assert table.plans([case]) == {case: told}
    assert table.cases() == {case}


class Failing(Timers):
    """Real timers that can't be reached the first time."""

    failed = False

    def send(self, plans: Any) -> None:
        if not self.failed:
            self.failed = True
            raise TimersUnavailable("not now")
        super().send(plans)


def snowed_in(office: Office) -> UUID:
    """A case whose last day became a snow day, of which nobody told it."""
    case = office.collect(*asks.ACCEPTED[1:], asks.contact(), policy="hotline-five-working-days")
    book = office.engine.rules.refresh()
    clock_ = next(one for one in office.case(case).clocks if one.key == "1/resolve")
    due = book.due(office.case(case), clock_)
    assert due is not None
    last = (due.at - timedelta(seconds=1)).astimezone(town.ZONE).date()
    snow = Amendment("china", "Snow", "Order 7", town.WATER, off=frozenset({last}))
    assert office.engine.rules.amend(snow, town.ADMINISTRATOR) is not None
    return case


def test_an_amendment_whose_author_was_stopped_is_told_by_the_relay(
    own_desk: Office, table: RelayTable, timers: Sent
) -> None:
    case, other = snowed_in(own_desk), resting(own_desk)
    assert untold(own_desk.engine) == 1
    follow(own_desk, table, timers)
    assert untold(own_desk.engine) == 0
    assert own_desk.names(case).count("case.clock_recalibrated") == 1
    assert "case.clock_recalibrated" not in own_desk.names(other)
    assert table.plans([case])[case] == planned(own_desk.case(case), own_desk.engine.rules.refresh())


def test_a_relay_stopped_after_telling_tells_nobody_twice(own_desk: Office, table: RelayTable) -> None:
    case = snowed_in(own_desk)
    with Failing.connect(own_desk.settings) as timers:
        with pytest.raises(TimersUnavailable):
            follow(own_desk, table, timers)
        assert table.position() == 0
        follow(own_desk, table, timers)
    assert own_desk.names(case).count("case.clock_recalibrated") == 1
    assert table.position() == own_desk.engine.store.head()


def test_two_relays_take_turns(own_desk: Office, table: RelayTable, timers: Sent) -> None:
    case = resting(own_desk)
    with RelayTable(own_desk.url) as other, other.alone() as mine:
        assert mine
        assert Relay(own_desk.engine, table, timers).step() == 0
        assert timers.plans == []
    follow(own_desk, table, timers)
    assert table.cases() == {case}


def test_a_relay_in_waiting_can_be_stopped(own_desk: Office, table: RelayTable) -> None:
    with table.alone(), own_desk.relay():
        pass


def test_a_relay_waits_while_its_server_only_reads_and_connects_anew(
    own_desk: Office, table: RelayTable, timers: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a primary does that another has taken over from; its address may lead to the other by now."""
    case, stop, connections = own_desk.collect(), Event(), []
    keep = RelayTable.keep

    def only_reads_once(table: RelayTable, *args: Any, **kwargs: Any) -> None:
        connections.append(table.connected())
        if len(connections) == 1:
            raise psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction")
        keep(table, *args, **kwargs)
        stop.set()

    monkeypatch.setattr(RelayTable, "keep", only_reads_once)
    Relay(own_desk.engine, table, timers).run(stop)
    assert [one.case for one in timers.plans][-1] == case
    assert connections[0].closed
    assert table.position() == own_desk.engine.store.head()
