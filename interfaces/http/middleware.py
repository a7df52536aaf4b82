"""What surrounds every request: its id, its line in the log, its measures, safe headers, a last net."""

import re
import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine import ids, log
from interfaces.http.codes import HttpRefusal
from interfaces.http.metrics import Metrics
from interfaces.http.problems import problem

USUAL_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_GONE: Final = 499
"""Counted for a client that went away before it had an answer; never sent."""


class Surroundings:
    """Gives each request an id and tells what became of it: the route, never the address, which holds ids.

    Args:
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log.get("http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else ids.new().hex
        bare = scope["method"] == "HEAD"
        if bare:
            # Asked for the head only, every address that answers GET answers the same without its body.
            scope = {**scope, "method": "GET"}
        answer = _Answer(request_id, send, bare=bare)
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, answer.send)
            except ClientDisconnect:
                answer.status = answer.status or _GONE
            except Exception:
                self._log.exception("request failed")
                if not answer.status:
                    await problem(HttpRefusal("fault"))(scope, receive, answer.send)
            method = "HEAD" if bare else scope["method"]
            self._tell(scope, method, answer.status, time.perf_counter() - started)

    def _tell(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.request(method, route, status, seconds)
        who = scope.get("state", {}).get("actor")
        self._log.info(
            "request",
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            role=who.role.value if who else None,
        )


class _Answer:
    """Sees the status go by, adds the headers of every answer, and leaves out the body of a bare one."""

    def __init__(self, request_id: str, send: Send, *, bare: bool) -> None:
        self.status = 0
        self._request_id = request_id
        self._bare = bare
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            for name, value in USUAL_HEADERS.items():
                headers.setdefault(name, value)
        elif self._bare:
            message = {**message, "body": b""}
        await self._send(message)


def _route(scope: Scope) -> str:
    """Return the route's pattern; addresses themselves hold ids."""
    route = scope.get("route")
    return getattr(route, "path", "") or "(none)"
