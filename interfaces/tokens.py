"""Says who asks: development tokens of a local key, behind a protocol that other issuers may fill."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Protocol, Self

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.actor import UNIT_ID, Actor, Role
from domain.errors import DomainError
from engine import clock
from engine.errors import KeyMissing

ISSUER: Final = "urn:echowall:development"
AUDIENCE: Final = "urn:echowall:api"
ALGORITHMS: Final = ["Ed25519"]
"""The only algorithm accepted; the key's type fits no other."""
TYPE: Final = "at+jwt"
"""Source: RFC 9068, section 2.1; no other kind of token passes for an access token."""
LIFE: Final = timedelta(hours=1)
MAX_TOKEN: Final = 4_096
"""Longest token read, in characters."""
UNITLESS: Final = frozenset({Role.RESIDENT, Role.AUDITOR, Role.ADMINISTRATOR})
"""Roles that may speak for no unit."""
LEEWAY: Final = 30
"""Seconds by which the issuer's clock may differ from ours."""


class TokenRefused(DomainError):
    """The token is missing, malformed, forged, stale or meant for somebody else; get a new one."""

    code: str = "token_refused"


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


class Verifier(Protocol):
    """Turns a bearer token into an actor."""

    def actor(self, token: str) -> Actor:
        """Return who speaks.

        Raises:
            TokenRefused: token_refused.
        """


class _Claims(BaseModel):
    """What a token must say; registered claims that we don't use may stand beside."""

    model_config = ConfigDict(strict=True, extra="ignore")

    iss: Literal["urn:echowall:development"]
    aud: Literal["urn:echowall:api"]
    sub: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
    exp: int
    iat: int
    nbf: int | None = None
    role: Literal[
        "resident",
        "grid_worker",
        "case_worker",
        "unit_head",
        "supervisor",
        "auditor",
        "visitor",
        "administrator",
    ]
    unit: Annotated[str, Field(pattern=UNIT_ID, max_length=200)] | None = None


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

    def actor(self, token: str) -> Actor:
        """Return who speaks.

        Raises:
            TokenRefused: token_refused; why is not told, lest it help a forger.
        """
        try:
            claims = _Claims.model_validate(self._verified(token))
        except (JoseError, ValidationError, ValueError, TypeError, KeyError):
            raise TokenRefused("The token can't be accepted; get a new one.") from None
        moment = self.now().timestamp()
        starts = max(claims.iat, claims.nbf or 0)
        if (
            claims.exp <= moment
            or starts > moment + LEEWAY
            or claims.exp - claims.iat > LIFE.total_seconds() * 24
        ):
            raise TokenRefused("The token is stale; get a new one.")
        return Actor(id=claims.sub, role=Role(claims.role), unit=claims.unit)

    def _verified(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN or not token.isascii():
            raise ValueError("not a token")
        decoded = jwt.decode(token, self.key.jwk, algorithms=ALGORITHMS)
        if set(decoded.header) != self.HEADERS or decoded.header["typ"] != TYPE:
            raise ValueError("not a header of ours")
        return decoded.claims


def issue(key: TokenKey, actor: Actor, *, now: datetime, life: timedelta = LIFE) -> str:
    """Return a token for an actor, that lives from `now` for `life`, at most a day.

    Raises:
        ValueError: For the role of the system, which no token grants, and a life that nobody would accept.
    """
    if actor.role is Role.SYSTEM:
        raise ValueError("The system's role is never granted by a token.")
    if not timedelta(0) < life <= LIFE * 24:
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
