"""Finds free ports, so that a second installation on a machine doesn't fail on the first one's."""

from __future__ import annotations

import socket
from typing import Final

from interfaces.local.errors import LocalError

HOST: Final = "127.0.0.1"
_TRIES: Final = 100


class NoPort(LocalError):
    """Every port that was tried is taken."""

    code = "port_taken"


def free_port(wanted: int) -> int:
    """Return the first free port from `wanted` on; 0 takes any.

    Raises:
        NoPort: port_taken.
    """
    if wanted == 0:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            chosen: int = probe.getsockname()[1]
            return chosen
    for port in range(wanted, min(wanted + _TRIES, 65536)):
        if _free(port):
            return port
    raise NoPort(f"No port from {wanted} on is free; name one with --port.")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server itself does: connections that linger from the last run don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
