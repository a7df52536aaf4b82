"""Ends a process in order: the first SIGTERM or SIGINT lets it finish what it is doing."""

import signal
from threading import Event
from types import FrameType


def on_signals() -> Event:
    """Return an event that SIGTERM and SIGINT set. For the main thread only."""
    stop = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop
