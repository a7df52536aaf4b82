"""The process that feeds all ledgers: follows the log, outlives the server's restarts, stops when asked."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

import psycopg

from engine import log
from engine.errors import Unavailable
from engine.store import Store
from projections import schema, selfcheck
from projections.batch import SIZE, Book, Progress
from projections.feeder import FAR, Feeder
from projections.schema import Connection

_FAULTS: Final = (psycopg.Error, Unavailable)
"""What is tried again: the server may be away, or somebody is at work on the tables or on the privileges."""
_IDLE = 1.0
_FEW: Final = 1_000
"""Events below which a batch was all there was, and a larger one would have cost less an event."""
_REST: Final = 3.0
"""How many times as long as such a batch took it pauses after it."""
_BREATH: Final = 0.15
"""Longest such pause in seconds."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Projector:
    """Feeds the live ledgers.

    Args:
        url: Connection string of a role that may write the ledgers.
        book: Asked once a batch for policies and calendars.
        batch: Most events in a batch while the ledgers are fresh.
        far: Number of events behind from which others read ahead.
        on_batch: Told of every batch that was committed.
        check_every: Seconds between two comparisons of what was applied with what is stored.
    """

    def __init__(
        self,
        url: str,
        store: Store,
        book: Book,
        *,
        batch: int = SIZE,
        far: int = FAR,
        on_batch: Callable[[Progress], None] | None = None,
        check_every: float = selfcheck.EVERY,
    ) -> None:
        self._url = url
        self._store = store
        self._feeder = Feeder(url, store, book, size=batch, far=far)
        self._on_batch = on_batch or (lambda progress: None)
        self._check_every = check_every
        self._next_check = 0.0
        self._log = log.get("projector")

    def run(self, stop: threading.Event) -> None:
        """Follow the log until told to stop; of several projectors one works and the others wait.

        Raises:
            LedgersOutdated: ledgers_outdated.
        """
        pause = _FIRST_PAUSE
        while not stop.is_set():
            try:
                schema.install(self._url)
                with closing(self._feeder), schema.connect(self._url) as connection:
                    self._wait_to_be_alone(connection, stop)
                    while not stop.is_set():
                        self._follow(connection, stop)
                        pause = _FIRST_PAUSE
            except _FAULTS as error:
                kind = type(error).__name__
                self._log.warning("database_refused_or_lost", kind=kind, error=str(error), pause=pause)
                stop.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def catch_up(self) -> int:
        """Take in everything up to the end of the log; return the number of events taken in.

        Raises:
            LedgersOutdated: ledgers_outdated.
            Unavailable: unavailable.
        """
        schema.install(self._url)
        events = 0
        with closing(self._feeder), schema.connect(self._url) as connection:
            while (progress := self._step(connection)).events:
                events += progress.events
        return events

    @staticmethod
    def _wait_to_be_alone(connection: Connection, stop: threading.Event) -> None:
        while not stop.is_set() and not schema.alone(connection, schema.LIVE):
            stop.wait(_IDLE / 2)

    def _follow(self, connection: Connection, stop: threading.Event) -> None:
        progress = self._step(connection)
        if time.monotonic() >= self._next_check:
            self._check(connection)
        if not progress.events:
            self._store.wait(progress.position, min(_IDLE, self._check_every))
        elif progress.events < _FEW:
            # A hundred events cost a batch some eight times as much as one, so under load some gather: the
            # less often it writes, the more of the machine is left to those for whom it writes.
            stop.wait(min(_REST * progress.seconds, _BREATH))

    def _check(self, connection: Connection) -> None:
        found = selfcheck.check(connection)
        self._next_check = time.monotonic() + self._check_every
        if found.difference is None:
            self._log.debug("ledgers_checked", position=found.position, stored=found.stored)
        else:
            self._log.error("ledgers_differ_from_log", position=found.position, difference=found.difference)

    def _step(self, connection: Connection) -> Progress:
        progress = self._feeder.step(connection)
        if progress.events:
            self._on_batch(progress)
        return progress
