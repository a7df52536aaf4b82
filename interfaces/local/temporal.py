"""An embedded Temporal development server; it holds no truth: losing its data costs a rebuild of timers."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from interfaces.local.data_dir import make_folder
from interfaces.local.errors import TemporalNotStarted
from interfaces.local.processes import Child, Program, wait_until
from interfaces.local.temporal_program import find_program

_HOST = "127.0.0.1"
_ENVIRONMENT = {"GOGC": "400"}
"""It clears its memory less often: a sixth less processor time, and 529 MB where 299 served 1,000 timers."""
SEARCH_ATTRIBUTES = {"EchowallUnit": "Keyword", "EchowallRung": "Keyword", "EchowallDue": "Datetime"}


class LocalTemporal:
    """One development server on 127.0.0.1, always started from a program of this machine.

    Args:
        data_dir: Folder for its log; a program may lie in its `bin`.
        port: Port of its frontend; 0 takes a free one and keeps it over restarts.
        database: File that keeps workflows over a restart; by default they live in memory.
        ui_port: Port of its web pages; by default there are none.
        namespace: Namespace made at start.
        say: Told with one line before a step that takes long, such as building the program.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        *,
        database: Path | None = None,
        ui_port: int | None = None,
        namespace: str = "default",
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.data_dir = data_dir
        self.database = database
        self.namespace = namespace
        self._port = port
        self._ui_port = ui_port
        self._say = say
        self._child: Child | None = None

    @property
    def name(self) -> str:
        """Name for messages."""
        return "temporal"

    @property
    def address(self) -> str:
        """Host and port of its frontend; the port is 0 before the first start."""
        return f"{_HOST}:{self._port}"

    @property
    def ui_url(self) -> str | None:
        """Address of its web pages, or nothing without them."""
        return None if self._ui_port is None else f"http://{_HOST}:{self._ui_port}"

    @property
    def log_path(self) -> Path:
        """The server's log."""
        return self.data_dir / "logs" / "temporal.log"

    @property
    def pid(self) -> int | None:
        """Process id, or nothing when it is not running."""
        return None if self._child is None else self._child.pid

    def alive(self) -> bool:
        """Whether it runs now."""
        return self._child is not None and self._child.alive()

    def start(self, seconds: float = 60.0) -> str:
        """Start the server, unless it runs; return its address once it knows our search attributes.

        Args:
            seconds: How long it may take to answer; finding or building the program is not part of it.

        Raises:
            TemporalNotFound: temporal_not_found, when there is no program and none can be had.
            TemporalNotStarted: temporal_not_started, with the last lines of its log.
        """
        if self.alive():
            return self.address
        make_folder(self.data_dir)
        program = find_program(self.data_dir, self._say)
        self._port = self._port or _free_port()
        server = Program("temporal", self._command(program), _ENVIRONMENT, stop_seconds=10.0)
        child = Child(server, self.log_path.parent)
        self._child = child
        child.start()
        wait_until(lambda: not child.alive() or self.answers(), seconds, every=0.1)
        if not child.alive() or not self.answers():
            tail = child.log_tail()
            self.stop(0.0)
            raise TemporalNotStarted(
                f"Temporal does not answer on {self.address}; see {self.log_path}.\n{tail}"
            )
        return self.address

    def answers(self) -> bool:
        """Whether the server serves the namespace and knows our search attributes."""
        result: list[bool] = []
        # A thread of its own: the caller may be inside a running event loop.
        thread = threading.Thread(
            target=lambda: result.append(asyncio.run(_ready(self.address, self.namespace)))
        )
        thread.start()
        thread.join()
        return result == [True]

    def stop(self, seconds: float | None = None) -> None:
        """Stop the server within `seconds` (default 10), by force if need be."""
        child, self._child = self._child, None
        if child is not None:
            child.stop(seconds)

    def kill(self) -> None:
        """End the server as a crash would, with SIGKILL."""
        if self._child is not None:
            self._child.kill()

    def restart(self, seconds: float = 60.0) -> str:
        """Stop and start it on the same port; return the address."""
        self.stop()
        return self.start(seconds)

    def _command(self, program: Path) -> list[str]:
        command = [str(program), "server", "start-dev", "--ip", _HOST, "--port", str(self._port)]
        command += ["--namespace", self.namespace, "--log-level", "warn", "--log-format", "json"]
        command += ["--headless"] if self._ui_port is None else ["--ui-port", str(self._ui_port)]
        if self.database is not None:
            command += ["--db-filename", str(self.database)]
        for key, kind in SEARCH_ATTRIBUTES.items():
            command += ["--search-attribute", f"{key}={kind}"]
        return command


async def _ready(address: str, namespace: str) -> bool:
    from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
    from temporalio.client import Client
    from temporalio.service import RPCError

    patience = timedelta(seconds=2)
    try:
        client = await asyncio.wait_for(
            Client.connect(address, namespace=namespace), patience.total_seconds()
        )
        if not await client.service_client.check_health(timeout=patience):
            return False
        request = ListSearchAttributesRequest(namespace=namespace)
        known = await client.operator_service.list_search_attributes(request, timeout=patience)
    except (RPCError, RuntimeError, TimeoutError):  # the SDK says RuntimeError when it can't connect
        return False
    return SEARCH_ATTRIBUTES.keys() <= known.custom_attributes.keys()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
