"""Tokens of an identity provider: what passes, what doesn't, and what becomes of keys that come and go."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from domain.actor import Actor, Role
from engine.settings import Settings
from interfaces.tokens import IssuedTokens, IssuerUnavailable, TokenRefused
from interfaces.tokens.keys import FRESH, GAP, LARGEST, RELIED_ON, IssuerKeys, published
from tests.interfaces.tokens.asking import actor, part, passing
from tests.interfaces.tokens.provider import AUDIENCE, Key, Provider, ec, named

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACTOR = Actor(id="li", role=Role.CASE_WORKER, unit="city.north")


class Ticks:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def tokens(issuer: Provider, ticks: Ticks) -> IssuedTokens:
    return IssuedTokens(IssuerKeys(issuer.issuer, ticks), AUDIENCE, now=lambda: NOW)


def refused(tokens: IssuedTokens, token: str) -> None:
    with pytest.raises(TokenRefused):
        actor(tokens, token)


def settled(tokens: IssuedTokens) -> None:
    """Wait for a fetch that is under way."""
    assert tokens.keys._running is not None
    tokens.keys._running.result(10)


def test_a_token_of_the_issuer_says_who_speaks_until_it_is_stale(
    issuer: Provider, tokens: IssuedTokens
) -> None:
    token = issuer.token(NOW)
    assert actor(tokens, token) == ACTOR
    assert actor(tokens, issuer.token(NOW, header={"typ": "application/AT+JWT"})) == ACTOR
    assert actor(tokens, issuer.token(NOW, header={"x5t": "bmFtZQ"})) == ACTOR
    assert actor(tokens, issuer.token(NOW, aud=["account", AUDIENCE])) == ACTOR
    resident = issuer.token(NOW, sub="wang", role="resident", unit=None)
    assert actor(tokens, resident) == Actor(id="wang", role=Role.RESIDENT)
    later = IssuedTokens(tokens.keys, AUDIENCE, now=lambda: NOW + timedelta(seconds=600))
    refused(later, token)
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        *((alg, RSAKey.generate_key(2048)) for alg in ("RS256", "RS512", "PS256", "PS384")),
        ("ES256", ECKey.generate_key("P-256")),
        ("ES384", ECKey.generate_key("P-384")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
    ],
)
def test_every_usual_kind_of_key_serves(issuer: Provider, tokens: IssuedTokens, alg: str, key: Key) -> None:
    issuer.publish(named(key))
    assert actor(tokens, issuer.token(NOW, alg=alg)) == ACTOR
    # One key needs no name.
    assert actor(tokens, issuer.token(NOW, alg=alg, header={"kid": None})) == ACTOR


def test_role_and_unit_may_stand_in_other_claims_and_beside_roles_of_the_provider(
    issuer: Provider, tokens: IssuedTokens
) -> None:
    renamed = IssuedTokens(tokens.keys, AUDIENCE, "roles", "https://city.example/unit", lambda: NOW)
    more: dict[str, Any] = {"role": None, "unit": None, "https://city.example/unit": "city.north"}
    assert actor(renamed, issuer.token(NOW, roles=["offline_access", "case_worker"], **more)) == ACTOR
    for roles in ([], ["offline_access"], ["case_worker", "administrator"], ["system"], [7], None):
        refused(renamed, issuer.token(NOW, roles=roles, **more))
    refused(renamed, issuer.token(NOW))


def by_secret(secret: bytes, claims: Any) -> str:
    said = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'first'})}.{part(claims)}"
    seal = hmac.digest(secret, said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


def forged(issuer: Provider) -> dict[str, str]:
    """Tokens that must not pass, by what is wrong with them."""
    at, key = int(NOW.timestamp()), issuer.keys[0]
    good = issuer.token(NOW)
    head, body, seal = good.split(".")
    other, claims = ec("first"), issuer.claims(NOW)
    public = key.as_dict(private=False)
    secrets = {
        "public key in JSON": json.dumps(public).encode(),
        "public key in PEM": key.as_pem(private=False),
    }
    return {
        **{f"{name} as secret": by_secret(secret, claims) for name, secret in secrets.items()},
        "empty": "",
        "one part": head,
        "no signature": f"{head}.{body}.",
        "four parts": f"{good}.{seal}",
        "alg none": f"{part({'alg': 'none', 'typ': 'at+jwt', 'kid': 'first'})}.{body}.",
        "no alg": f"{part({'typ': 'at+jwt', 'kid': 'first'})}.{body}.{seal}",
        "key of the same name": issuer.token(NOW, other),
        "kind of another key": issuer.token(NOW, RSAKey.generate_key(2048), "RS256", header={"kid": "first"}),
        "unknown name of a key": issuer.token(NOW, header={"kid": "second"}),
        "name of a key as a path": issuer.token(NOW, header={"kid": "../../dev/null"}),
        "key brought along": issuer.token(NOW, other, header={"jwk": other.as_dict(private=False)}),
        "key from elsewhere": issuer.token(NOW, header={"jku": "https://example.org/keys"}),
        "chain brought along": issuer.token(NOW, header={"x5u": "https://example.org/chain"}),
        "critical extension": issuer.token(NOW, header={"crit": ["b64"], "b64": True}),
        "changed body": f"{head}.{part({**claims, 'role': 'administrator'})}.{seal}",
        "cut signature": good[:-4],
        "identity token": issuer.token(NOW, header={"typ": "JWT"}),
        "no type": issuer.token(NOW, header={"typ": None}),
        "logout token": issuer.token(NOW, header={"typ": "logout+jwt"}),
        "no issuer": issuer.token(NOW, iss=None),
        "another issuer": issuer.token(NOW, iss="https://example.org"),
        "issuer with a slash": issuer.token(NOW, iss=issuer.issuer + "/"),
        "development issuer": issuer.token(NOW, iss="urn:echowall:development"),
        "no audience": issuer.token(NOW, aud=None),
        "another audience": issuer.token(NOW, aud="account"),
        "other audiences": issuer.token(NOW, aud=["account", "console"]),
        "audience as a part": issuer.token(NOW, aud=f"{AUDIENCE}:more"),
        "no subject": issuer.token(NOW, sub=None),
        "empty subject": issuer.token(NOW, sub=""),
        "subject a number": issuer.token(NOW, sub=7),
        "subject with a line break": issuer.token(NOW, sub="li\nrole: administrator"),
        "no end": issuer.token(NOW, exp=None),
        "ended": issuer.token(NOW, exp=at - 1, iat=at - 600),
        "ends now": issuer.token(NOW, exp=at),
        "end as text": issuer.token(NOW, exp=str(at + 60)),
        "lives for years": issuer.token(NOW, exp=at + 10**8),
        "no beginning": issuer.token(NOW, iat=None),
        "issued tomorrow": issuer.token(NOW, iat=at + 86_400, exp=at + 90_000),
        "not before tomorrow": issuer.token(NOW, nbf=at + 86_400),
        "no role": issuer.token(NOW, role=None),
        "the system": issuer.token(NOW, role="system"),
        "unknown role": issuer.token(NOW, role="mayor"),
        "role in capitals": issuer.token(NOW, role="ADMINISTRATOR"),
        "role an object": issuer.token(NOW, role={"case_worker": True}),
        "unit as a pattern": issuer.token(NOW, unit="%"),
        "units": issuer.token(NOW, unit=["city.north", "city"]),
        "too long": issuer.token(NOW, filler="x" * 9_000),
    }


def test_no_forged_or_stale_token_passes(issuer: Provider, tokens: IssuedTokens) -> None:
    forms = forged(issuer)
    assert len(forms) >= 40
    assert actor(tokens, issuer.token(NOW)) == ACTOR
    assert passing(tokens, forms) == []


def test_a_new_key_serves_at_once_and_one_withdrawn_no_more_after_a_while(
    issuer: Provider, tokens: IssuedTokens, ticks: Ticks
) -> None:
    old, new = issuer.keys[0], ec("second")
    assert actor(tokens, issuer.token(NOW)) == ACTOR
    issuer.publish(new)
    ticks.at += GAP + 1

    async def many() -> list[Actor]:
        return await asyncio.gather(*(tokens.actor(issuer.token(NOW, new)) for _ in range(20)))

    assert asyncio.run(many()) == [ACTOR] * 20
    refused(tokens, issuer.token(NOW, old))

    issuer.publish(ec("third"))
    ticks.at += FRESH + 1
    assert actor(tokens, issuer.token(NOW, new)) == ACTOR  # and the keys are fetched meanwhile
    settled(tokens)
    refused(tokens, issuer.token(NOW, new))


def test_tokens_with_unknown_keys_do_not_make_us_ask_the_issuer_each_time(
    issuer: Provider, tokens: IssuedTokens, ticks: Ticks
) -> None:
    async def many() -> list[Any]:
        stranger = ec("stranger")
        asked = [tokens.actor(issuer.token(NOW, stranger)) for _ in range(50)]
        return await asyncio.gather(*asked, return_exceptions=True)

    for rounds in (1, 2):
        assert {type(one) for one in asyncio.run(many())} == {TokenRefused}
        assert len(issuer.asked) == 2 * rounds
        asyncio.run(many())
        assert len(issuer.asked) == 2 * rounds
        ticks.at += GAP + 1


def test_an_issuer_that_is_away_is_told_apart_from_a_bad_token(
    issuer: Provider, tokens: IssuedTokens, ticks: Ticks
) -> None:
    token, answers = issuer.token(NOW), dict(issuer.answers)
    issuer.answers.clear()
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            actor(tokens, token)
    assert len(issuer.asked) == 1
    issuer.answers.update(answers)
    ticks.at += GAP + 1
    assert actor(tokens, token) == ACTOR

    issuer.answers.clear()
    ticks.at += RELIED_ON - 1
    assert actor(tokens, token) == ACTOR
    settled(tokens)
    ticks.at += 2
    with pytest.raises(IssuerUnavailable):
        actor(tokens, token)
    issuer.answers.update(answers)
    ticks.at += GAP + 1
    assert actor(tokens, token) == ACTOR


def test_keys_that_can_not_serve_stand_aside(issuer: Provider) -> None:
    good = issuer.keys[0]
    secret = OctKey.generate_key(256)
    modulus = rsa.generate_private_key(65537, 1024).public_key().public_numbers().n
    more = (
        {
            "kty": "RSA",
            "e": "AQAB",
            "n": base64.urlsafe_b64encode(modulus.to_bytes(128)).decode().rstrip("="),
        },
        secret.as_dict(private=True),
        {**ec("sealing").as_dict(private=False), "use": "enc"},
        {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA"},
        {"kty": "RSA", "n": "AQAB"},
    )
    issuer.publish(good, more=more)
    assert [key.kid for key in published(issuer.issuer).keys] == ["first"]
    issuer.publish(more=more)
    with pytest.raises(ValueError, match="no key"):
        published(issuer.issuer)


@pytest.mark.parametrize(
    "broken",
    [
        "another issuer",
        "keys in the clear",
        "keys from a file",
        "redirected",
        "too long",
        "not JSON",
        "a list",
    ],
)
def test_an_issuer_that_answers_something_else_is_not_trusted(
    issuer: Provider, tokens: IssuedTokens, broken: str
) -> None:
    document = "/.well-known/openid-configuration"
    match broken:
        case "another issuer":
            issuer.publish(*issuer.keys, issuer="https://example.org")
        case "keys in the clear":
            issuer.publish(*issuer.keys, jwks_uri="http://example.org/keys")
        case "keys from a file":
            issuer.publish(*issuer.keys, jwks_uri="file:///etc/passwd")
        case "redirected":
            issuer.answers["/elsewhere"] = issuer.answers["/keys"]
            issuer.answers["/keys"] = (302, f"{issuer.issuer}/elsewhere")
        case "too long":
            issuer.answers["/keys"] += " " * LARGEST
        case "not JSON":
            issuer.answers[document] = "<html>"
        case "a list":
            issuer.answers[document] = "[]"
    with pytest.raises(IssuerUnavailable):
        actor(tokens, issuer.token(NOW))
    assert "/elsewhere" not in issuer.asked


@pytest.mark.parametrize(
    "address",
    ["http://id.example", "ftp://id.example", "id.example", "https://", "https://a:b@id.example",
     "https://id.example?x=1", "https://id.example#x", "http://127.0.0.1.example"],
)  # fmt: skip
def test_an_issuer_that_others_could_speak_for_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Settings(oidc_issuer=address)
    assert Settings(oidc_issuer="https://id.example/realms/city").oidc_issuer is not None
