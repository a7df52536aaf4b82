"""All ledgers anew from the first event beside live commands, and what the commands feel of it."""

import multiprocessing as mp
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import perf_counter, sleep
from typing import Any

import psycopg

from bench.city import fill
from bench.harness import Result, Sizes, p99, say
from bench.life import live
from bench.place import Place, establish
from engine import log
from engine.background import give_way
from engine.handle import Engine
from engine.rulebook import Rules
from engine.store import PostgresStore
from projections.projector import Projector
from projections.rebuild import rebuild

_CLIENTS = 2
_PAUSE = 0.05
"""Seconds between two commands of one client; both together give some 2 million commands in a day."""
During = Callable[[Callable[[], object]], list[float]]
"""Runs some work and returns how long each command took meanwhile, in seconds."""


def run(where: Place, sizes: Sizes) -> Result:
    """Rebuild while two clients work cases and the projector follows them."""
    events = fill(where, sizes.events)
    say(f"  {events:,} events stored")
    with closing(Engine.open(where.settings())) as engine:
        establish(engine)
    with PostgresStore(where.url) as store:
        Projector(where.url, store, Rules(store).current).catch_up()
    result = Result("rebuild", figures={"events": float(events)})
    seconds, ratios, calm, busy = [], [], [], []
    with _live(where) as commands:
        for _ in range(1 if sizes.quick else min(3, sizes.runs)):
            _recycle(where)
            before = commands(lambda: sleep(2.0 if sizes.quick else 20.0))
            during = commands(lambda: seconds.append(_rebuild(where)))
            calm.append(p99(before) * 1e3)
            busy.append(p99(during) * 1e3)
            ratios.append(p99(during) / p99(before))
    result.one("seconds", seconds)
    result.one("seconds_a_million", [one / events * 1e6 for one in seconds])
    result.one("p99_without_ms", calm)
    result.one("p99_beside_ms", busy)
    result.one("p99_live", ratios)
    result.ratios["p99_live"] = result.figures.pop("p99_live")
    return result


def _recycle(where: Place) -> None:
    """Let old segments of the journal be used again, as on a server that has run for a while.

    A new one is filled with zeros and flushed while every commit waits: some 90 ms for each 16 MB.
    """
    with psycopg.connect(where.url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def _rebuild(where: Place) -> float:
    """Return the seconds that a rebuild takes in a process of its own."""
    context = mp.get_context("spawn")
    answer = context.Queue()
    child = context.Process(target=_rebuilding, args=(where, answer))
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError("the rebuild ended early; see stderr")
    return float(answer.get())


def _rebuilding(where: Place, answer: Any) -> None:
    log.configure("WARNING")
    give_way()  # as `echowall rebuild` does
    with PostgresStore(where.url) as store:
        begun = perf_counter()
        rebuild(where.url, store, Rules(store).current)
        answer.put(perf_counter() - begun)


@contextmanager
def _live(where: Place) -> Iterator[During]:
    """Clients and the projector at work; gives a way to learn how long commands took while something ran."""
    context = mp.get_context("spawn")
    stop, pipes = context.Event(), [context.Pipe() for _ in range(_CLIENTS)]
    children = [context.Process(target=_client, args=(where, theirs), daemon=True) for _, theirs in pipes]
    children.append(context.Process(target=_projector, args=(where, stop), daemon=True))
    for child in children:
        child.start()
    ours = [pipe for pipe, _ in pipes]
    for pipe in ours:
        pipe.recv()

    def during(work: Callable[[], object]) -> list[float]:
        for pipe in ours:
            pipe.send("begin")
        work()
        for pipe in ours:
            pipe.send("tell")
        return [took for pipe in ours for took in pipe.recv()]

    try:
        yield during
    finally:
        stop.set()
        for child in children[:-1]:
            child.terminate()
        for child in children:
            child.join(60)


def _client(where: Place, pipe: Any) -> None:
    """Give a command, pause, give the next: a busy desk, and not one that takes all the cores there are."""
    log.configure("WARNING")
    with closing(Engine.open(where.settings(1))) as engine:
        steps = live(engine)
        for _ in range(14):
            next(steps)
        pipe.send("ready")
        while pipe.recv() == "begin":
            took = []
            while not pipe.poll(_PAUSE):
                begun = perf_counter()
                next(steps)
                took.append(perf_counter() - begun)
            pipe.recv()
            pipe.send(took)


def _projector(where: Place, stop: Any) -> None:
    log.configure("WARNING")
    with PostgresStore(where.url) as store:
        Projector(where.url, store, Rules(store).current).run(stop)
