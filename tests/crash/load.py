"""Clients who live cases under the demonstration's policy, and leave some of them to the ladder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from domain.actor import Role
from engine import clock
from tests.crash.clerk import STALE, Book, Clerk, Json, Refusal
from tests.crash.site import Site
from tests.support import town

CLIENTS = 4
BREATH = 0.03
"""Seconds that a client rests after each command, so that two cores can follow."""
LONG = timedelta(seconds=500)
COLLECT: Json = {
    "channel": "hotline",
    "claims": ["The cellar is under water", "The lamp is out"],
    "category": "water",
    "place": {"unit": town.PINE},
    "telephone": "555-0100",
    "policy": "demo",
}


class Over(Exception):
    """The load has ended; the case is left as it is."""


@dataclass
class Life:
    """One case in the hands of one client."""

    clerk: Clerk
    over: threading.Event
    path: str = ""
    given: list[str] = field(default_factory=list)

    def collect(self) -> None:
        answer = self.clerk.give(town.ADMINISTRATOR, "/v1/cases", COLLECT)
        self.path = f"/v1/cases/{answer['case']}"
        self._rest()

    def state(self) -> Json:
        return self.clerk.read(self.path, town.SUPERVISOR)

    def give(self, verb: str, role: Role, duty: str | None, **body: Any) -> None:
        """Let the unit that has the duty now give a command; look again when the ladder was faster.

        Without a duty it is the street's, which handles none of these cases, however far they are raised.
        """
        while True:
            seen = self.state()
            actor = town.person(role, seen["duties"][duty] if duty else town.EAST)
            try:
                self.clerk.give(actor, f"{self.path}/{verb}", body, seen["version"])
            except Refusal as refusal:
                if refusal.code not in STALE:
                    raise
            else:
                break
        self.given.append(verb)
        self._rest()

    def _rest(self) -> None:
        if self.over.wait(BREATH):
            raise Over


def _screen(life: Life) -> None:
    life.give("screen", Role.CASE_WORKER, "desk", kind="issue")


def _assign(life: Life) -> None:
    life.give("assign", Role.CASE_WORKER, "desk", unit=town.WATER)


def _accept(life: Life) -> None:
    life.give("accept", Role.CASE_WORKER, "handler")


def _contact(life: Life) -> None:
    life.give("contact", Role.CASE_WORKER, "handler", means="telephone")


def _resolve(life: Life) -> None:
    answers = [{"claim": claim, "outcome": "solved", "measure": "Mended"} for claim in (1, 2)]
    life.give("resolve", Role.CASE_WORKER, "handler", answers=answers)


def _visit(life: Life, *, solved: bool = True) -> None:
    said = [{"claim": claim, "solved": solved, "satisfaction": 5 if solved else 1} for claim in (1, 2)]
    life.give("visit", Role.VISITOR, None, reached=True, judgements=said)


def _unsolved(life: Life) -> None:
    _visit(life, solved=False)


def _strike_off(life: Life) -> None:
    life.give("strike-off", Role.VISITOR, None)


def _suspend(life: Life, length: timedelta = timedelta(seconds=2)) -> None:
    while True:
        until = (clock.now() + length).isoformat()
        try:
            life.give("suspend", Role.UNIT_HEAD, "handler", reason="awaits_works_by_others", until=until)
        except Refusal as refusal:
            # The answer was longer in coming than the suspension was to last.
            if refusal.code != "until_in_past":
                raise
        else:
            return


def _rest_long(life: Life) -> None:
    _suspend(life, LONG)


Step = Callable[[Life], None]
STRAIGHT: tuple[Step, ...] = (_screen, _assign, _accept, _contact, _resolve, _visit, _strike_off)
AGAIN: tuple[Step, ...] = (*STRAIGHT[:5], _unsolved, _accept, _resolve, _visit, _strike_off)
RESUMED: tuple[Step, ...] = (*STRAIGHT[:3], _suspend)
RESTING: tuple[Step, ...] = (*STRAIGHT[:3], _rest_long)


def _choose(random: Random) -> tuple[Step, ...]:
    """Return a case's way; one in five is left to the ladder after a few steps."""
    left = STRAIGHT[: random.randrange(6)]
    return random.choices((STRAIGHT, AGAIN, left, RESUMED, RESTING), (10, 4, 4, 1, 1))[0]


class Load:
    """The clients at work.

    Attributes:
        faults: What ended a client; must be empty.
    """

    def __init__(self, site: Site, book: Book, seed: str) -> None:
        self._over = threading.Event()
        self.faults: list[BaseException] = []
        clerks = [Clerk(site.settings.port, site.key, book, Random(f"{seed}/{n}")) for n in range(CLIENTS)]
        self._threads = [threading.Thread(target=self._work, args=(clerk,)) for clerk in clerks]
        for thread in self._threads:
            thread.start()

    def _work(self, clerk: Clerk) -> None:
        try:
            while True:
                life = Life(clerk, self._over)
                life.collect()
                for step in _choose(clerk.random):
                    step(life)
        except Over:
            pass
        except BaseException as error:
            self.faults.append(error)
        finally:
            clerk.close()

    def end(self) -> None:
        """Let each client have its last command answered, and stop."""
        self._over.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def load(site: Site, book: Book, seed: str) -> Iterator[Load]:
    """Clients at work until the block ends."""
    working = Load(site, book, seed)
    try:
        yield working
    finally:
        working.end()
    if working.faults:
        raise working.faults[0]
