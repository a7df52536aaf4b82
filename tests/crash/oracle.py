"""What must hold after any crash, asked of the log, the ledgers and the timers; nothing is taken on trust."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

import psycopg

from domain.actor import LADDER
from domain.case.evolve import fold
from domain.case.plan import plan
from domain.case.stage import FINAL
from domain.case.state import Case
from engine import clock, ids
from engine.envelope import Recorded
from engine.replay import case_events
from projections.accountability.view import trial_balance
from projections.parking import parked
from projections.progress import tallies
from projections.rebuild import compare
from projections.reconcile import reconcile
from tests.crash.clerk import Asked, Book, Clerk, Json
from tests.crash.site import RUNGS, Site
from tests.support.ladder import rungs_repeated
from workers.relay.rebuild import check_timers

SAMPLE = 20
SOON = timedelta(seconds=60)
"""A step further off than this belongs to a case that rests; all others are awaited."""


@dataclass(frozen=True)
class Found:
    """The log as it stands: the events of each stream, in the order of its versions."""

    streams: dict[UUID, list[Recorded]]

    @property
    def cases(self) -> dict[UUID, Case]:
        folded = {case: fold(case_events(events)) for case, events in self.streams.items()}
        return {case: state for case, state in folded.items() if state is not None}

    def events(self) -> Iterator[Recorded]:
        for events in self.streams.values():
            yield from events

    def rungs(self) -> Counter[tuple[UUID, str, str]]:
        """How often the ladder took each (case, clock, rung)."""
        return Counter(
            (one.stream, str(getattr(one.event, "clock", "")), one.name)
            for one in self.events()
            if one.actor == LADDER and one.name in RUNGS
        )


def read_log(site: Site) -> Found:
    """Read every case of the log."""
    streams: dict[UUID, list[Recorded]] = {}
    after = 0
    while page := site.engine.store.read(after, 5_000):
        for one in page:
            if one.stream not in ids.RULES:
                streams.setdefault(one.stream, []).append(one)
        after = page[-1].position or 0
    return Found(streams)


def settle(site: Site) -> Found:
    """Wait until no step is due or soon to be, and relay and ledgers have followed; return the log."""
    found = read_log(site)

    def quiet() -> bool:
        nonlocal found
        found = read_log(site)
        head = site.engine.store.head()
        return not _to_come(site, found) and site.relayed() >= head and site.projected() >= head

    site.until(quiet, "every step that is due was taken, and ledgers and relay have followed")
    return found


def _to_come(site: Site, found: Found) -> list[UUID]:
    book, soon = site.engine.rules.current(), clock.now() + SOON
    steps = {case: plan(state, book) for case, state in found.cases.items()}
    return [case for case, step in steps.items() if step is not None and step.wake_at <= soon]


def check(site: Site, book: Book, found: Found, random: Random) -> None:
    """Hold the log against all that clients were promised, and all that follows from the log against it."""
    promised = book.acknowledged()
    assert not book.faults(), f"{book.faults()}\n{site.logs()}"
    check_commands(site, found, promised)
    check_streams(found)
    check_rungs(found)
    check_ledgers(site)
    with site.timers() as timers:
        timed = check_timers(site.engine, site.url, timers)
    assert (timed.whole, timed.behind) == (True, 0), timed
    _check_repeats(site, book, promised, random)


def check_commands(site: Site, found: Found, promised: list[tuple[Asked, Json]]) -> None:
    """Each acknowledged command stands in the log once, as it was answered, and nothing else does."""
    with psycopg.connect(site.url) as connection:
        rows = connection.execute("SELECT command_id, stream, version, events FROM log.commands").fetchall()
    stored = {row[0]: (str(row[1]), row[2], row[3]) for row in rows}
    by_command: dict[UUID, list[Recorded]] = {}
    for one in found.events():
        by_command.setdefault(one.command, []).append(one)
    for asked, answer in promised:
        told = (answer["case"], answer["version"], answer["events"])
        assert stored.get(asked.command) == told, f"{asked.path} {asked.key}: {stored.get(asked.command)}"
        recorded = by_command.get(asked.command, [])
        assert all(one.actor == asked.actor for one in recorded), f"{asked.path} {asked.key}"
        # What binds cases is recorded on the others too.
        own = [one for one in recorded if str(one.stream) == answer["case"]]
        assert [one.name for one in own] == answer["events"], f"{asked.path} {asked.key}"
        assert not own or own[-1].version == answer["version"]
    sent = {asked.command for asked, _ in promised}
    assert len(sent) == len(promised)
    ladder = {one.command for one in found.events() if one.actor == LADDER}
    # A step that the ladder found done already is kept without events.
    nothing = {command for command, (_, _, events) in stored.items() if not events}
    unknown = (set(stored) | set(by_command)) - sent - ladder - nothing
    assert not unknown, f"in the log, and sent by nobody: {unknown}"
    assert ladder <= set(stored)


def check_streams(found: Found) -> None:
    """The versions of each case follow one another."""
    for case, events in found.streams.items():
        assert [one.version for one in events] == list(range(1, len(events) + 1)), f"a gap in case {case}"


def check_rungs(found: Found) -> None:
    """No rung twice; and on a clock that still runs, with nothing more to come, each rung once."""
    taken = found.rungs()
    assert max(taken.values(), default=0) <= 1, [key for key, times in taken.items() if times > 1]
    for case, state in found.cases.items():
        if state.stage in FINAL or state.hold is not None:
            continue
        wanted = {(case, one.key, rung) for one in state.clocks if one.open for rung in RUNGS}
        assert wanted <= set(taken), f"never taken: {wanted - set(taken)}"


def check_ledgers(site: Site) -> None:
    """The ledgers hold each event once, and what a fresh build would hold."""
    with psycopg.connect(site.url, autocommit=True) as connection:
        balance = trial_balance(connection)
        assert balance.sound, balance
        sums = tallies(connection)
        assert sums
        assert all(one.complete for one in sums), sums
        assert parked(connection) == []
        assert rungs_repeated(connection) == 0
    audit = reconcile(site.url, site.engine.rules.refresh())
    assert audit.sound, audit.findings
    fresh = compare(site.url, site.engine.store, site.engine.rules.current)
    assert fresh.equal, fresh.difference


def _check_repeats(site: Site, book: Book, promised: list[tuple[Asked, Json]], random: Random) -> None:
    """A command acknowledged before the crash gets its first answer again, and records nothing."""
    before = site.engine.store.count()
    clerk = Clerk(site.settings.port, site.key, book, random)
    for asked, answer in random.sample(promised, min(SAMPLE, len(promised))):
        status, again, repeated = clerk.send(asked)
        assert (status < 300, repeated, again) == (True, True, answer), f"{asked.path} {asked.key}: {again}"
    clerk.close()
    assert site.engine.store.count() == before
