"""How far a reader may read: positions are drawn in one order and committed in another.

A position belongs to a transaction until that ends. Whoever remembers "I have read up to 7" while 6 is
still in flight never sees 6. The horizon is a position at or below which nothing can appear any more:

1. Read the last position drawn, `drawn`.
2. Only then take a transaction id, `mine`.
3. Once the oldest transaction in flight (`pg_snapshot_xmin`) is younger than `mine`, `drawn` is final.

It is right because the append functions take their transaction's id before they draw. A position at or
below `drawn` was drawn before step 1 by a transaction whose id was given before that, so it is below
`mine`. Ids below `pg_snapshot_xmin` belong to transactions that have ended, and what they committed is
visible to every snapshot taken from then on. A position that was drawn and rolled back appears never: the
gap is passed over.

What does not do:

- The greatest position seen: 7 commits while 6 is in flight, and 6 is skipped.
- Waiting until gaps close: rolled-back positions never do; waiting only a while skips whoever takes longer.
- Drawing first and taking the id at the insert: a writer that has drawn 6 and has no id yet is in no
  snapshot, so step 3 finds nobody to wait for, and 6 is skipped. Hence the order in the functions and in
  the column's default.
- `pg_snapshot_xmax` for `mine`: it is one beyond the last transaction that ended; those in flight may lie
  above it, and `pg_snapshot_xmin` passes it while they still hold positions drawn before. A trial skipped
  events.
- Keeping `drawn` over a crash: a sequence may hand out again what it gave to transactions that never
  committed, so an old horizon could cover new, unfinished ones. A horizon therefore dies with its
  connection, as every connection does in a crash, and is never stored; what is stored is the position of an
  event that was read.
- A standby: it has other transactions in flight than the primary. Followers read the primary.

The price: a transaction that has an id and stays open, anywhere on the server and on whatever tables, holds
every reader back until it ends; `figures` names it. Who follows the log is late then, and misses nothing. A
new connection knows of nothing final, so it reads nothing at all until then: that is not the end of the log.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import psycopg

from engine.store.prepared import call

_SHORTEST, _LONGEST = 0.0005, 0.01
"""Seconds between looks while writers are in flight."""


class Horizon:
    """What one connection knows of the horizon; see the module for why not more than one.

    Attributes:
        final: Nothing appears at or below it any more.
        settled: Nothing was drawn beyond `final` when the last probe was taken.
    """

    __slots__ = ("_drawn", "_mine", "final", "settled")

    def __init__(self) -> None:
        self.final = 0
        self.settled = False
        self._drawn = 0
        self._mine: int | None = None

    def advance(self, connection: psycopg.Connection[Any]) -> None:
        """Look once; a probe that hasn't passed is kept, so that a stream of writers can't hold it back."""
        if self._mine is None:
            self._drawn, self._mine = call(connection, "probe", (self.final,))[0]
            self.settled = self._mine is None
        if self._mine is not None and call(connection, "passed", (self._mine,))[0][0]:
            self.final, self._mine = self._drawn, None

    def reach(self, connection: psycopg.Connection[Any], position: int, patience: float) -> bool:
        """Wait until it lies beyond a position, or nothing more is drawn, for at most `patience` seconds.

        Returns:
            Whether either is so.
        """
        return self._advance_until(connection, lambda: self.final > position or self.settled, patience)

    def stretches(
        self, connection: psycopg.Connection[Any], after: int, patience: float, *, enough: int = 1
    ) -> Iterator[tuple[int, int]]:
        """Yield stretches of the log beyond a position as they become final: from after one, up to another.

        A stretch may be empty, for positions are drawn and rolled back: who found nothing in it asks for the
        next. Ends when nothing more is drawn (`settled`), or after `patience` seconds.

        Args:
            connection: To which this horizon belongs.
            after: Where the first stretch begins.
            patience: Longest time in seconds for which to wait for writers in flight.
            enough: Length from which the first stretch is taken without a look for more.
        """
        end = time.monotonic() + patience
        if self.final - after >= enough:
            yield after, self.final
            after = self.final
        while self.reach(connection, after, max(0.0, end - time.monotonic())) and self.final > after:
            yield after, self.final
            after = self.final

    def catch_up(self, connection: psycopg.Connection[Any], patience: float) -> bool:
        """Wait until all that is drawn by now is final, at most some seconds; return whether it is."""
        self._mine = None
        self.advance(connection)
        wanted = self._drawn
        return self._advance_until(connection, lambda: self.final >= wanted or self.settled, patience)

    def _advance_until(
        self, connection: psycopg.Connection[Any], done: Callable[[], bool], patience: float
    ) -> bool:
        end, pause = time.monotonic() + patience, _SHORTEST
        self.advance(connection)
        while not done():
            if time.monotonic() >= end:
                return False
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST)
            self.advance(connection)
        return True


class Figures(NamedTuple):
    """What holds readers back, for operators.

    Attributes:
        drawn: Last position drawn.
        final: Position up to which readers may read.
        pid: Session of the oldest transaction in flight on the server; None when none is, or it is prepared.
        database: Its database.
        application: What it calls itself.
        seconds: Its age; 0.0 when there is none, None when it is another user's and may not be seen.
    """

    drawn: int
    final: int
    pid: int | None
    database: str | None
    application: str | None
    seconds: float | None

    @property
    def behind(self) -> int:
        """Positions drawn that readers may not read yet."""
        return max(0, self.drawn - self.final)


def figures(connection: psycopg.Connection[Any], horizon: Horizon, patience: float = 0.1) -> Figures:
    """Return how far readers may read and which transaction holds them back, if any does."""
    horizon.catch_up(connection, patience)
    drawn, pid, database, application, seconds = call(connection, "oldest_writer", ())[0]
    return Figures(drawn, horizon.final, pid, database, application, 0.0 if database is None else seconds)
