from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from domain.actor import Actor, Role
from engine.errors import KeyMissing
from interfaces.tokens import DevelopmentTokens, TokenKey, TokenRefused, issue
from tests.interfaces.tokens.asking import actor, part, passing

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACTOR = Actor(id="li", role=Role.CASE_WORKER, unit="city.north")
HEADER = {"alg": "Ed25519", "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": "urn:echowall:development",
    "aud": "urn:echowall:api",
    "sub": "li",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 3600,
    "role": "case_worker",
    "unit": "city.north",
}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> TokenKey:
    return TokenKey.load(tmp_path_factory.mktemp("keys") / "token.key", create=True)


@pytest.fixture(scope="module")
def tokens(key: TokenKey) -> DevelopmentTokens:
    return DevelopmentTokens(key, now=lambda: NOW)


def signed(key: TokenKey, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token under our own key with anything else changed; a claim of None is left out."""
    told = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return sealed(key, header or HEADER, told)


def sealed(key: TokenKey, header: Any, body: Any) -> str:
    said = f"{part(header)}.{part(body)}"
    private = key.jwk.private_key
    assert isinstance(private, Ed25519PrivateKey)
    return f"{said}.{part(private.sign(said.encode()))}"


def test_a_token_says_who_speaks_until_it_is_stale(key: TokenKey, tokens: DevelopmentTokens) -> None:
    token = issue(key, ACTOR, now=NOW)
    assert actor(tokens, token) == ACTOR
    assert actor(tokens, signed(key)) == ACTOR
    later = DevelopmentTokens(key, now=lambda: NOW + timedelta(hours=1))
    with pytest.raises(TokenRefused):
        actor(later, token)
    resident = Actor(id="wang", role=Role.RESIDENT)
    assert actor(tokens, issue(key, resident, now=NOW)) == resident


def forged(key: TokenKey) -> dict[str, str]:
    good = signed(key)
    head, body, seal = good.split(".")
    other = OKPKey.generate_key("Ed25519")
    public = json.dumps(key.jwk.as_dict(private=False)).encode()
    hmac_key = OctKey.import_key(public)
    now = int(NOW.timestamp())
    return {
        "empty": "",
        "one part": head,
        "two parts": f"{head}.{body}",
        "no signature": f"{head}.{body}.",
        "four parts": f"{good}.{seal}",
        "alg none": f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{body}.",
        "alg None with a signature": f"{part({'alg': 'None', 'typ': 'at+jwt'})}.{body}.{seal}",
        "no alg": f"{part({'typ': 'at+jwt'})}.{body}.{seal}",
        "public key as secret": jwt.encode({"alg": "HS256", "typ": "at+jwt"}, CLAIMS, hmac_key),
        "empty secret": jwt.encode({"alg": "HS256", "typ": "at+jwt"}, CLAIMS, OctKey.import_key("k" * 32)),
        "RSA": jwt.encode({"alg": "RS256", "typ": "at+jwt"}, CLAIMS, RSAKey.generate_key(2048)),
        "another curve": jwt.encode({"alg": "ES256", "typ": "at+jwt"}, CLAIMS, ECKey.generate_key("P-256")),
        "another key": jwt.encode(HEADER, CLAIMS, other, algorithms=["Ed25519"]),
        "key brought along": jwt.encode(
            {**HEADER, "jwk": other.as_dict(private=False)}, CLAIMS, other, algorithms=["Ed25519"]
        ),
        "changed body": f"{head}.{part({**CLAIMS, 'role': 'administrator'})}.{seal}",
        "changed head": f"{part({**HEADER, 'kid': '../../dev/null'})}.{body}.{seal}",
        "cut signature": good[:-4],
        "signature of another": f"{head}.{body}.{signed(key, sub='zhao').split('.')[2]}",
        "kid": signed(key, {**HEADER, "kid": "../../dev/null"}),
        "jku": signed(key, {**HEADER, "jku": "https://example.org/keys"}),
        "crit": signed(key, {**HEADER, "crit": ["exp"], "exp": 1}),
        "head a list": sealed(key, [HEADER], CLAIMS),
        "unencoded": signed(key, {**HEADER, "b64": True, "crit": ["b64"]}),
        "no type": signed(key, {"alg": "Ed25519"}),
        "type of an identity token": signed(key, {"alg": "Ed25519", "typ": "JWT"}),
        "body not JSON": sealed(key, HEADER, b"hello"),
        "body a list": sealed(key, HEADER, []),
        "no issuer": signed(key, iss=None),
        "another issuer": signed(key, iss="urn:elsewhere"),
        "no audience": signed(key, aud=None),
        "another audience": signed(key, aud="urn:elsewhere"),
        "many audiences": signed(key, aud=["urn:echowall:api", "urn:elsewhere"]),
        "no subject": signed(key, sub=None),
        "empty subject": signed(key, sub=""),
        "subject a number": signed(key, sub=7),
        "subject with a line break": signed(key, sub="li\nrole: administrator"),
        "long subject": signed(key, sub="x" * 121),
        "no end": signed(key, exp=None),
        "ended": signed(key, exp=now - 1, iat=now - 3600),
        "ends now": signed(key, exp=now),
        "end as text": signed(key, exp=str(now + 60)),
        "end not whole": signed(key, exp=now + 0.5),
        "lives for years": signed(key, exp=now + 10**8),
        "no beginning": signed(key, iat=None),
        "issued tomorrow": signed(key, iat=now + 86_400, exp=now + 90_000),
        "not before tomorrow": signed(key, nbf=now + 86_400),
        "no role": signed(key, role=None),
        "the system": signed(key, role="system"),
        "unknown role": signed(key, role="mayor"),
        "two roles": signed(key, role=["resident", "administrator"]),
        "role in capitals": signed(key, role="ADMINISTRATOR"),
        "unit as a pattern": signed(key, unit="%"),
        "unit outside of the alphabet": signed(key, unit="city.\u5317"),
        "too long": signed(key, filler="x" * 5_000),
    }


def test_no_forged_or_stale_token_passes(key: TokenKey, tokens: DevelopmentTokens) -> None:
    forms = forged(key)
    assert len(forms) >= 40
    assert passing(tokens, forms) == []


def test_the_system_gets_no_token_and_no_token_lives_long(key: TokenKey) -> None:
    with pytest.raises(ValueError, match="never granted"):
        issue(key, Actor(id="ladder", role=Role.SYSTEM), now=NOW)
    for life in (timedelta(0), timedelta(days=2)):
        with pytest.raises(ValueError, match="at most a day"):
            issue(key, ACTOR, now=NOW, life=life)


def test_the_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "token.key"
    with pytest.raises(KeyMissing):
        TokenKey.load(path)
    made, read = TokenKey.load(path, create=True), TokenKey.load(path, create=True)
    assert made.jwk.as_dict() == read.jwk.as_dict()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(KeyMissing, match="0600"):
        TokenKey.load(path)


@pytest.mark.parametrize("content", [b"", b"hello", RSAKey.generate_key(2048).as_pem(private=True)])
def test_another_kind_of_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyMissing):
        TokenKey.load(path)


def test_a_public_key_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    path.write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=False))
    path.chmod(0o600)
    with pytest.raises(KeyMissing):
        TokenKey.load(path)
