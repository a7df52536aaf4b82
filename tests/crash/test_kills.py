"""Each part is killed five times under load: nothing acknowledged is lost, and nothing doubled."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPException
from random import Random

import pytest

from tests.crash import oracle
from tests.crash.clerk import Asked, Book, Clerk
from tests.crash.load import COLLECT, Load, load
from tests.crash.site import POSTGRES, Site, site
from tests.support import town
from tests.support.wire import Wire

pytestmark = [pytest.mark.postgres, pytest.mark.temporal, pytest.mark.slow, pytest.mark.timeout(1200)]

KILLS = 5
SEED = os.environ.get("CRASH_SEED") or f"{Random().getrandbits(32):08x}"
"""Set the variable to repeat the choices of a run that failed; what the machine does stays its own."""


@pytest.fixture(scope="module")
def town_hall() -> Iterator[Site]:
    """One installation for all victims."""
    with site() as opened:
        yield opened


@pytest.fixture(scope="module")
def book(town_hall: Site) -> Iterator[Book]:
    """What clients were promised, from the first victim to the last."""
    opened = Book(town_hall.settings.data_dir / "acknowledged.jsonl")
    yield opened
    opened.close()


def test_killed_between_commit_and_reply_the_api_gives_the_first_answer_to_a_repeat(
    town_hall: Site, book: Book
) -> None:
    """The answer is thrown away on the wire, and the API killed once the command is in the log."""
    wire = Wire(lambda: socket.create_connection(("127.0.0.1", town_hall.settings.port)))
    wire.deaf.set()
    asked = Asked(town.ADMINISTRATOR, "/v1/cases", "between-commit-and-reply", COLLECT, None)
    unanswered = Clerk(wire.port, town_hall.key, book, Random(0))
    clerk = Clerk(town_hall.settings.port, town_hall.key, book, Random(0))
    with closing(unanswered), ThreadPoolExecutor(1) as pool:
        sending = pool.submit(unanswered.send_once, asked)
        town_hall.until(
            lambda: town_hall.engine.store.answer(asked.command) is not None, "the command is recorded"
        )
        town_hall.kill("serve")
        wire.close()
        with pytest.raises((OSError, HTTPException)):
            sending.result(60)
    first = town_hall.engine.store.answer(asked.command)
    town_hall.start("serve")
    town_hall.until(town_hall.ready, "the API is back")
    with closing(clerk):
        status, answer, repeated = clerk.send(asked)
    assert first is not None
    assert (status, repeated) == (201, True)
    assert (answer["case"], answer["version"], answer["position"]) == (
        str(first.stream),
        first.version,
        first.position,
    )
    recorded = [one for one in town_hall.engine.store.load(first.stream) if one.command == asked.command]
    assert [one.name for one in recorded] == answer["events"]
    book.acknowledge(asked, answer)


@pytest.mark.parametrize("victim", ["serve", "worker", "relay", "projector", POSTGRES])
def test_killed_five_times_under_load_loses_nothing_and_doubles_nothing(
    town_hall: Site, book: Book, victim: str, record_property: Callable[[str, object], None]
) -> None:
    seed = f"{SEED}/{victim}"
    print(f"CRASH_SEED={SEED}")
    random = Random(seed)
    before, began = len(book), time.monotonic()
    with load(town_hall, book, seed) as working:
        back = [_kill(town_hall, book, working, victim, random) for _ in range(KILLS)]
    worked = time.monotonic() - began
    found = oracle.settle(town_hall)
    oracle.check(town_hall, book, found, random)
    told = {
        "commands": len(book) - before,
        "rungs": sum(found.rungs().values()),
        "seconds_back": [round(seconds, 1) for seconds in back],
        "seconds": [round(worked, 1), round(time.monotonic() - began, 1)],
        "answers": {f"{status} {code}".strip(): times for (status, code), times in book.answers.items()},
    }
    record_property(victim, told)
    print(victim, told)


def _kill(town_hall: Site, book: Book, working: Load, victim: str, random: Random) -> float:
    """Kill in the middle of work, see it missed, start it; return the seconds until it works again."""
    moved = _sign_of_life(town_hall, book, victim)
    started = moved()
    enough = random.randint(1, 4) if victim == "worker" else random.randint(10, 60)
    _await(town_hall, working, lambda: moved() >= started + enough, f"{victim} is at work")
    pids = town_hall.pids()
    town_hall.kill(victim)
    _outage(town_hall, book, working, victim)
    stood = moved() if victim not in {"serve", POSTGRES} else len(book)
    began = time.monotonic()
    town_hall.start(victim)
    _await(town_hall, working, lambda: moved() > stood, f"{victim} is back")
    assert {**town_hall.pids(), victim: None} == {**pids, victim: None}, "only the victim may end"
    return time.monotonic() - began


def _outage(town_hall: Site, book: Book, working: Load, victim: str) -> None:
    """Wait until clients get no answer, or one that says so, or have worked on without the victim."""
    if victim == "serve":
        silent = book.answers[0, "no_answer"]
        _await(town_hall, working, lambda: book.answers[0, "no_answer"] > silent, "the API is missed")
    elif victim == POSTGRES:
        busy = book.answers[503, "unavailable"]
        _await(town_hall, working, lambda: book.answers[503, "unavailable"] > busy, "the API answers 503")
    else:
        given = len(book)
        _await(town_hall, working, lambda: len(book) > given + 10, f"work goes on without the {victim}")


def _sign_of_life(town_hall: Site, book: Book, victim: str) -> Callable[[], int]:
    """What grows while a part works."""
    signs: dict[str, Callable[[], int]] = {
        "worker": town_hall.rungs,
        "relay": town_hall.relayed,
        "projector": town_hall.projected,
    }
    return signs.get(victim, lambda: len(book))


def _await(town_hall: Site, working: Load, condition: Callable[[], bool], what: str) -> None:
    town_hall.until(lambda: bool(working.faults) or condition(), what)
    assert not working.faults, f"a client gave up: {working.faults[0]!r}\n{town_hall.logs()}"
