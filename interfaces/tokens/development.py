"""Development tokens: signed by a key of this installation, for trying things out and for tests."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from domain.actor import Actor, Role
from engine import clock
from engine.errors import KeyMissing
from interfaces.tokens.claims import LONGEST, TYPE, actor_of, refused

ISSUER: Final = "urn:echowall:development"
AUDIENCE: Final = "urn:echowall:api"
ALGORITHMS: Final = ["Ed25519"]
"""The only algorithm accepted; the key's type fits no other."""
LIFE: Final = timedelta(hours=1)
MAX_TOKEN: Final = 4_096
"""Longest token read, in characters."""


class TokenKey:
    """The Ed25519 key of this installation's development tokens."""

    def __init__(self, key: OKPKey) -> None:
        self.jwk = key

    @classmethod
    def load(cls, path: Path, *, create: bool = False) -> Self:
        """Read the key from a PEM file that only its owner may read; `create` makes a missing one.

        Raises:
            KeyMissing: key_missing.
        """
        if create and not path.exists():
            _make(path)
        try:
            if path.stat().st_mode & 0o077:
                raise KeyMissing(f"{path} can be read by others; set its mode to 0600.")
            key = OKPKey.import_key(path.read_bytes())
        except (OSError, ValueError, TypeError, JoseError) as error:
            raise KeyMissing(f"{path} can't serve as a token key: {type(error).__name__}.") from None
        if key.curve_name != "Ed25519" or not key.is_private:
            raise KeyMissing(f"{path} must hold a private Ed25519 key in PEM.")
        return cls(key)


@dataclass(frozen=True)
class DevelopmentTokens:
    """Checks tokens of `issue`.

    Attributes:
        now: The clock against which a token is stale.
    """

    HEADERS: ClassVar[frozenset[str]] = frozenset({"alg", "typ"})
    """Anything else in a header (crit, jku, kid, x5u) asks for a treatment that we don't give."""

    key: TokenKey
    now: Callable[[], datetime] = clock.now

    async def actor(self, token: str) -> Actor:
        """Return who speaks. Raises: as `Verifier`."""
        try:
            return actor_of(self._verified(token), self.now())
        except (JoseError, ValueError, TypeError, KeyError):
            raise refused() from None

    def _verified(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN or not token.isascii():
            raise ValueError("not a token")
        decoded = jwt.decode(token, self.key.jwk, algorithms=ALGORITHMS)
        if set(decoded.header) != self.HEADERS or decoded.header["typ"] != TYPE:
            raise ValueError("not a header of ours")
        if decoded.claims["iss"] != ISSUER or decoded.claims["aud"] != AUDIENCE:
            raise ValueError("meant for somebody else")
        return decoded.claims


def issue(key: TokenKey, actor: Actor, *, now: datetime, life: timedelta = LIFE) -> str:
    """Return a token for an actor, that lives from `now` for `life`, at most a day.

    Raises:
        ValueError: For the role of the system, which no token grants, and a life that nobody would accept.
    """
    if actor.role is Role.SYSTEM:
        raise ValueError("The system's role is never granted by a token.")
    if not timedelta(0) < life <= LONGEST:
        raise ValueError("A token lives at most a day.")
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": actor.id,
        "iat": issued,
        "exp": issued + int(life.total_seconds()),
        "role": actor.role.value,
    }
    if actor.unit is not None:
        claims["unit"] = actor.unit
    return jwt.encode({"alg": ALGORITHMS[0], "typ": TYPE}, claims, key.jwk, algorithms=ALGORITHMS)


def _make(path: Path) -> None:
    """Make a key file; of several processes that start together one wins and all read the same key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(OKPKey.generate_key("Ed25519").as_pem(private=True))
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
