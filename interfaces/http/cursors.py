"""Opaque places in a list, signed so that a client can't move them to another query."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any, Final

import orjson

from interfaces.http.codes import HttpRefusal

MAX_CURSOR: Final = 1_000
_MARK_BYTES: Final = 16


def seal(place: str | int, query: Mapping[str, Any], secret: bytes) -> str:
    """Return a cursor for a place in the list of a query, who asks included; it serves no other query."""
    said = str(place).encode()
    return base64.urlsafe_b64encode(_mark(said, query, secret) + said).decode().rstrip("=")


def unseal(cursor: str, query: Mapping[str, Any], secret: bytes) -> str:
    """Return the place of a cursor.

    Raises:
        HttpRefusal: cursor_invalid.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mark, said = raw[:_MARK_BYTES], raw[_MARK_BYTES:]
        if len(cursor) <= MAX_CURSOR and hmac.compare_digest(mark, _mark(said, query, secret)):
            return said.decode()
    except (binascii.Error, ValueError):
        pass
    raise HttpRefusal("cursor_invalid")


def _mark(said: bytes, query: Mapping[str, Any], secret: bytes) -> bytes:
    asked = orjson.dumps(query, option=orjson.OPT_SORT_KEYS)
    return hmac.digest(secret, b"%d:%b%b" % (len(said), said, asked), "sha256")[:_MARK_BYTES]
