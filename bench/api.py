"""Serves the API, and a bare endpoint to compare it with, from processes of their own, and asks them."""

import json
import multiprocessing as mp
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from psycopg_pool import ConnectionPool

from domain.actor import Actor
from engine import clock
from engine.ids import new
from engine.settings import Settings
from interfaces.compose import token_key
from interfaces.http import server
from interfaces.tokens import issue

Serve = Callable[..., None]
_NO_MORE: Mapping[str, str] = MappingProxyType({})
_PATIENCE = 60.0
_INSERT = "INSERT INTO bare_events (originator_id, originator_version, topic, state) VALUES (%s, %s, %s, %s)"


def api(told: Any, settings: Settings) -> None:
    """Serve the API with its usual log, which nobody reads here."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    server.run(settings, ready=told.put)


def bare(told: Any, url: str, pool_size: int) -> None:
    """Serve one endpoint that does one INSERT, through the same server program and framework."""
    pool = ConnectionPool(url, min_size=1, max_size=pool_size, kwargs={"autocommit": True}, open=True)
    app = FastAPI()

    @app.post("/bare", status_code=201)
    def put(body: dict[str, Any]) -> dict[str, str]:
        made = new()
        with pool.connection() as connection:
            connection.execute(_INSERT, (made, 1, "bare", json.dumps(body).encode()))
        return {"case": str(made)}

    listener = server.listen("127.0.0.1", 0)
    # A connection waits while the others have their turn, so it stays open as long as the API's does.
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=server.KEEP_ALIVE_SECONDS,
    )
    server.Server(config, lambda: told.put(f"http://127.0.0.1:{listener.getsockname()[1]}")).run([listener])


@contextmanager
def serving(serve: Serve, *args: Any) -> Iterator[tuple[str, int]]:
    """A server at work: its address and the id of its process."""
    context = mp.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=serve, args=(told, *args), daemon=True)
    process.start()
    try:
        yield str(told.get(timeout=_PATIENCE)), process.pid or 0
    finally:
        process.terminate()
        process.join(_PATIENCE)


@dataclass
class Client:
    """One client with one connection that stays open; for one thread.

    Attributes:
        headers: Sent with each request.
    """

    address: str
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = HTTPConnection(urlsplit(self.address).netloc, timeout=_PATIENCE)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Any:
        """Return the answer's JSON.

        Raises:
            RuntimeError: It was refused.
        """
        sent = {"Content-Type": "application/json", "Idempotency-Key": str(new()), **self.headers, **headers}
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)


def client(address: str, settings: Settings, actor: Actor) -> Client:
    """Return a client of the API with a token."""
    return Client(address, bearer(settings, actor))


def bearer(settings: Settings, actor: Actor) -> dict[str, str]:
    """Return the header that says who asks."""
    return {"Authorization": f"Bearer {issue(token_key(settings), actor, now=clock.now())}"}
