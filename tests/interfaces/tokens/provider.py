"""An identity provider on this machine: publishes keys over HTTP as a real one does, and signs tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

AUDIENCE = "urn:echowall:api"
Key = RSAKey | ECKey | OKPKey


class Provider:
    """What one publishes.

    Attributes:
        answers: Body by path, or a status with the place to which it redirects.
        asked: Paths that were asked for, in order.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.keys: list[Key] = []

    def publish(self, *keys: Key, more: tuple[Any, ...] = (), **document: Any) -> None:
        """Publish public keys, and more as they stand; anything of the document may be another."""
        self.keys = list(keys)
        found = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **document}
        self.answers["/.well-known/openid-configuration"] = json.dumps(found)
        self.answers["/keys"] = json.dumps(
            {"keys": [*(one.as_dict(private=False, use="sig") for one in keys), *more]}
        )

    def token(
        self,
        now: datetime,
        key: Key | None = None,
        alg: str = "ES256",
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Sign a token; a claim or a part of the header that is None is left out."""
        key = key or self.keys[0]
        head = {"alg": alg, "typ": "at+jwt", "kid": key.kid, **(header or {})}
        lenient = JWSRegistry(algorithms=[alg], strict_check_header=False)
        return jwt.encode(kept(head), kept({**self.claims(now), **claims}), key, registry=lenient)

    def claims(self, now: datetime) -> dict[str, Any]:
        at = int(now.timestamp())
        said = {"iss": self.issuer, "aud": AUDIENCE, "sub": "li", "iat": at, "exp": at + 600}
        return {**said, "role": "case_worker", "unit": "city.north"}


def kept(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def ec(kid: str | None = None) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid} if kid else None, auto_kid=kid is None)


def named(key: Key) -> Key:
    """Give a key its name before it is published, as `token` tells it."""
    key.ensure_kid()
    return key


@contextmanager
def provider() -> Iterator[Provider]:
    """Run one on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            answer = found.answers.get(self.path)
            if isinstance(answer, tuple):
                self.send_response(answer[0])
                self.send_header("Location", answer[1])
                self.end_headers()
                return
            self.send_response(200 if answer is not None else 404)
            self.end_headers()
            self.wfile.write((answer or "").encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
