"""A client as it should be: it repeats what was not answered under the same key, and writes down what was."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5

from domain.actor import Actor
from engine import clock
from interfaces.http.conditions import COMMANDS
from interfaces.tokens import TokenKey, issue

Json = dict[str, Any]
STALE = frozenset({"version_stale", "conflict"})
_PAUSE = 0.1
"""Seconds before an unanswered request is repeated."""
_PATIENCE = 90.0


class Refusal(Exception):
    """The server's definite no."""

    def __init__(self, what: str, status: int, body: Json) -> None:
        super().__init__(f"{what}: {status} {body.get('code')}: {body.get('detail')}")
        self.code = str(body.get("code"))


@dataclass(frozen=True)
class Asked:
    """A command as it was sent; a repeat sends it exactly so again."""

    actor: Actor
    path: str
    key: str
    body: Mapping[str, Any]
    version: int | None

    @property
    def command(self) -> UUID:
        """Id under which the log keeps it; docs of the API promise that it follows from these three."""
        named = json.dumps([self.actor.id, self.path, self.key], separators=(",", ":"), ensure_ascii=False)
        return uuid5(COMMANDS, named)


class Book:
    """All that clients were promised: a command counts as acknowledged once its line is in the file.

    Attributes:
        answers: How often each (status, code) came; status 0: no answer at all.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")
        self._acknowledged: list[tuple[Asked, Json]] = []
        self.answers: Counter[tuple[int, str]] = Counter()

    def close(self) -> None:
        self._file.close()

    def acknowledge(self, asked: Asked, answer: Json) -> None:
        line = {"command": str(asked.command), "path": asked.path, "key": asked.key, "answer": answer}
        with self._lock:
            print(json.dumps(line), file=self._file, flush=True)
            self._acknowledged.append((asked, answer))

    def count(self, status: int, code: str) -> None:
        with self._lock:
            self.answers[status, code] += 1

    def acknowledged(self) -> list[tuple[Asked, Json]]:
        """Every command acknowledged up to now."""
        with self._lock:
            return list(self._acknowledged)

    def __len__(self) -> int:
        return len(self._acknowledged)

    def faults(self) -> dict[tuple[int, str], int]:
        """Answers that a client must never get, and how often they came."""
        return {key: times for key, times in self.answers.items() if key[0] >= 500 and key[0] != 503}


@dataclass
class Clerk:
    """One client; use each from one thread."""

    port: int
    key: TokenKey
    book: Book
    random: Random
    _connection: HTTPConnection | None = field(default=None, init=False)

    def read(self, path: str, actor: Actor) -> Json:
        """Return a page, however often it must be asked for."""
        status, body, _ = self._answered("GET", path, None, actor, {})
        if status != 200:
            raise Refusal(path, status, body)
        return body

    def give(self, actor: Actor, path: str, body: Mapping[str, Any], version: int | None = None) -> Json:
        """Give a command until it is answered.

        Raises:
            Refusal: It was refused, so nothing of it may be in the log.
        """
        asked = Asked(actor, path, f"{self.random.getrandbits(128):032x}", body, version)
        status, answer, _ = self.send(asked)
        if status >= 400:
            raise Refusal(path, status, answer)
        self.book.acknowledge(asked, answer)
        return answer

    def send(self, asked: Asked) -> tuple[int, Json, bool]:
        """Send a command until it is answered; the last value says whether the answer was given before."""
        return self._answered("POST", asked.path, json.dumps(asked.body), asked.actor, _headers(asked))

    def send_once(self, asked: Asked) -> tuple[int, Json, bool]:
        """Send a command, and don't repeat it.

        Raises:
            OSError, HTTPException: It was not answered.
        """
        token = issue(self.key, asked.actor, now=clock.now())
        headers = {**_headers(asked), "Authorization": f"Bearer {token}"}
        return self._exchange("POST", asked.path, json.dumps(asked.body), headers)

    def _answered(
        self, method: str, path: str, body: str | None, actor: Actor, headers: Mapping[str, str]
    ) -> tuple[int, Json, bool]:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            token = issue(self.key, actor, now=clock.now())
            try:
                found = self._exchange(method, path, body, {**headers, "Authorization": f"Bearer {token}"})
            except (OSError, HTTPException):
                self.close()
                self.book.count(0, "no_answer")
            else:
                self.book.count(found[0], str(found[1].get("code", "")))
                if found[0] < 500:
                    return found
            threading.Event().wait(_PAUSE)
        raise TimeoutError(f"{method} {path} was not answered within {_PATIENCE:.0f} s")

    def _exchange(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, Json, bool]:
        if self._connection is None:
            self._connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        text = answer.read()
        repeated = answer.getheader("Idempotent-Replayed") == "true"
        return answer.status, json.loads(text) if text else {}, repeated

    def close(self) -> None:
        """Forget the connection; the next request makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _headers(asked: Asked) -> dict[str, str]:
    headers = {"Idempotency-Key": asked.key, "Content-Type": "application/json"}
    if asked.version is not None:
        headers["If-Match"] = f'"{asked.version}"'
    return headers
