"""Lets a process that fills a core step back behind those for whom somebody waits."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_LOW: Final = 10
_LOWEST: Final = 19
_OFFER: Final = 0.0005
"""Seconds after which it offers its core to others."""


_PIECE: Final = 16_384
"""Bytes that a server takes in within a fraction of the time for which it would keep its core."""
_PAUSE: Final = 0.001
"""Seconds between two of them."""


def give_way() -> None:
    """Run behind whoever waits for an answer, for good; `pieces` counts on it."""
    os.nice(_LOW)


def pieces(data: bytes) -> Iterator[bytes]:
    """Yield what a server is to take in: at once, or from a process that gives way little by little.

    The server's process at the other end can't be told to give way, and while it has enough to do it keeps
    its core for milliseconds after another was woken. So it is made to wait now and then. What came of it:
    docs/performance.md.
    """
    if os.nice(0) <= 0:
        yield data
        return
    for start in range(0, len(data), _PIECE):
        if start:
            time.sleep(_PAUSE)
        yield data[start : start + _PIECE]


def step_back() -> None:
    """Run only where nothing else wants to, for good; to be called in the main thread.

    The lowest priority alone does little. Where Linux gives each session a share of the machine, it counts
    among the processes of its session only; so the process should begin a session of its own, and its share
    is lowered here (`man 7 sched`, "The autogroup feature"). And a process that only counts keeps its core
    for milliseconds after another was woken, unless it offers it. What came of it: docs/performance.md.
    """
    os.nice(_LOWEST)
    # Both are Linux's, and a container may forbid either.
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_LOWEST))
    signal.signal(signal.SIGALRM, _offer)
    signal.siginterrupt(signal.SIGALRM, False)
    signal.setitimer(signal.ITIMER_REAL, _OFFER, _OFFER)


def _offer(*_: Any) -> None:
    os.sched_yield()
