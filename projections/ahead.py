"""Reads, decodes and folds ahead of the writer, in processes of their own: one core folds, another writes.

Each process keeps one shard of the streams, so that a case is always folded by the same one, which remembers
its state. All cut the log at the same positions, and the writer takes one sheaf from each in one transaction.
Nothing depends on them: what they made ready is checked against the ledgers as they stand, and if one dies
the writer goes on alone.
"""

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Final, Self

from domain.case.book import Rulebook
from engine.background import step_back
from engine.codec import Raw
from engine.collector import resting
from engine.ids import RULES
from engine.pool import cores
from engine.store import PostgresStore
from engine.store.arrays import uuids
from engine.store.prepared import call
from projections.batch import SIZE as FRESH
from projections.batch import everywhere
from projections.ledgers import LEDGERS
from projections.sheaf import Aside, Sheaf, sheaf
from projections.tail import REMEMBERED, Batch, Tail

SIZE: Final = 4_000
"""Events in a batch made ready ahead; larger ones cost more memory and gain little."""
_PATIENCE: Final = 120.0
_MOST: Final = 4
_PROGRAM: Final = "import sys; sys.path[:] = {!r}; from projections.ahead import main; main()"


class HelperLost(Exception):
    """A process that reads ahead has ended or has failed; the writer can do without it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made ready: all after a position up to another, which must be final.

    Attributes:
        aside: What stands aside; nothing of it is folded for the ledgers concerned.
        book: Policies and calendars.
    """

    number: int
    after: int
    upto: int
    aside: Aside
    book: Rulebook


@dataclass(frozen=True, slots=True)
class _Task:
    url: str
    size: int
    shard: int
    shards: int
    background: bool


def helpers() -> int:
    """Return how many processes serve best: one a core, since writer and database often wait."""
    return min(_MOST, cores())


class Ahead:
    """Some processes that read ahead.

    Args:
        url: Connection string of a role that may read the log.
        shards: Number of processes.
        size: Events in a batch; None: as serves best, in the background fewer, since live commands wait for
            what a server reads and writes at a stretch.
        background: Whether they step back behind whatever else runs on this machine.
    """

    def __init__(
        self, url: str, *, shards: int | None = None, size: int | None = None, background: bool = False
    ) -> None:
        count, size = shards or helpers(), size or (FRESH if background else SIZE)
        self._number = 0
        self._helpers = [_Helper(_Task(url, size, shard, count, background)) for shard in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def order(self, after: int, upto: int, aside: Aside, book: Rulebook) -> None:
        """Let them begin; sheaves of an order before are thrown away.

        Raises:
            HelperLost: One of them is gone.
        """
        self._number += 1
        for helper in self._helpers:
            helper.send(Order(self._number, after, upto, aside, book))

    def next(self) -> Sequence[Sheaf]:
        """Return the next batch, one sheaf a shard; empty when the order is done.

        Raises:
            HelperLost: One of them is gone.
        """
        found = [helper.receive(self._number) for helper in self._helpers]
        ready = [one for one in found if one is not None]
        if ready and len({(one.after, one.position) for one in ready}) + len(found) - len(ready) != 1:
            raise HelperLost("They cut the log at different positions.")
        return ready

    def close(self) -> None:
        """End them."""
        for helper in self._helpers:
            helper.close()


class _Helper:
    """One process, seen from the writer's side."""

    def __init__(self, task: _Task) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # The address may hold a password, which must not show among the arguments.
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM.format(sys.path), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=task.background,
            )
        self._pipe = Pipe(ours.detach())
        self.send(task)

    def send(self, what: Order | _Task) -> None:
        try:
            self._pipe.send(what)
        except OSError as error:
            raise HelperLost(str(error)) from error

    def receive(self, number: int) -> Sheaf | None:
        """Return the next sheaf of an order; None when there are no more."""
        while True:
            try:
                if not self._pipe.poll(_PATIENCE):
                    raise HelperLost("It has not answered.")
                of, what = self._pipe.recv()
            except (OSError, EOFError) as error:
                raise HelperLost(str(error)) from error
            if isinstance(what, str):
                raise HelperLost(what)
            if of == number:
                found: Sheaf | None = what
                return found

    def close(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.wait()


def serve(pipe: Pipe) -> None:
    """Work as such a process until the writer is gone."""
    task: _Task = pipe.recv()
    if task.background:
        step_back()
    with PostgresStore(task.url, pool_size=1) as store:
        tail = Tail(store, REMEMBERED // task.shards)
        while True:
            order: Order = pipe.recv()
            try:
                with resting():
                    _carry_out(task, order, store, tail, pipe)
            except (OSError, EOFError):
                raise
            except Exception as fault:  # whatever it is, the writer meets it itself and says so
                pipe.send((order.number, f"{type(fault).__name__}: {fault}"))


def _carry_out(task: _Task, order: Order, store: PostgresStore, tail: Tail, pipe: Pipe) -> None:
    """Send one sheaf a batch, then None; a new order that waits ends it before."""
    skip = everywhere(order.aside, LEDGERS)
    after = order.after
    while after < order.upto and not pipe.poll():
        end = _cut(store, after, order.upto, task.size)
        if end is None:
            break
        raws = _read(store, after, end, task)
        batch = tail.fold(raws, skip, order.book, end) if raws else Batch(end, events=0, digest=0, parts=())
        pipe.send((order.number, sheaf(LEDGERS, batch, after, order.aside)))
        tail.keep(batch)
        after = batch.position
    pipe.send((order.number, None))


def _cut(store: PostgresStore, after: int, upto: int, size: int) -> int | None:
    """Return the position at which the next batch ends, the same for every shard; None: nothing is left.

    Neither this nor the read looks at the horizon: `upto` is known to be final.
    """
    end: int | None = store.run(lambda session: call(session, "cut", (after, upto, size))[0][0])
    return end


def _read(store: PostgresStore, after: int, upto: int, task: _Task) -> Sequence[Raw]:
    """Read one shard of a batch: of random ids all get as much, and the rules belong to the first."""
    params = (after, upto, task.shard, task.shards, uuids(list(RULES)))
    return store.run(lambda session: [Raw(*row) for row in call(session, "read_shard", params)])


def main() -> None:
    """Serve on the file descriptor given; the writer decides when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        serve(Pipe(int(sys.argv[1])))
