"""Follows the log and tells Temporal of every plan that changed; it may be late, and loses nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final
from uuid import UUID

import psycopg

from domain.calendar import CalendarAmended
from engine import clock, log
from engine.codec import Raw, decode_raw
from engine.errors import Conflict, SettingsInvalid, Unavailable
from engine.handle import Engine
from engine.recalibrate import recalibrate
from engine.settings import Settings
from workers import stopping
from workers.relay.plans import changed, plans
from workers.relay.sweep import Sweep
from workers.relay.table import SWEEPING, RelayTable
from workers.temporal.messages import PlanChanged
from workers.temporal.timers import Timers, TimersUnavailable

BATCH: Final = 500
"""Events read at a time."""
QUIET: Final = 1.0
"""Seconds that it waits for the next event before it looks whether to stop."""
GATHER: Final = 0.1
"""Seconds that it lets events gather after a small batch: one costs nearly as much as twenty."""
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_READS_ONLY: Final = psycopg.errors.ReadOnlySqlTransaction
"""What a server says that another has taken over from."""
_DOWN: Final = (Unavailable, Conflict, TimersUnavailable, psycopg.OperationalError, _READS_ONLY)


class Relay:
    """One follower of the log.

    Args:
        table: Where it keeps its position; several relays of one database take turns.
        timers: Whom it tells.
    """

    def __init__(self, engine: Engine, table: RelayTable, timers: Timers) -> None:
        self._engine = engine
        self._table = table
        self._timers = timers
        self._log = log.get("relay")
        self._prepared = False

    def step(self) -> int:
        """Follow one batch; return how many events it had: none at the end, or while another relay is at it.

        The position moves only after Temporal has acknowledged: a batch may be sent twice, never not at all.

        Raises:
            Unavailable, psycopg.OperationalError: The database is down.
            Conflict: conflict, while cases that are to be told of a calendar keep changing.
            TimersUnavailable: timers_unavailable.
        """
        if not self._prepared:
            self._timers.prepare()
            self._prepared = True
        with self._table.alone() as mine:
            return self._follow() if mine else 0

    def _follow(self) -> int:
        batch = self._engine.store.read_raw(self._table.position(), BATCH)
        if not batch:
            return 0
        self._tell_cases(batch)
        cases = {raw.stream: raw.position for raw in batch if raw.name.startswith("case.")}
        # Looked up anew: a plan made under rules that the log has changed by now would never be made again.
        found = plans(self._engine.store, self._engine.rules.refresh(), cases)
        for one in found.parked:
            self._log.error("case parked", case=str(one.case), position=one.position, code=one.code)
        sent = self._table.plans(cases)
        new = changed(found.known, sent)
        self._timers.send([one for one in new if not _knows(one, found.answered, sent)])
        done = [one.case for one in found.known]
        self._table.keep(new, found.parked, done, position=batch[-1].position)
        return len(batch)

    def _tell_cases(self, batch: Sequence[Raw]) -> None:
        """Tell the open cases of amended calendars, in case that whoever amended was stopped before.

        The position moves afterwards: a relay that is stopped meanwhile takes it up again, and no case is
        told twice.
        """
        for raw in batch:
            event = decode_raw(raw).event if raw.name == CalendarAmended.NAME else None
            if isinstance(event, CalendarAmended) and event.changes:
                done = recalibrate(self._engine, event.cause)
                self._log.info(
                    "calendar amended",
                    calendar=event.calendar,
                    version=event.version,
                    moved=done.moved,
                    refused=len(done.refused),
                )

    def run(self, stop: Event) -> None:
        """Follow the log until told to stop; whatever is down is waited for."""
        failures = 0
        while not stop.is_set():
            try:
                events = self.step()
                if not events:
                    self._engine.store.wait(self._table.position(), QUIET)
                elif events < BATCH:
                    stop.wait(GATHER)
                failures = 0
            except _DOWN as error:
                pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
                self._log.warning("relay waits", error=str(error), seconds=pause)
                failures += 1
                self._prepared = False
                if isinstance(error, _READS_ONLY):
                    self._table.close()  # the address may lead to another server by now
                stop.wait(pause)


def _knows(plan: PlanChanged, answered: Mapping[UUID, int], sent: Mapping[UUID, PlanChanged]) -> bool:
    """Whether a case's timer is told a plan without us: it took the last steps itself, or is about to ask.

    A step may have been taken in the place of a timer, by the sweep. Then the timer asks when it wakes, if it
    waits for a moment that has come. Once anyone else has changed the case since we told it, that is no
    longer sure: it may have asked before the change, and wait for a later day by now, or have ended.
    """
    before = sent.get(plan.case)
    if before is None or before.step is None or plan.case not in answered:
        return False
    return before.step.wake_at <= clock.now() and answered[plan.case] <= before.generation


def run_relay(settings: Settings, stop: Event | None = None) -> None:
    """Run a relay, and a sweep beside it, until SIGTERM, SIGINT or `stop`. Temporal may be down at any time.

    Raises:
        SettingsInvalid, KeyMissing, UnsafeServer, Unavailable: What is wrong with the installation.
    """
    if settings.database_url is None:
        raise SettingsInvalid("DATABASE_URL is not set.")
    stop = stop or stopping.on_signals()
    engine = Engine.open(settings)
    try:
        engine.rules.install()
        with (
            RelayTable(settings.database_url) as table,
            Timers.connect(settings) as timers,
            _sweeping(engine, settings.database_url, stop),
        ):
            log.get("relay").info("relay started")
            Relay(engine, table, timers).run(stop)
            log.get("relay").info("relay stopped")
    finally:
        engine.close()


@contextmanager
def _sweeping(engine: Engine, url: str, stop: Event) -> Iterator[None]:
    """Sweep on a thread of its own: the relay may be waiting for Temporal, and that is when it is needed."""

    def work() -> None:
        with RelayTable(url, SWEEPING) as table:
            Sweep(engine, table).run(stop)

    thread = Thread(target=work, name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
