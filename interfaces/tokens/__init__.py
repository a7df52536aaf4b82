"""Who asks: a bearer token of the district's identity provider, or of this installation's development key."""

from interfaces.tokens.claims import UNITLESS, IssuerUnavailable, TokenRefused, Verifier
from interfaces.tokens.development import DevelopmentTokens, TokenKey, issue
from interfaces.tokens.issued import IssuedTokens

__all__ = [
    "UNITLESS",
    "DevelopmentTokens",
    "IssuedTokens",
    "IssuerUnavailable",
    "TokenKey",
    "TokenRefused",
    "Verifier",
    "issue",
]
