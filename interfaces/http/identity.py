"""Who asks: every address under /v1 takes a token, before anything else of the request is looked at."""

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.actor import Actor
from domain.errors import DomainError
from engine.rulebook import Rules
from interfaces.compose import Program
from interfaces.http.codes import HttpRefusal
from interfaces.http.problems import problem
from interfaces.tokens import UNITLESS, Verifier

GUARDED: Final = "/v1"
SECURITY: Final[list[dict[str, list[str]]]] = [{"bearer": []}]
SCHEME: Final = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


class TokenGuard:
    """Lets a request under /v1 pass only with a token that holds; a new route can't forget it."""

    def __init__(self, app: ASGIApp, tokens: Verifier) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the token and leave the actor in the request's state."""
        if scope["type"] == "http" and _guarded(scope["path"]):
            try:
                who = await self._tokens.actor(bearer(Headers(scope=scope)))
            except DomainError as refusal:
                await problem(refusal)(scope, receive, send)
                return
            scope.setdefault("state", {})["actor"] = who
        await self._app(scope, receive, send)


def bearer(headers: Headers) -> str:
    """Return the token of a request.

    Raises:
        HttpRefusal: token_missing, token_refused (two of them, or another scheme).
    """
    given = headers.getlist("authorization")
    if not given:
        raise HttpRefusal("token_missing")
    scheme, _, token = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not token:
        raise HttpRefusal("token_refused")
    return token


def program(request: Request) -> Program:
    """Return what the API works with."""
    found: Program = request.app.state.program
    return found


def actor(request: Request, program: Annotated[Program, Depends(program)]) -> Actor:
    """Return who asks, with a unit that exists where the role needs one.

    Raises:
        HttpRefusal: unit_required, unit_unknown.
    """
    who: Actor = request.state.actor
    guard_unit(who, program.engine.rules)
    return who


def guard_unit(who: Actor, rules: Rules) -> None:
    """Refuse whoever speaks for no unit and must, or for one that doesn't exist; the command line asks too.

    Raises:
        HttpRefusal: unit_required, unit_unknown.
    """
    if who.unit is None:
        if who.role not in UNITLESS:
            raise HttpRefusal("unit_required")
    elif not (rules.current().organisation.knows(who.unit) or rules.refresh().organisation.knows(who.unit)):
        raise HttpRefusal("unit_unknown")


def _guarded(path: str) -> bool:
    return path == GUARDED or path.startswith(f"{GUARDED}/")


CurrentActor = Annotated[Actor, Depends(actor)]
CurrentProgram = Annotated[Program, Depends(program)]
