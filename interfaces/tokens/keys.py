"""The public keys of an identity provider: found by OpenID Connect Discovery, fetched anew now and then."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from http.client import HTTPException
from typing import Any, Final
from urllib.request import HTTPRedirectHandler, Request, build_opener

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

from engine import log
from engine.settings import issuer_address

DISCOVERY: Final = "/.well-known/openid-configuration"
"""Source: OpenID Connect Discovery 1.0, section 4."""
FRESH: Final = 600.0
"""Seconds after which keys are fetched anew, while the old ones serve."""
RELIED_ON: Final = 3_600.0
"""Seconds for which keys serve while the issuer doesn't answer: it may have withdrawn one."""
GAP: Final = 10.0
"""Fewest seconds between two attempts, whatever tokens ask for."""
LARGEST: Final = 262_144
"""Most bytes read of an answer."""
SHORTEST_RSA: Final = 342
"""Fewest characters of a modulus: 2,048 bits in base64url. Source: RFC 7518, section 3.3."""
_TIMEOUT: Final = 3.0
_ASYMMETRIC: Final = frozenset({"RSA", "EC", "OKP"})
UNREADABLE: Final = (OSError, HTTPException, ValueError, TypeError, KeyError, AttributeError, JoseError)
"""What `published` raises."""


class KeysWanted(Exception):
    """The keys at hand don't serve, and fetching them may help."""


class IssuerKeys:
    """The keys of one issuer. Safe for several threads.

    Args:
        issuer: Its address, exactly as its tokens name it.
        monotonic: Seconds by which ages are told.
    """

    def __init__(self, issuer: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched = self._tried = float("-inf")
        self._running: Future[None] | None = None
        self._log = log.get("tokens")

    def current(self) -> KeySet:
        """Return the keys without waiting; old ones are fetched anew meanwhile.

        Raises:
            KeysWanted: There are none, or none that may still be relied on.
        """
        age = self._monotonic() - self._fetched
        if self._keys is None or age > RELIED_ON:
            raise KeysWanted
        if age > FRESH:
            self.fetch()
        return self._keys

    def wanted(self) -> None:
        """Say that a key is missing.

        Raises:
            KeysWanted: It may be there by now; not where the issuer was asked a moment ago.
        """
        running = self._running
        if (running is not None and not running.done()) or self._monotonic() - self._tried > GAP:
            raise KeysWanted

    def fetch(self) -> Future[None]:
        """Begin to fetch the keys, unless that is under way or was tried a moment ago; never fails."""
        with self._lock:
            if self._running is None or (self._running.done() and self._monotonic() - self._tried > GAP):
                self._running = Future()
                self._tried = self._monotonic()
                threading.Thread(target=self._fetch, args=(self._running,), daemon=True).start()
            return self._running

    def _fetch(self, done: Future[None]) -> None:
        try:
            self._keys, self._fetched = published(self.issuer), self._monotonic()
        except UNREADABLE as error:
            self._log.warning("issuer_keys_not_read", issuer=self.issuer, reason=type(error).__name__)
        finally:
            done.set_result(None)


def published(issuer: str) -> KeySet:
    """Return the keys that an issuer publishes for signing.

    Raises:
        OSError, HTTPException: It can't be reached.
        ValueError, TypeError, KeyError, AttributeError: It answers something else.
    """
    told = _read(issuer.rstrip("/") + DISCOVERY)
    if told["issuer"] != issuer:
        raise ValueError("The document is of another issuer.")
    keys = list(_usable(_read(issuer_address(told["jwks_uri"]))["keys"]))
    if not keys:
        raise ValueError("It publishes no key that can serve.")
    return KeySet(keys)


def _usable(keys: Any) -> Iterator[Any]:
    """Yield public keys for signing; others may stand beside them, those of kinds to come as well."""
    for told in keys:
        kind = told.get("kty")
        if kind not in _ASYMMETRIC or told.get("use", "sig") != "sig":
            continue
        if kind == "RSA" and len(told.get("n", "")) < SHORTEST_RSA:
            continue
        with suppress(JoseError, ValueError, TypeError, KeyError):
            yield JWKRegistry.import_key(told)


class _Straight(HTTPRedirectHandler):
    """Follows no redirection: an answer must come from where it was asked for."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _read(address: str) -> Any:
    request = Request(address, headers={"Accept": "application/json"})
    with build_opener(_Straight).open(request, timeout=_TIMEOUT) as answer:
        body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError("The answer is too long.")
    return orjson.loads(body)
