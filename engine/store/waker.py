"""Wakes followers of the log: LISTEN for speed, a look at the log beneath it for certainty."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import psycopg

from engine.store.recorder import CHANNEL

POLL = 1.0
"""Longest time in seconds for which a missed notification is believed to mean silence."""


class Waker:
    """One LISTEN connection outside the pool, made anew when it is lost. Not for several threads at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    def wait(self, reached: Callable[[], bool], timeout: float) -> bool:
        """Wait until `reached` holds, at most `timeout` seconds; return whether it does.

        It listens before it looks, so that nothing recorded between the two is missed.
        """
        end = time.monotonic() + timeout
        while True:
            self._listen()
            self._take_pending()
            if reached():
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._doze(min(left, POLL))

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()

    def _listen(self) -> None:
        if self._connection is not None and not self._connection.closed:
            return
        self.close()
        try:
            self._connection = psycopg.connect(
                self._url, autocommit=True, connect_timeout=5, application_name="echowall-follower"
            )
            self._connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.OperationalError:
            self.close()

    def _take_pending(self) -> None:
        """Take what has arrived meanwhile: the server keeps it for each listener, in finite room."""
        if self._connection is None:
            return
        try:
            for _ in self._connection.notifies(timeout=0):
                pass
        except psycopg.OperationalError:
            self.close()

    def _doze(self, seconds: float) -> None:
        if self._connection is None:
            time.sleep(seconds)
            return
        try:
            for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                break
        except psycopg.OperationalError:
            self.close()
            time.sleep(min(seconds, 0.2))
