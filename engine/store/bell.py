"""Wakes followers after commits: one NOTIFY for all that was recorded in some milliseconds, more under load.

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
_SHORTEST_GAP, _LONGEST_GAP = 0.005, 0.04
"""Seconds between two wake-ups: each is a transaction for the server and takes the core from a writer."""
_BUSY: Final = 3
"""Commits within a gap from which the next one is longer. One client that waits for a follower makes one."""
_FAREWELL: Final = 2.0


class Bell:
    """Rung after each commit, from any thread; the thread behind it starts with the first ring."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._rung = threading.Event()
        self._commits = 0
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Have followers woken soon; never waits and never fails."""
        self._commits += 1  # two threads may count as one: it only says whether there are many
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
        gap = _SHORTEST_GAP
        while True:
            self._rung.wait()
            self._rung.clear()
            ending = self._ending.is_set()
            connection = self._send(connection)
            if ending:
                break
            self._commits = 0
            self._ending.wait(gap)
            gap = min(2 * gap, _LONGEST_GAP) if self._commits >= _BUSY else _SHORTEST_GAP
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
