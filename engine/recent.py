"""Cases as this process has just left or read them: a command that follows on one needs no read."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Final
from uuid import UUID

from domain.case.stage import FINAL
from domain.case.state import Case

SIZE: Final = 2_000
"""Most cases remembered, some 8 kB each."""
SECONDS: Final = 60.0
"""How long one is remembered: beyond that somebody else has probably worked on it, in another process."""


class Recent:
    """Open cases with their last version known here. Safe for several threads.

    What it gives may be out of date, and is only to be used where an append at the next version decides; that
    fails when the case has moved on, and when the log has lost the version before, as after a failover.

    Args:
        size: Most cases.
        seconds: How long each is given.
    """

    def __init__(self, size: int = SIZE, seconds: float = SECONDS) -> None:
        self._size = size
        self._seconds = seconds
        self._cases: OrderedDict[UUID, tuple[Case, float]] = OrderedDict()
        self._lock = Lock()

    def get(self, case: UUID) -> Case | None:
        """Return a case as it was left here; None when it is not remembered."""
        with self._lock:
            found = self._cases.get(case)
        return found[0] if found is not None and time.monotonic() < found[1] else None

    def keep(self, cases: Mapping[UUID, Case]) -> None:
        """Remember cases as the log has them now; those that have ended are forgotten."""
        until = time.monotonic() + self._seconds
        with self._lock:
            for id_, case in cases.items():
                before = self._cases.pop(id_, None)
                if before is not None and before[0].version > case.version:
                    self._cases[id_] = before  # another thread was here meanwhile
                elif case.stage not in FINAL:
                    self._cases[id_] = (case, until)
            while len(self._cases) > self._size:
                self._cases.popitem(last=False)

    def forget(self, case: UUID) -> None:
        """Forget a case: it was found to have moved on."""
        with self._lock:
            self._cases.pop(case, None)
