"""Keeps a set of services running until somebody asks for the end, then stops them in reverse order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Protocol, Self

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 4.0
_STEADY_AFTER = 60.0
_SAME_SIGNAL = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Service(Protocol):
    """What the supervisor can keep: a `Child`, a `LocalPostgres` or a `LocalTemporal`."""

    @property
    def name(self) -> str:
        """Short name for messages."""
        ...

    def start(self) -> object:
        """Start it, or do nothing when it runs."""
        ...

    def alive(self) -> bool:
        """Whether it runs now."""
        ...

    def stop(self, seconds: float | None = None) -> None:
        """End it within `seconds`, by force if need be."""
        ...


@dataclass
class _Kept:
    service: Service
    restart: bool
    pause: float = _FIRST_PAUSE
    started: float = field(default_factory=time.monotonic)
    due: float | None = None


class Supervisor:
    """Runs services; use it as a context manager, so that they are stopped whatever happens.

    SIGINT, SIGTERM and SIGHUP end the `with` block without an error: before `run` by leaving it, later by
    making `run` return 0, even while a service is being started again. While stopping, a second signal kills
    what is left at once.

    Args:
        say: Called with one line for each thing a person should know.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._kept: list[_Kept] = []
        self._ended = threading.Event()
        self._running = False
        self._stopping = False
        self._first_signal: float | None = None
        self._hurry = False
        self._handlers: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._running = True  # from here a signal no longer interrupts
        self.stop_all()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        return kind is KeyboardInterrupt and self._first_signal is not None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        first, self._first_signal = self._first_signal, self._first_signal or time.monotonic()
        self._ended.set()
        # One Ctrl-C can arrive twice: from the terminal and from a parent that passes it on.
        self._hurry = first is not None and time.monotonic() - first > _SAME_SIGNAL
        if not self._running or (self._stopping and self._hurry):
            self._running = True
            raise KeyboardInterrupt

    def start(self, service: Service, *, restart: bool = True) -> object:
        """Start a service and keep it.

        Args:
            service: What to run; stopped after all services started later.
            restart: Whether it is started again when it ends by itself; if not, its end ends `run`.

        Returns:
            What the service's own `start` returns, for example an address.
        """
        self._kept.append(_Kept(service, restart))
        return service.start()

    def end(self) -> None:
        """Make `run` return; safe from any thread."""
        self._ended.set()

    def run(self, every: float = 0.3) -> int:
        """Watch the services until a signal or `end` comes: 0; or a service without restart ended: 1."""
        self._running = True
        try:
            while not self._ended.wait(every):
                for kept in self._kept:
                    if kept.service.alive():
                        kept.due = None
                    elif not self._revive(kept):
                        return 1
        except KeyboardInterrupt:
            pass  # a signal that cut the start of a service short
        return 0

    def _revive(self, kept: _Kept) -> bool:
        name, now = kept.service.name, time.monotonic()
        if not kept.restart:
            self._say(f"{name} ended; stopping everything")
            return False
        if kept.due is None:
            kept.pause = (
                _FIRST_PAUSE if now - kept.started > _STEADY_AFTER else min(kept.pause * 2, _LONGEST_PAUSE)
            )
            kept.due = now + kept.pause
            self._say(f"{name} ended; starting it again in {kept.pause:.1f} s")
        elif now >= kept.due:
            kept.started, kept.due = now, None
            try:
                self._running = False  # it may last a minute, and a signal is not to wait for it
                kept.service.start()
            except Exception as error:  # one service that can't start must not take the others down
                self._say(f"{name} did not start: {error}")
            finally:
                self._running = True
        return True

    def stop_all(self) -> None:
        """Stop what was started, the last first; a failure to stop one doesn't spare the others."""
        self._stopping = True
        while self._kept:
            service = self._kept.pop().service
            try:
                service.stop(0.0 if self._hurry else None)
            except KeyboardInterrupt:
                service.stop(0.0)
            except Exception as error:  # the others must still be stopped
                self._say(f"{service.name} was not stopped: {error}")
