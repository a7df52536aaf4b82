"""Runs the same work in several processes that begin together, since one Python process fills one core."""

import multiprocessing as mp
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import Empty
from threading import BrokenBarrierError
from time import perf_counter
from typing import Any

import psutil
import psycopg

from engine import collector, log

Prepare = Callable[..., AbstractContextManager[Callable[[], int]]]
"""Gets ready, yields the work to be timed, which returns how much it did, and cleans up."""
_PATIENCE = 300.0
_LOOK = 1.0


def together(
    prepare: Prepare, processes: int, *args: Any, afterwards: Callable[[], object] = lambda: None
) -> float:
    """Return how much a second some processes do between them, from the common start to the last one's end.

    Args:
        prepare: A function of a module, called with the number of the process and `args` in each of them.
        afterwards: What is still to be waited for once all have done their part.

    Raises:
        RuntimeError: A process ended without an answer.
    """
    context = mp.get_context("spawn")
    ready, answers = context.Barrier(processes + 1), context.Queue()
    children = [
        context.Process(target=_run, args=(prepare, ready, answers, number, args), daemon=True)
        for number in range(processes)
    ]
    for child in children:
        child.start()
    try:
        ready.wait(_PATIENCE)
        begun = perf_counter()
        done = sum(_answer(answers, children) for _ in children)
        afterwards()
        seconds = perf_counter() - begun
        for child in children:
            child.join(_PATIENCE)
    except BrokenBarrierError:
        for child in children:  # whichever failed says why
            child.join(_LOOK)
        raise
    finally:
        for child in children:
            if child.is_alive():
                child.terminate()
    return done / seconds


def _answer(answers: Any, children: list[Any]) -> int:
    while True:
        try:
            return int(answers.get(timeout=_LOOK))
        except Empty:
            if any(child.exitcode not in (None, 0) for child in children):
                raise RuntimeError("a client of the benchmark ended early; see stderr") from None


def _run(prepare: Prepare, ready: Any, answers: Any, number: int, args: tuple[Any, ...]) -> None:
    log.configure("WARNING")
    try:
        with prepare(number, *args) as work:
            collector.spare()  # as our own processes do
            ready.wait(_PATIENCE)
            answers.put(work())
    except BaseException:
        ready.abort()
        raise


class ServerClock:
    """Processor time of a server on this machine.

    Attributes:
        known: False when the server runs elsewhere; then the time is 0.
    """

    def __init__(self, url: str) -> None:
        self._main: psutil.Process | None = None
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT pg_backend_pid()").fetchone()
            try:
                parent = psutil.Process(row[0] if row else 0).parent()
            except psutil.Error:
                parent = None
        if parent is not None and parent.name() == "postgres":
            self._main = parent
        self.known = self._main is not None

    def seconds(self) -> float:
        """Return the seconds used up to now by the server's living sessions and those that ended."""
        if self._main is None:
            return 0.0
        own = self._main.cpu_times()
        total = own.user + own.system + own.children_user + own.children_system
        for child in self._main.children():
            try:
                used = child.cpu_times()
            except psutil.Error:
                continue
            total += used.user + used.system
        return float(total)
