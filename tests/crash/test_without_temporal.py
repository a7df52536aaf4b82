"""Temporal holds no truth: every command works without it, and an empty one is given every timer back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import Client

from domain.actor import Actor
from domain.case import commands as c
from domain.case.commands import AnyCaseCommand
from engine import clock
from engine.replay import history
from tests.crash import oracle
from tests.crash.clerk import Book, Clerk
from tests.crash.site import RUNGS, Site, site
from tests.support import asks, town
from tests.support.given import usual
from workers.relay.rebuild import check_timers
from workers.temporal.messages import workflow_id

pytestmark = [pytest.mark.postgres, pytest.mark.temporal, pytest.mark.slow, pytest.mark.timeout(1200)]

Given = AnyCaseCommand | tuple[AnyCaseCommand, Actor]
RESTING = 20


@pytest.fixture
def town_hall() -> Iterator[Site]:
    """An installation of this test's own."""
    with site() as opened:
        yield opened


@pytest.fixture
def book(town_hall: Site) -> Iterator[Book]:
    """What the client was promised."""
    opened = Book(town_hall.settings.data_dir / "acknowledged.jsonl")
    yield opened
    opened.close()


def lives() -> list[Sequence[Given]]:
    """Cases whose lives together take every command there is, but those that bind two cases."""
    later = clock.now() + timedelta(days=10)
    signed: list[Given] = []
    for command in (asks.hang_up(later), c.TakeDown(), asks.exclude(until=later), asks.include()):
        signed += [(command, town.WATER_HEAD), (command, town.SUPERVISOR)]
    by_hand = (kind(clock="1/resolve") for kind in (c.Remind, c.Supervise, c.Raise, c.HoldAccountable))
    asked = asks.ask_extension("1 working_day")
    return [
        [
            (asks.collect(), town.RESIDENT),
            *(asks.screen(), asks.assign(), asks.object_(), asks.rule(False), c.Accept(), asks.contact()),
            *(asks.progress(), asks.whistle(town.HOUSING), asks.report_in(), asks.suspend(later)),
            *(c.Resume(), asked, asks.refuse_extension(), asks.resolve(), asks.visit(), c.StrikeOff()),
            asks.reopen(),
        ],
        [*asks.ACCEPTED, asked, c.GrantExtension(), *signed],
        [*asks.ACCEPTED, *by_hand, asks.answer_entry(), asks.appeal_entry(), asks.withdraw_entry()],
        [
            *(*asks.ACCEPTED, asks.receive_target(later), asks.move_policy()),
            (c.Recalibrate(cause="no day was moved"), town.ADMINISTRATOR),
        ],
        [
            asks.collect(category="burst_pipe", policy="digital-city-hours"),
            asks.screen(),
            asks.assign(),
            asks.reach(),
        ],
        [asks.collect(), asks.refuse()],
        [asks.collect("The lamp is out", "The bench is broken"), c.SplitOff(parts=((2,),))],
    ]


def body(command: AnyCaseCommand) -> Any:
    """Return a command as the body of its request: personal values are plain strings there."""
    return _plain(command.model_dump(mode="json", exclude_unset=True))


def _plain(value: Any) -> Any:
    match value:
        case {"text": text}:
            return text
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case _:
            return value


class Hand:
    """One client who gives commands over HTTP to one case after another."""

    def __init__(self, town_hall: Site, book: Book) -> None:
        self.clerk = Clerk(town_hall.settings.port, town_hall.key, book, Random(1))
        self.verbs: set[str] = set()

    def live(self, *given: Given) -> UUID:
        """Live a case from its collection on; return its id."""
        case = ""
        for one in given:
            command, actor = one if isinstance(one, tuple) else (one, usual(one))
            if isinstance(command, c.Collect):
                case = str(self.clerk.give(actor, "/v1/cases", body(command))["case"])
                self.verbs.add(command.VERB)
            else:
                self.give(UUID(case), command, actor)
        return UUID(case)

    def give(self, case: UUID, command: AnyCaseCommand, actor: Actor) -> None:
        seen = self.clerk.read(f"/v1/cases/{case}", town.SUPERVISOR)
        self.clerk.give(actor, f"/v1/cases/{case}/{command.VERB}", body(command), seen["version"])
        self.verbs.add(command.VERB)


@pytest.fixture
def hand(town_hall: Site, book: Book) -> Iterator[Hand]:
    """The client at work."""
    opened = Hand(town_hall, book)
    yield opened
    opened.clerk.close()


def running(town_hall: Site) -> Counter[str]:
    """Ids of the workflows that Temporal lists as running."""

    async def listed() -> Counter[str]:
        client = await Client.connect(town_hall.temporal.address)
        return Counter([one.id async for one in client.list_workflows("ExecutionStatus = 'Running'")])

    return asyncio.run(listed())


def rungs(town_hall: Site, case: UUID) -> list[str]:
    """Names of a case's rungs, in the order in which they were taken."""
    return [one.name for one in history(town_hall.engine.store, case) if one.name in RUNGS]


def test_every_command_works_without_temporal_and_an_empty_one_gets_each_timer_back_once(
    town_hall: Site, book: Book, hand: Hand
) -> None:
    resting = {hand.live(asks.collect()) for _ in range(RESTING)}
    with town_hall.timers() as timers:
        town_hall.until(lambda: timers.running(resting) == resting, "every resting case has its timer")
        town_hall.temporal.kill()
        for life in lives():
            hand.live(*life)
        leading, merged = hand.live(*asks.SCREENED), hand.live(*asks.SCREENED)
        hand.give(merged, c.Merge(into=leading), town.STREET_WORKER)
        hand.give(merged, c.Unmerge(), town.STREET_WORKER)
        late = hand.live(asks.collect(policy="demo"))
        reviewed = hand.live(*asks.REVIEWED, asks.ask_recheck())
        hearing = clock.now()
        hand.give(reviewed, asks.hear(hearing, hearing + timedelta(microseconds=1)), town.SUPERVISOR)
        hand.give(reviewed, asks.answer_recheck(), town.SUPERVISOR)
        assert hand.verbs == set(c.BY_VERB)
        assert {status for status, _ in book.answers} == {200, 201}

        town_hall.temporal.start()
        town_hall.until(timers.ping, "Temporal is back")
        assert not timers.running(resting), "it must be empty"
        rebuilt = town_hall.program("rebuild-timers")
        assert timers.running(resting) == resting
        assert town_hall.program("rebuild-timers")["parked"] == rebuilt["parked"] == 0
        town_hall.until(lambda: len(rungs(town_hall, late)) >= len(RUNGS), "what fell due meanwhile is taken")
        found = oracle.settle(town_hall)
        assert rungs(town_hall, late) == list(RUNGS)
        timed = check_timers(town_hall.engine, town_hall.url, timers)
        assert (timed.whole, timed.behind) == (True, 0)
        assert timed.planned > RESTING
    town_hall.until(lambda: running(town_hall).total() == timed.planned, "ended timers have left the list")
    assert set(running(town_hall).values()) == {1}
    assert {workflow_id(case) for case in resting} <= set(running(town_hall))
    oracle.check_commands(town_hall, found, book.acknowledged())
    oracle.check_streams(found)
    oracle.check_ledgers(town_hall)
