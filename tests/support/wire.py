"""A wire between a client and a server that a test can listen to, and cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict, make_conninfo

Dial = Callable[[], socket.socket]


class Wire:
    """Passes on what comes in on a port of its own.

    Args:
        dial: Opens a connection to the server.

    Attributes:
        deaf: While set, what the server answers is thrown away.
    """

    def __init__(self, dial: Dial) -> None:
        self.deaf = threading.Event()
        self._dial = dial
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut everything."""
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = self._dial()
                self._ends += [near, far]
                for source, target, answers in ((near, far, False), (far, near, True)):
                    threading.Thread(
                        target=self._pass_on, args=(source, target, answers), daemon=True
                    ).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                if not (answers and self.deaf.is_set()):
                    target.sendall(piece)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def wired(url: str) -> Iterator[tuple[str, Wire]]:
    """Reach a PostgreSQL server over TCP through a wire, wherever it listens itself."""
    given = conninfo_to_dict(url)
    host, port = str(given.get("host", "127.0.0.1")), int(str(given.get("port", 5432)))
    wire = Wire(lambda: _dialled(host, port))
    try:
        yield make_conninfo(url, host="127.0.0.1", port=wire.port), wire
    finally:
        wire.close()


def _dialled(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    end = socket.socket(socket.AF_UNIX)
    end.connect(f"{host}/.s.PGSQL.{port}")
    return end
