"""What an installation stands on, as `echowall doctor` examines it: key files, the server, its roles."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.settings import Settings

OLDEST_SERVER: Final = 16
"""Oldest major version of PostgreSQL that has all that we use; only 18 is tried with each release."""
SHOWN: Final = 3
"""Number of things told of a list that may be long."""


@dataclass(frozen=True)
class Check:
    """One thing examined.

    Attributes:
        advice: What to do when it is wrong.
        warning: It is not wrong yet, and will be.
    """

    name: str
    ok: bool
    found: str
    advice: str
    warning: bool = False


def keys(settings: Settings) -> Iterator[Check]:
    """Examine whether the key files are there and closed to others, and whether the issuer's keys come."""
    lost = "every personal value would be lost with it; only for an empty log a start makes a new one."
    yield _key("vault key", settings.vault_key_path, f"Restore it from its backup: {lost}")
    if settings.oidc_issuer is not None:
        yield _issuer(settings.oidc_issuer)
    else:
        yield _key("token key", settings.token_key_path, "Restore it, or start once to make a new one.")


def _key(name: str, path: Path, advice: str) -> Check:
    if not path.is_file():
        return Check(name, False, f"{path} is missing", advice)
    mode = stat.S_IMODE(path.stat().st_mode)
    return Check(name, mode & 0o077 == 0, f"{path}, mode {mode:04o}", f"Run chmod 600 {path}.")


def _issuer(address: str) -> Check:
    from interfaces.tokens.keys import UNREADABLE, published

    advice = f"Look at {address}, and at ECHOWALL_OIDC_ISSUER: without its keys nobody gets in."
    try:
        found = len(published(address).keys)
    except UNREADABLE as error:
        return Check("token issuer", False, f"{address}: {type(error).__name__}", advice)
    return Check("token issuer", True, f"{address} publishes {found} keys that serve", "")


def vault(settings: Settings) -> Iterator[Check]:
    """Examine whether the key file is the database's, by opening persons' keys with it; makes none."""
    from engine.handle import Engine

    with closing(Engine.open(settings, create_keys=False)) as engine:
        persons = engine.vault.prove()
    yield Check("vault", True, "persons' keys open" if persons else "holds nobody yet", "")


def database(settings: Settings) -> Iterator[Check]:
    """Examine server, migrations and roles."""
    import psycopg

    from engine.errors import Unavailable
    from engine.migrate import ROLES
    from engine.store.datastore import check_safety
    from engine.store.roles import amiss, mendable
    from interfaces.compose import pending

    if settings.database_url is None:
        raise Unavailable("Set DATABASE_URL, or start `echowall up`.")
    try:
        with psycopg.connect(settings.database_url, connect_timeout=10) as connection:
            check_safety(connection)
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise Unavailable(f"Start PostgreSQL or correct DATABASE_URL: {str(error).strip()}") from None
    advice = f"Move to PostgreSQL {OLDEST_SERVER} or newer."
    yield Check(
        "database", version >= OLDEST_SERVER, f"PostgreSQL {version}, flushes what it acknowledges", advice
    )
    missing = [name for name in pending(settings) if name != ROLES]
    found = "none pending" if not missing else f"pending: {', '.join(missing)}"
    yield Check("migrations", not missing, found, "Run `echowall migrate`.")
    if not missing:
        with psycopg.connect(settings.database_url, connect_timeout=10) as connection:
            yield roles_check(amiss(connection), mendable(connection))


def roles_check(lacking: Sequence[str], mendable: bool) -> Check:
    """Examine whether sessions are held to what they are for; a user who may not mend that may go on without.

    Args:
        lacking: What is amiss with roles, ownership and privileges.
        mendable: Whether the user of DATABASE_URL may put it right.
    """
    found = ", ".join(lacking[:SHOWN]) + (f" and {len(lacking) - SHOWN} more" if lacking[SHOWN:] else "")
    advice = "Run `echowall migrate`" + (
        "." if mendable else " as a superuser, or as a user who may make roles."
    )
    if lacking and not mendable:
        advice = f"The log is kept by triggers alone. {advice}"
    return Check(
        "roles",
        not lacking or not mendable,
        found or "as migrations leave them",
        advice if lacking else "",
        warning=bool(lacking) and not mendable,
    )
