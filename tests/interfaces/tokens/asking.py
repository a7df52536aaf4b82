"""What tests of tokens ask of a verifier, whoever issued them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any

from domain.actor import Actor
from interfaces.tokens import TokenRefused, Verifier


def actor(tokens: Verifier, token: str) -> Actor:
    return asyncio.run(tokens.actor(token))


def passing(tokens: Verifier, forms: Mapping[str, str]) -> list[str]:
    """Return the names of the tokens that are accepted."""
    passed = []
    for name, token in forms.items():
        try:
            actor(tokens, token)
        except TokenRefused:
            continue
        passed.append(name)
    return passed


def part(value: Any) -> str:
    """Return one part of a token; bytes as they are, anything else as JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
