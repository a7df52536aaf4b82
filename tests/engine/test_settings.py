"""Settings come from the environment only, and a mistake in one is said plainly."""

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from engine import log
from engine.errors import SettingsInvalid
from engine.settings import Settings, forget, load, variables


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*variables().values(), *os.environ]:
        if name in variables().values() or name.startswith("ECHOWALL_"):
            monkeypatch.delenv(name, raising=False)


def test_an_empty_environment_has_working_defaults() -> None:
    settings = load()
    assert settings.database_url is None
    assert (settings.port, settings.temporal_namespace, settings.pool_size) == (8000, "default", 8)
    assert settings.vault_key_path == settings.data_dir / "keys" / "vault.key"


def test_conventional_and_own_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "DATABASE_URL": "postgresql://db/x",
        "TEMPORAL_ADDRESS": "t:7233",
        "PORT": "9000",
        "LOG_LEVEL": "debug",
        "ECHOWALL_DATA_DIR": "~/data",
        "ECHOWALL_VAULT_KEY_FILE": "/run/secrets/vault",
        "ECHOWALL_POOL_SIZE": "3",
        "ECHOWALL_POLICY_DIR": "",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.database_url == "postgresql://db/x"
    assert (settings.port, settings.log_level, settings.pool_size) == (9000, "DEBUG", 3)
    assert settings.data_dir == Path("~/data").expanduser()
    assert settings.vault_key_path == Path("/run/secrets/vault")
    assert settings.policy_dir is None


def test_variables_of_others_do_not_set_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "/elsewhere")
    monkeypatch.setenv("ECHOWALL_PORT", "1")
    with pytest.raises(SettingsInvalid, match="ECHOWALL_PORT"):
        load()
    monkeypatch.delenv("ECHOWALL_PORT")
    assert load().data_dir == Path(".echowall")


def test_an_unknown_variable_is_named_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHOWALL_POLICY_DIRR", "/x")
    with pytest.raises(SettingsInvalid, match=r"ECHOWALL_POLICY_DIRR.*ECHOWALL_POLICY_DIR"):
        load()


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "x"), ("PORT", "70000"), ("LOG_LEVEL", "LOUD"), ("ECHOWALL_POOL_SIZE", "0")]
)
def test_a_value_that_cannot_serve_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=name):
        load()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql://u:ge%heim@h/x",
        "postgresql://u:ge heim@h/x",
        "postgresql://u:ge/heim@h/x",
        "postgresql://u:ge@heim@h/x",
        "postgresql://h/x?geheim=1",
    ],
)
def test_an_address_that_can_not_be_read_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SettingsInvalid, match="DATABASE_URL") as refused:
        load()
    assert not {"ge", "heim", "geheim", "nonsense"} & set(re.findall(r"\w+", str(refused.value)))
    with pytest.raises(ValidationError) as told:
        Settings()
    assert "heim" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40ss@[::1]:5432/x",
        "postgresql://a:1,b/x",
        "postgresql://a:1,b:/x",
        "postgresql:///x?host=/run/p&port=5",
        "host=a port=7 dbname=x",
        "host=@echowall dbname=x",
        "dbname=x",
    ],
)
def test_every_form_of_an_address_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert load().database_url == url


def test_logs_are_json_where_a_program_reads_them(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    log.get("projector").info("caught up", position=7)
    log.get("projector").debug("not shown")
    written = capsys.readouterr().err
    assert '"part": "projector"' in written
    assert '"position": 7' in written
    assert "not shown" not in written


def test_forgetting_takes_our_settings_and_temporals_out_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = {name: "7" for name in variables().values()} | {"ECHOWALL_ANYTHING": "1", "TEMPORAL_TLS": "true"}
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    monkeypatch.setenv("HOME", "/home/somebody")
    forget()
    assert not (ours.keys() - {"LOG_LEVEL"}) & os.environ.keys()
    assert (os.environ["LOG_LEVEL"], os.environ["HOME"]) == ("WARNING", "/home/somebody")
    assert load().data_dir == Path(".echowall")
