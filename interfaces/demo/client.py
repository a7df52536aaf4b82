"""A case worker's HTTP client: it reads the case, commands under its version, and looks again if late."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.actor import Actor
from engine import ids

TRIES = 8
STALE = (409, 412)
BUSY = 503

Json = dict[str, Any]


class Refusal(Exception):
    """An answer that is a problem, with its stable code."""

    def __init__(self, asked: str, status: int, body: Json) -> None:
        super().__init__(f"{asked}: {status} {body.get('code')}: {body.get('detail')}")
        self.status = status
        self.code = str(body.get("code"))


@dataclass
class Client:
    """One worker's connection; use each from one thread.

    Attributes:
        token: Gives the bearer token of an actor.
    """

    host: str
    port: int
    token: Callable[[Actor], str]
    timeout: float = 30.0
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def get(self, path: str, by: Actor) -> Json:
        """Return the body of a page.

        Raises:
            Refusal: Any answer but 200.
        """
        status, _, body = self._send("GET", path, None, {"Authorization": f"Bearer {self.token(by)}"})
        if status != http.client.OK:
            raise Refusal(path, status, body)
        return body

    def case(self, case: UUID, by: Actor) -> Json:
        """Return a case as the actor sees it."""
        return self.get(f"/v1/cases/{case}", by)

    def do(self, case: UUID, verb: str, by: Actor, body: Mapping[str, Any] | None = None) -> Json:
        """Give a command under the version just read; repeat it when the case has moved on meanwhile.

        Raises:
            Refusal: The command itself was refused.
        """
        key, path = str(ids.new()), f"/v1/cases/{case}/{verb}"
        for _ in range(TRIES):
            version = self.case(case, by)["version"]
            headers = {
                "Authorization": f"Bearer {self.token(by)}",
                "Idempotency-Key": key,
                "If-Match": f'"{version}"',
            }
            status, _, answer = self._send("POST", path, body or {}, headers)
            if status < http.client.BAD_REQUEST:
                return answer
            if status not in STALE or answer.get("code") not in ("version_stale", "conflict"):
                raise Refusal(path, status, answer)
        raise Refusal(path, status, answer)

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Json]:
        data = None if body is None else json.dumps(body)
        sent = {**headers, **({"Content-Type": "application/json"} if data is not None else {})}
        try:
            return self._exchange(method, path, data, sent)
        except ConnectionError:
            # The server closed an idle connection; the key makes a repeat harmless, whatever came of it.
            self.close()
            return self._exchange(method, path, data, sent)

    def _exchange(
        self, method: str, path: str, data: str | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Json]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        self._connection.request(method, path, data, dict(headers))
        answer = self._connection.getresponse()
        text = answer.read()
        return answer.status, dict(answer.getheaders()), json.loads(text) if text else {}

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
