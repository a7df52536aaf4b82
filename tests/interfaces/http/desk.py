"""A client of the API that speaks for any actor and keeps the version it saw."""

from __future__ import annotations

from typing import Any, Self
from uuid import uuid4

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from domain.actor import Actor
from engine import clock
from interfaces.tokens import TokenKey, issue

WORDS = "The tap in the yard has been dry since Monday."
COLLECT: dict[str, Any] = {
    "channel": "hotline",
    "claims": [WORDS],
    "category": "water",
    "place": {"unit": "city.north.well.g1"},
    "name": "Resident of house 5",
    "telephone": "555 0100",
}


class Desk:
    """Sends requests to the app itself."""

    def __init__(self, app: FastAPI, key: TokenKey) -> None:
        self.client = TestClient(app, raise_server_exceptions=False)
        self.key = key

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self.client.__exit__(None, None, None)

    def token(self, actor: Actor) -> str:
        return issue(self.key, actor, now=clock.now())

    def headers(self, actor: Actor, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(actor)}", **more}

    def get(self, actor: Actor, path: str, **query: Any) -> Response:
        return self.client.get(path, headers=self.headers(actor), params=query or None)

    def post(
        self,
        actor: Actor,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        version: int | str | None = None,
    ) -> Response:
        headers = self.headers(actor, **{"Idempotency-Key": key or str(uuid4())})
        if version is not None:
            headers["If-Match"] = f'"{version}"' if isinstance(version, int) else version
        return self.client.post(path, headers=headers, json={} if body is None else body)

    def collect(self, actor: Actor, **fields: Any) -> Response:
        return self.post(actor, "/v1/cases", {**COLLECT, **fields})

    def case(self, actor: Actor, **fields: Any) -> str:
        answer = self.collect(actor, **fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case"])

    def give(
        self, actor: Actor, case: str, verb: str, body: Any = None, *, reader: Actor | None = None
    ) -> Response:
        """Give a command with the version that the case has now."""
        version = int(self.get(reader or actor, f"/v1/cases/{case}").headers["ETag"].strip('"'))
        return self.post(actor, f"/v1/cases/{case}/{verb}", body, version=version)

    def done(
        self, actor: Actor, case: str, verb: str, body: Any = None, *, reader: Actor | None = None
    ) -> Any:
        answer = self.give(actor, case, verb, body, reader=reader)
        assert answer.status_code == 200, f"{verb}: {answer.text}"
        return answer.json()
