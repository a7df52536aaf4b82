"""Work for the processes of a pool under test, and a parent that waits for ever to be ended."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from domain.errors import Refused
from engine.pool import pool

Piece = tuple[str, str]


@contextmanager
def doing() -> Iterator[Callable[[Piece], str | int]]:
    """Give what does a piece of work: `say`, `touch`, `await` a file, `hang` after touching one, or raise."""
    yield _do


def _do(piece: Piece) -> str | int:
    what, named = piece
    match what:
        case "pid":
            return os.getpid()
        case "touch":
            Path(named).touch()
        case "await":
            while not Path(named).exists():
                sleep(0.01)
        case "hang":
            Path(named).touch()
            threading.Event().wait()
        case "refuse":
            raise Refused(named)
        case "fail":
            raise LookupError(named)
    return named


if __name__ == "__main__":
    # Whoever runs the tests in the background may have had Ctrl-C ignored, which processes inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pool(doing, (), 2) as did:
        list(did(("hang", name) for name in sys.argv[1:]))
