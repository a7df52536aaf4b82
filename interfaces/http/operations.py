"""What operators and developers read: health, measures, version, the API's own pages."""

import socket
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from domain.errors import REFUSALS, DomainError
from interfaces.compose import Program
from interfaces.http.codes import HTTP_CODES, HttpRefusal, status_of
from interfaces.http.identity import CurrentProgram
from interfaces.http.openapi import problems
from interfaces.http.problems import dump, title_of
from projections import progress

ASSETS: Final = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
}
DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_DOCS: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Echo Wall API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js"></script>
</body>
</html>
"""
_TEMPORAL_SECONDS: Final = 0.5
_READY, _NOT_READY = 200, 503

routes = APIRouter(tags=["operations"])


class Readiness(BaseModel):
    """Whether this process can work cases, and how far the ledgers are behind."""

    ready: bool
    database: str
    head: int | None
    ledgers: int | None
    lag: int | None
    temporal: str


class Version(BaseModel):
    """What runs here."""

    name: str
    version: str
    api: str


class ProblemPage(BaseModel):
    """What a code means and what to do about it."""

    code: str
    title: str
    status: int
    advice: str


def release() -> str:
    """Return the version of the installed program."""
    try:
        return version("echowall")
    except PackageNotFoundError:
        return "0.0.0"


@routes.get("/livez", operation_id="livez", summary="Whether the process answers")
async def livez() -> dict[str, str]:
    """Never looks at anything else, nor waits for a thread."""
    return {"status": "ok"}


@routes.get(
    "/readyz",
    operation_id="readyz",
    summary="Whether cases can be worked here",
    responses={503: {"model": Readiness, "description": "The database is away"}},
)
def readyz(program: CurrentProgram, response: Response) -> Readiness:
    """The database is needed; ledgers that are behind and a Temporal that is away are told only."""
    found = _look(program)
    response.status_code = _READY if found.ready else _NOT_READY
    return found


@routes.get("/metrics", operation_id="metrics", summary="Measures for Prometheus", response_class=Response)
def metrics(request: Request, program: CurrentProgram) -> Response:
    """Counts and times; no ids and no personal data."""
    page: bytes = request.app.state.metrics.page(program)
    return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")


@routes.get("/version", operation_id="version", summary="What runs here")
def version_of() -> Version:
    """The program's version and the API's."""
    return Version(name="echowall", version=release(), api="v1")


@routes.get(
    "/problems/{code}", operation_id="problem", summary="What a problem means", responses=problems({404, 422})
)
def about(code: str) -> ProblemPage:
    """The page to which the `type` of a problem leads."""
    advice = HTTP_CODES[code][1] if code in HTTP_CODES else ADVICE.get(code)
    if advice is None:
        raise HttpRefusal("not_found")
    return ProblemPage(code=code, title=title_of(code), status=status_of(code), advice=advice)


@routes.get("/docs", include_in_schema=False)
def docs() -> Response:
    """Serve the API page."""
    return Response(
        _DOCS, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": DOCS_POLICY}
    )


@routes.get("/docs/{name}", include_in_schema=False)
def asset(name: str) -> Response:
    """Serve a part of the API page; it loads nothing from elsewhere."""
    if name not in ASSETS:
        raise HttpRefusal("not_found")
    body = (files("interfaces.http") / "static" / name).read_bytes()
    return Response(body, media_type=ASSETS[name], headers={"Cache-Control": "public, max-age=86400"})


def openapi(request: Request) -> Response:
    """Serve the description of the API."""
    return Response(dump(request.app.openapi()), media_type="application/json")


def _advice() -> dict[str, str]:
    """Return what to do about every code that isn't of the HTTP edge."""
    found: dict[str, str] = dict(REFUSALS)
    pending: list[type[Any]] = [DomainError]
    while pending:
        one = pending.pop()
        pending.extend(one.__subclasses__())
        code, text = one.__dict__.get("code"), one.__doc__ or ""
        if code and code not in {"domain_error", "engine_error"}:
            found.setdefault(code, text.split("\n\n", 1)[0].replace("\n", " "))
    return found


ADVICE: Final = _advice()
"""What to do about each code of the domain, the engine and the ledgers."""


def _look(program: Program) -> Readiness:
    temporal = _temporal(program.settings.temporal_address)
    try:
        head = program.engine.store.head()
    except DomainError as error:
        return Readiness(
            ready=False, database=error.code, head=None, ledgers=None, lag=None, temporal=temporal
        )
    try:
        with program.ledgers.connection() as connection:
            ledgers = progress.position(connection)
    except DomainError:
        return Readiness(ready=True, database="ok", head=head, ledgers=None, lag=None, temporal=temporal)
    lag = max(0, head - ledgers)
    return Readiness(ready=True, database="ok", head=head, ledgers=ledgers, lag=lag, temporal=temporal)


def _temporal(address: str | None) -> str:
    """Return whether Temporal's port answers; cases are worked without it."""
    if address is None:
        return "not configured"
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_TEMPORAL_SECONDS):
            return "reachable"
    except (OSError, ValueError):
        return "unreachable"
