"""An installation that names an identity provider: its tokens open the API, and those of the key don't."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from domain.actor import Actor, Role
from engine import clock
from engine.settings import Settings
from interfaces import compose
from interfaces.cli.foundation import keys
from interfaces.tokens import issue
from tests.interfaces.http.desk import COLLECT
from tests.interfaces.tokens.provider import Provider

pytestmark = pytest.mark.postgres
UNIT = "city.north"


@pytest.fixture
def named(settings: Settings, program: compose.Program, issuer: Provider) -> Settings:
    """Settings of the installation with the provider in them; its city is there."""
    return settings.model_copy(update={"oidc_issuer": issuer.issuer})


def test_tokens_of_the_provider_open_the_api_and_those_of_the_key_no_more(
    named: Settings, settings: Settings, issuer: Provider
) -> None:
    now = clock.now()
    theirs = {"Authorization": f"Bearer {issuer.token(now, unit=UNIT)}"}
    worker = Actor(id="li", role=Role.CASE_WORKER, unit=UNIT)
    ours = {"Authorization": f"Bearer {issue(compose.token_key(settings), worker, now=now)}"}
    with compose.open_program(named) as opened, TestClient(compose.app(opened)) as client:
        answer = client.post("/v1/cases", headers={**theirs, "Idempotency-Key": "1"}, json=COLLECT)
        assert answer.status_code == 201, answer.text
        case = f"/v1/cases/{answer.json()['case']}"
        assert client.get(case, headers=theirs).status_code == 200
        refused = client.get(case, headers=ours)
        assert (refused.status_code, refused.json()["code"]) == (401, "token_refused")


def test_without_the_provider_nobody_gets_in_and_the_client_is_told_to_ask_again(
    named: Settings, issuer: Provider
) -> None:
    token = issuer.token(clock.now(), unit=UNIT)
    issuer.answers.clear()
    with compose.open_program(named) as opened, TestClient(compose.app(opened)) as client:
        answer = client.get("/v1/cases", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "issuer_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_the_doctor_asks_the_provider_for_its_keys(named: Settings, issuer: Provider) -> None:
    found = {check.name: check for check in keys(named)}
    assert found["token issuer"].ok
    assert "publishes 1" in found["token issuer"].found
    issuer.answers.clear()
    found = {check.name: check for check in keys(named)}
    assert not found["token issuer"].ok
    assert "ECHOWALL_OIDC_ISSUER" in found["token issuer"].advice
