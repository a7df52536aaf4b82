"""Wakes followers of the log: LISTEN for speed, a look at the log beneath it for certainty."""

import contextlib
import time
from typing import Final

import psycopg

from engine.store.bell import CHANNEL
from engine.store.datastore import Session
from engine.store.link import connect
from engine.store.prepared import call

POLL: Final = 1.0
"""Longest time in seconds for which a missed notification is believed to mean silence."""
_PATIENCE: Final = 0.02
"""Longest time in seconds for which a look waits for writers in flight, which rarely take longer."""
_SOON: Final = 0.05
"""Seconds until the next look when they do take longer, or the server is away."""


class Waker:
    """One connection outside the pool, made anew when it is lost. Not for several threads at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: Session | None = None

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until something final stands beyond a position, `timeout` seconds; return whether it does.

        It listens before it looks, so that nothing recorded between the two is missed.
        """
        end = time.monotonic() + timeout
        while True:
            pause = self._look(after)
            if pause == 0:
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._doze(min(left, pause))

    def close(self) -> None:
        """Give the connection back."""
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(psycopg.Error):
                session.close()

    def _look(self, after: int) -> float:
        """Return the seconds that one may wait for a notification before the next look; 0: it is reached."""
        try:
            session = self._listening()
            # What has arrived meanwhile is answered by this look; the server keeps it in finite room.
            for _ in session.notifies(timeout=0):
                pass
            horizon = session.horizon
            for stretch in horizon.stretches(session, after, _PATIENCE):
                if call(session, "reached", stretch):
                    return 0.0
            return POLL if horizon.settled else _SOON
        except psycopg.Error:
            self.close()
            return _SOON

    def _listening(self) -> Session:
        if self._session is None or self._session.closed:
            self.close()
            self._session = connect(self._url, "echowall-follower", "projector", Session)
            self._session.execute(f"LISTEN {CHANNEL}".encode())
        return self._session

    def _doze(self, seconds: float) -> None:
        if self._session is None:
            time.sleep(seconds)
            return
        try:
            for _ in self._session.notifies(timeout=seconds, stop_after=1):
                break
        except psycopg.Error:
            self.close()
