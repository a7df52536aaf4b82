"""Reads the two headers that make a command safe to repeat and safe from a stale view."""

import re
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from fastapi import Request

from domain.actor import Actor
from domain.errors import Refused
from interfaces.http.codes import HttpRefusal

COMMANDS: Final = UUID("0c9d2f0e-4a35-5c8e-8f0e-2d6a51b7c1aa")
"""Root of the command ids that follow from idempotency keys; never changes."""
MAX_KEY: Final = 100
_KEY: Final = re.compile(r"[!-~]{1,100}")
_TAG: Final = re.compile(r'"(0|[1-9][0-9]{0,17})"')
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

KEY_PARAMETER: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Chosen by the client, once for each thing it asks for; a repeat with the same "
    "key and body gets the first answer. Counts for this actor and this address.",
    "schema": {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": MAX_KEY},
}
VERSION_PARAMETER: Final[dict[str, Any]] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "Version of the case that the client saw, as its strong entity tag.",
    "schema": {"type": "string", "pattern": '^"(0|[1-9][0-9]{0,17})"$'},
    "example": '"7"',
}


def case_id(text: str) -> UUID:
    """Return the id of a case in an address.

    Raises:
        Refused: unknown_case, since what is not an id names no case.
    """
    if not _ID.fullmatch(text):
        raise Refused("unknown_case")
    return UUID(text)


def command_id(request: Request, actor: Actor) -> UUID:
    """Return the command id that follows from the actor, the address and the Idempotency-Key.

    A key never is a command id itself, even where it is a UUID: the ids of the ladder's rungs can be computed
    by anybody who knows the case, and a key in their place would keep a rung from being taken.

    Raises:
        HttpRefusal: idempotency_key_missing, idempotency_key_malformed.
    """
    keys = request.headers.getlist("idempotency-key")
    if not keys or keys == [""]:
        raise HttpRefusal("idempotency_key_missing")
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise HttpRefusal("idempotency_key_malformed")
    return uuid5(COMMANDS, orjson.dumps([actor.id, request.url.path, keys[0]]).decode())


def seen_version(request: Request) -> int:
    """Return the version that the client saw.

    Raises:
        HttpRefusal: version_required, version_malformed (a weak tag, a list and * are malformed too).
    """
    tags = request.headers.getlist("if-match")
    if not tags:
        raise HttpRefusal("version_required")
    match = _TAG.fullmatch(tags[0]) if len(tags) == 1 else None
    if match is None:
        raise HttpRefusal("version_malformed")
    return int(match[1])


def tag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'
