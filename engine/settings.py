"""The only reader of the environment, so that every setting is listed and checked in one place."""

import os
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from engine.errors import SettingsInvalid

PREFIX = "ECHOWALL_"
_NO_ADDRESS = (
    "must be an address such as postgresql://user:password@host:5432/name; write special characters of the "
    "password as percent signs and their code, %40 for @"
)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _address(url: str) -> str:
    """Refuse what is no address, in words of our own: those of libpq show parts of the password.

    Parts of a password with `/` or `@` in it are taken for host and port, which a failed attempt shows, too.
    """
    from psycopg import ProgrammingError  # where no address is set, psycopg may not be needed at all
    from psycopg.conninfo import conninfo_to_dict

    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        raise ValueError(_NO_ADDRESS) from None
    hosts, ports = (str(given.get(name) or "").split(",") for name in ("host", "port"))
    # A host that begins with @ is a socket without a file.
    if any("@" in host[1:] for host in hosts) or not all(port.isdecimal() for port in ports if port):
        raise ValueError(_NO_ADDRESS)
    return url


def issuer_address(url: str) -> str:
    """Return the address of an identity provider, or of a part of it.

    Raises:
        ValueError: It isn't one, or isn't encrypted: whoever stands between could bring keys of their own.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise ValueError(
            "must be an https address without user, query and fragment, exactly as tokens name it; http on "
            "this machine only"
        )
    return url


Address = Annotated[str, AfterValidator(_address)]
Folder = Annotated[Path, AfterValidator(Path.expanduser)]
Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda level: str(level).upper())
]


class Settings(BaseSettings):
    """What an installation sets. Fields with an alias follow a convention; the others begin with ECHOWALL_.

    Attributes:
        database_url: Connection string of PostgreSQL; None starts the embedded server where offered.
        temporal_address: Host and port; None starts the development server where offered.
        data_dir: Folder of the embedded servers and of development keys.
        vault_key_file: Key-encryption keys, one in hex a line, the newest first; None: in the data folder.
        token_key_file: Key that signs development tokens; None: in the data folder.
        oidc_issuer: Identity provider whose tokens are accepted; None: development tokens are.
        oidc_audience: What must stand among the audiences of its tokens.
        oidc_role_claim: Claim of its tokens with the role.
        oidc_unit_claim: Claim of its tokens with the unit for which the person speaks.
        policy_dir: Policies of the installation, beside the packaged ones.
        calendar_dir: Calendars of the installation, beside the packaged ones.
        default_policy: Policy of a case that names none.
        pool_size: Connections that a process keeps to PostgreSQL.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix=PREFIX, env_ignore_empty=True, hide_input_in_errors=True
    )

    database_url: Address | None = Field(default=None, validation_alias="DATABASE_URL")
    temporal_address: str | None = Field(default=None, validation_alias="TEMPORAL_ADDRESS")
    temporal_namespace: str = Field(default="default", validation_alias="TEMPORAL_NAMESPACE")
    port: int = Field(default=8000, ge=0, le=65535, validation_alias="PORT")
    log_level: Level = Field(default="INFO", validation_alias="LOG_LEVEL")
    data_dir: Folder = Path(".echowall")
    vault_key_file: Folder | None = None
    token_key_file: Folder | None = None
    oidc_issuer: Annotated[str, AfterValidator(issuer_address)] | None = None
    oidc_audience: str = "urn:echowall:api"
    oidc_role_claim: str = "role"
    oidc_unit_claim: str = "unit"
    policy_dir: Folder | None = None
    calendar_dir: Folder | None = None
    default_policy: str = "hotline-five-working-days"
    pool_size: int = Field(default=8, ge=1, le=64)

    @property
    def vault_key_path(self) -> Path:
        """File of the vault's key-encryption keys."""
        return self.vault_key_file or self.data_dir / "keys" / "vault.key"

    @property
    def token_key_path(self) -> Path:
        """File of the key that signs development tokens."""
        return self.token_key_file or self.data_dir / "keys" / "token.key"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments and the environment; no files, so that a setting has one origin."""
        return init_settings, env_settings


def variables() -> dict[str, str]:
    """Return the environment variable of each field, for the pages that list them."""
    fields = Settings.model_fields.items()
    return {name: str(field.validation_alias or f"{PREFIX}{name}".upper()) for name, field in fields}


def forget() -> None:
    """Take our settings and Temporal's own out of the environment, for this process and its children.

    The level of the log stays.
    """
    ours = set(variables().values()) - {"LOG_LEVEL"}
    for name in list(os.environ):
        if name.upper() in ours or name.upper().startswith((PREFIX, "TEMPORAL_")):
            del os.environ[name]


def load() -> Settings:
    """Read the environment.

    Raises:
        SettingsInvalid: settings_invalid, naming each variable that is unknown or can't serve.
    """
    known = set(variables().values())
    unknown = sorted(
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known
    )
    if unknown:
        raise SettingsInvalid(
            f"Unknown variables: {', '.join(unknown)}. Known ones: {', '.join(sorted(known))}."
        )
    try:
        return Settings()
    except ValidationError as error:
        names = {**variables(), **{alias: alias for alias in known}}
        faults = [
            f"{names.get(str(fault['loc'][0]), fault['loc'][0])}: {fault['msg']}" for fault in error.errors()
        ]
        raise SettingsInvalid("; ".join(faults)) from None
