"""What every token must say, whoever issued it, and what is made of it."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field

from domain.actor import UNIT_ID, Actor, Role
from domain.errors import DomainError

TYPE: Final = "at+jwt"
"""Source: RFC 9068, section 2.1; no other kind of token passes for an access token."""
LONGEST: Final = timedelta(hours=24)
"""Longest life of a token that is accepted: nothing takes a token back before its end."""
LEEWAY: Final = 30
"""Seconds by which the issuer's clock may differ from ours."""
UNITLESS: Final = frozenset({Role.RESIDENT, Role.AUDITOR, Role.ADMINISTRATOR})
"""Roles that may speak for no unit."""

Granted = Literal[
    "resident",
    "grid_worker",
    "case_worker",
    "unit_head",
    "supervisor",
    "auditor",
    "visitor",
    "administrator",
]
GRANTED: Final = frozenset(get_args(Granted))
"""Roles that a token may grant; that of the system is not among them."""


class TokenRefused(DomainError):
    """The token is missing, malformed, forged, stale or meant for somebody else; get a new one."""

    code: str = "token_refused"


class IssuerUnavailable(DomainError):
    """The identity provider can't be reached, and none of its keys is at hand; ask again."""

    code: str = "issuer_unavailable"


class Verifier(Protocol):
    """Turns a bearer token into an actor."""

    async def actor(self, token: str) -> Actor:
        """Return who speaks.

        Raises:
            TokenRefused: token_refused; why is not told, lest it help a forger.
            IssuerUnavailable: issuer_unavailable.
        """


class Claims(BaseModel):
    """What a token says beside its issuer and audience; claims that we don't use may stand beside.

    Attributes:
        sub: Stable id of the person.
        exp: Seconds since 1970; so are the others.
    """

    model_config = ConfigDict(strict=True, extra="ignore")

    sub: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
    exp: int
    iat: int
    nbf: int | None = None
    role: Granted
    unit: Annotated[str, Field(pattern=UNIT_ID, max_length=200)] | None = None


def actor_of(said: dict[str, Any], now: datetime) -> Actor:
    """Return who speaks by claims whose signature, issuer and audience hold.

    Raises:
        ValidationError: They don't say what they must.
        TokenRefused: token_refused, when they are stale.
    """
    claims = Claims.model_validate(said)
    moment = now.timestamp()
    starts = max(claims.iat, claims.nbf or 0)
    too_long = claims.exp - claims.iat > LONGEST.total_seconds()
    if claims.exp <= moment or starts > moment + LEEWAY or too_long:
        raise TokenRefused("The token is stale; get a new one.")
    return Actor(id=claims.sub, role=Role(claims.role), unit=claims.unit)


def refused() -> TokenRefused:
    """Return the refusal that says nothing about why."""
    return TokenRefused("The token can't be accepted; get a new one.")
