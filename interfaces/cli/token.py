"""Issues development tokens, so that people and tests can speak to the API without an identity provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from interfaces.cli.actors import UnitOption, actor_of
from interfaces.cli.outcome import BadUsage
from interfaces.cli.output import Json, emit
from interfaces.cli.place import settings_or_none


def add_to(app: typer.Typer) -> None:
    """Put this command into the program."""
    app.command()(token)


def token(
    role: Annotated[str, typer.Option("--role", help="What its holder may do.")],
    unit: UnitOption = None,
    sub: Annotated[
        str | None, typer.Option("--sub", help="Stable id of the person; default: the role at the unit.")
    ] = None,
    hours: Annotated[float, typer.Option("--hours", min=0.01, max=24, help="How long it holds.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Print a development token for the API.

    Where a database is named or `up` runs, the unit must exist there.
    """
    from engine import clock
    from engine.rulebook import Rules
    from engine.store import PostgresStore
    from interfaces.http.identity import guard_unit
    from interfaces.tokens import UNITLESS, TokenKey, issue

    actor = actor_of(role, unit, sub or (f"{role}@{unit}" if unit else role))
    if actor.unit is None and actor.role not in UNITLESS:
        raise BadUsage(f"The role {role} speaks for a unit; name it with --unit.")
    found = settings_or_none()
    if found.oidc_issuer is not None:
        raise BadUsage(
            f"Tokens come from {found.oidc_issuer} (ECHOWALL_OIDC_ISSUER); one of ours is refused."
        )
    if actor.unit is not None and found.database_url is not None:
        with PostgresStore(found.database_url, pool_size=1) as store:
            guard_unit(actor, Rules(store))
    key = TokenKey.load(found.token_key_path, create=found.token_key_file is None)
    now, life = clock.now(), timedelta(hours=hours)
    text = issue(key, actor, now=now, life=life)
    data = {"token": text, "role": actor.role, "unit": actor.unit, "sub": actor.id, "expires": now + life}
    emit(data, as_json, [text])
