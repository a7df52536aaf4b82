"""Serves the API until it is told to stop, and then lets the requests under way end."""

import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from engine import collector, log
from engine.settings import Settings
from interfaces.compose import open_app

DRAIN_SECONDS: Final = 10
BACKLOG: Final = 256
KEEP_ALIVE_SECONDS: Final = 15


def run(settings: Settings, *, ready: Callable[[str], None] | None = None, host: str = "127.0.0.1") -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: With the address of the database.
        ready: Told the address once it listens; port 0 takes a free one.
        host: Address to listen on.

    Raises:
        OSError: The port is taken.
        DomainError: As interfaces.compose.open_program.
    """
    log.configure(settings.log_level)
    listener = listen(host, settings.port)
    try:
        app = open_app(settings)
        collector.spare()
        config = uvicorn.Config(
            app,
            lifespan="on",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        Server(config, lambda: ready(_address(listener)) if ready else None).run(sockets=[listener])
    finally:
        listener.close()


class Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, told: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if self.started:
            self._told()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket: bound first, so that a taken port is told before anything else starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, since asyncio turns off the delay of small answers only where it reads TCP here.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
