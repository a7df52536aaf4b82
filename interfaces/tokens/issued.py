"""Tokens of an identity provider: JWT access tokens (RFC 9068), checked with the keys that it publishes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from domain.actor import Actor
from engine import clock
from interfaces.tokens.claims import GRANTED, TYPE, IssuerUnavailable, actor_of, refused
from interfaces.tokens.keys import IssuerKeys, KeysWanted

ALGORITHMS: Final = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"),
]
"""All with a public key, so that what the issuer publishes never serves as a secret."""
MAX_TOKEN: Final = 8_192
"""Longest token read, in characters: providers put more into theirs than we do."""
PATIENCE: Final = 5.0
"""Seconds that a request waits for the issuer's keys."""


@dataclass(frozen=True)
class IssuedTokens:
    """Checks tokens of one issuer.

    Attributes:
        keys: The issuer's keys.
        audience: What must stand among a token's audiences.
        role_claim: Claim with the role; of a list, exactly one must be a role of ours.
        unit_claim: Claim with the unit for which the person speaks; absent for those who speak for none.
        now: The clock against which a token is stale.
    """

    HEADERS: ClassVar[frozenset[str]] = frozenset({"alg", "typ", "kid", "x5t", "x5t#S256"})
    """The last two only name the key once more. Anything else asks for a treatment that we don't give."""

    keys: IssuerKeys
    audience: str
    role_claim: str = "role"
    unit_claim: str = "unit"
    now: Callable[[], datetime] = clock.now

    async def actor(self, token: str) -> Actor:
        """Return who speaks; keys that aren't at hand are waited for. Raises: as `Verifier`."""
        try:
            return self._actor(token)
        except KeysWanted:
            await asyncio.wait([asyncio.wrap_future(self.keys.fetch())], timeout=PATIENCE)
        try:
            return self._actor(token)
        except KeysWanted:
            raise IssuerUnavailable("The issuer of tokens can't be reached now; ask again.") from None

    def _actor(self, token: str) -> Actor:
        try:
            said = self._verified(token)
            picked = {"role": _role(said.get(self.role_claim)), "unit": said.get(self.unit_claim)}
            return actor_of({**said, **picked}, self.now())
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise refused() from None

    def _verified(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN or not token.isascii():
            raise ValueError("not a token")
        try:
            decoded = jwt.decode(token, self.keys.current(), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            # Perhaps of a key that the issuer has begun to use since.
            self.keys.wanted()
            raise
        if not set(decoded.header) <= self.HEADERS or not _access(decoded.header["typ"]):
            raise ValueError("not a header of an access token")
        if decoded.claims["iss"] != self.keys.issuer or self.audience not in _audiences(
            decoded.claims["aud"]
        ):
            raise ValueError("meant for somebody else")
        return decoded.claims


def _access(kind: Any) -> bool:
    """Whether a token is an access token, and not one that tells a client who signed in."""
    return isinstance(kind, str) and kind.lower().removeprefix("application/") == TYPE


def _audiences(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def _role(said: Any) -> Any:
    """Return the one role of ours; a provider's own roles may stand beside it."""
    if not isinstance(said, list):
        return said
    (role,) = [one for one in said if isinstance(one, str) and one in GRANTED]
    return role
