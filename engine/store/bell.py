"""Wakes followers after commits: one NOTIFY for all that was recorded in a few milliseconds.

A NOTIFY inside a writer's transaction holds a lock of the whole database over the commit, so that commits
no longer share a flush. Here a thread sends it on a connection of its own. What is lost with this thread is
made up by the look that followers take beneath it.
"""

import contextlib
import threading
from typing import Any, Final

import psycopg

from engine.store.link import connect

CHANNEL: Final = "echowall_events"
GAP: Final = 0.005
"""Shortest time in seconds between two wake-ups."""
_FAREWELL: Final = 2.0


class Bell:
    """Rung after each commit, from any thread; the thread behind it starts with the first ring."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._rung = threading.Event()
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Have followers woken soon; never waits and never fails."""
        if not self._rung.is_set():
            self._rung.set()
            if self._thread is None:
                self._start()

    def close(self) -> None:
        """Send what was rung and give the connection back."""
        with self._starting:
            self._ending.set()
            self._rung.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(_FAREWELL)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._ending.is_set():
                self._thread = threading.Thread(target=self._run, name="echowall-bell", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        while True:
            self._rung.wait()
            self._rung.clear()
            ending = self._ending.is_set()
            connection = self._send(connection)
            if ending:
                break
            self._ending.wait(GAP)
        if connection is not None:
            connection.close()

    def _send(self, connection: psycopg.Connection[Any] | None) -> psycopg.Connection[Any] | None:
        """Send one wake-up; return the connection for the next, or None when the server is away."""
        for _ in range(2):  # a connection that was cut shows it when it is used
            try:
                if connection is None:
                    connection = connect(self._url, "echowall-bell", "reader", psycopg.Connection)
                connection.execute(f"NOTIFY {CHANNEL}".encode())
            except psycopg.Error:
                if connection is not None:
                    with contextlib.suppress(psycopg.Error):
                        connection.close()
                connection = None
            else:
                break
        return connection
