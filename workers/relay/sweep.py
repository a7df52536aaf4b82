"""Takes the steps that no timer took in time: Temporal may be slow, down or empty, and no rung waits for it.

It finds them on the escalation board and gives the commands that a timer gives, under the same ids, so that
whoever comes second finds the step taken.

Source: docs/decisions/0013-steps-that-timers-are-late-with.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import inf
from threading import Event
from time import monotonic
from typing import Final
from uuid import UUID

import psycopg

from domain.case.plan import plan
from domain.case.state import Case
from domain.errors import DomainError
from engine import clock, log, replay
from engine.errors import Conflict, Unavailable
from engine.handle import Engine
from engine.request import Request
from projections import progress
from projections.escalation.due import steps_due
from workers.relay import swept
from workers.relay.table import RelayTable
from workers.temporal.activities import FAULTS, step_request

GRACE: Final = timedelta(seconds=10)
"""What a timer may be late before its step is taken for it; at rest it is late by less than two seconds."""
EVERY: Final = 2.0
"""Seconds between two looks at the board."""
MOST: Final = 1_000
"""Clocks of one round."""
CHUNK: Final = 50
"""Cases of one transaction: all of it is decided again when one of them has moved on."""
AFTER_REFUSAL: Final = 600.0
"""Seconds for which a case that gave nothing is left alone, so that it doesn't stand in the way of others."""
BEHIND: Final = 10.0
"""The same where the board is behind the case: it may soon be shown otherwise, or never if it is parked."""
WAITED: Final = 60.0
"""Seconds of waiting for the board after which the log is told, once."""
_SHOWN: Final = 0.2
"""Seconds between two looks whether the board shows what was taken last."""


class Sweep:
    """One sweep; of several on one database one is at it.

    Args:
        table: Of its own: its connection holds the lock that keeps others out.
    """

    def __init__(self, engine: Engine, table: RelayTable) -> None:
        self._engine = engine
        self._table = table
        self._taken = 0
        self._upto = 0
        self._waits_since: float | None = None
        self._left_alone: dict[UUID, float] = {}
        self._log = log.get("sweep")

    def round(self, stop: Event | None = None) -> int | None:
        """Take the steps that are late by more than the grace; return how many were taken.

        None: the board doesn't show yet what the round before took, or another sweep is at it. The steps that
        have waited longest come first, and `stop` leaves those that are not begun to the next round.

        Raises:
            Unavailable, psycopg.Error: What is down; the next round goes on.
        """
        with self._table.alone() as mine:
            connection = self._table.connected()
            if not mine or not self._shown(progress.position(connection)):
                return None
            late = list(steps_due(connection, clock.now() - GRACE, MOST, self._passed_over()).items())
            self._taken = 0
            for start in range(0, len(late), CHUNK):
                if stop is None or not stop.is_set():
                    self._take(dict(late[start : start + CHUNK]))
            if self._taken:
                swept.count(connection, self._taken)
                self._log.warning("timers are late, steps were taken for them", steps=self._taken)
            return self._taken

    def run(self, stop: Event) -> None:
        """Sweep until told to stop; whatever is down is waited for."""
        while not stop.is_set():
            pause = EVERY
            try:
                pause = _SHOWN if self.round(stop) is None else EVERY
            except (DomainError, psycopg.Error) as error:
                self._log.info("sweep waits", error=str(error))
            except Exception as error:  # what catches others must not end by a fault of its own
                self._log.error("sweep failed", kind=type(error).__name__, error=str(error))
            stop.wait(pause)

    def _shown(self, board: int) -> bool:
        """Whether the board shows what was taken last."""
        if board < self._upto and self._upto > self._engine.store.head():
            self._upto = 0  # the database was restored to an older point
        if board >= self._upto:
            self._waits_since = None
            return True
        self._waits_since = self._waits_since or monotonic()
        if monotonic() - self._waits_since > WAITED:
            self._waits_since = inf
            self._log.warning("sweep waits for the ledgers", at=board, upto=self._upto)
        return False

    def _passed_over(self) -> Sequence[UUID]:
        now = monotonic()
        self._left_alone = {case: until for case, until in self._left_alone.items() if until > now}
        return tuple(self._left_alone)

    def _take(self, late: Mapping[UUID, int]) -> None:
        """Take all steps of some cases that are due by now; of one that can't be read or planned, none.

        Args:
            late: Version of each case that the board shows.
        """
        try:
            return self._climb(late)
        except Unavailable:
            raise
        except FAULTS as error:
            if len(late) == 1:
                if not isinstance(error, Conflict):
                    self._leave_alone(late)
                    self._log.error("step not taken", case=str(*late), error=str(error))
                return None
        for case, version in late.items():
            self._take({case: version})

    def _climb(self, late: Mapping[UUID, int]) -> None:
        cases = list(replay.cases(self._engine.store, late))
        requests = self._due(cases)
        idle = late.keys() - {one.case for one in requests}
        shown = {case.id for case in cases if case.version == late[case.id]}
        self._leave_alone(idle & shown)
        self._leave_alone(idle - shown, BEHIND)
        while requests:
            answer = self._engine.handle_many(requests)
            self._upto = max(self._upto, answer.position)
            self._taken += answer.cases_new
            self._leave_alone(answer.refused)
            requests = self._due(answer.cases.values()) if answer.events else []

    def _due(self, cases: Iterable[Case]) -> list[Request]:
        """Return the next step of each case that has one due."""
        book, now = self._engine.rules.refresh(), clock.now()
        steps = ((case.id, plan(case, book)) for case in cases)
        return [step_request(case, step) for case, step in steps if step is not None and step.wake_at <= now]

    def _leave_alone(self, cases: Iterable[UUID], seconds: float = AFTER_REFUSAL) -> None:
        until = monotonic() + seconds
        self._left_alone |= dict.fromkeys(cases, until)
