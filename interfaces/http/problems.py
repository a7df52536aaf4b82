"""Refusals as RFC 9457 problems with stable codes, which never repeat what a client sent."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from domain.errors import DomainError
from interfaces.http.codes import RETRY_AFTER, Fault, HttpRefusal, status_of

MEDIA_TYPE: Final = "application/problem+json"
_NAME: Final = re.compile(r"[a-z_][a-z0-9_-]{0,59}")
_HIDDEN: Final = "?"
_MESSAGES: Final = {
    "extra_forbidden": "Unknown field",
    "json_invalid": "Not JSON",
    "uuid_parsing": "Write a UUID",
    "value_error": "Can't serve",
}
"""In place of messages that may hold what was sent."""
_SERVER_FAULT: Final = 500
_BY_STATUS: Final = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    400: "body_malformed",
}


class WrongPlace(BaseModel):
    """One wrong place of a request."""

    model_config = ConfigDict(extra="forbid")

    location: str = Field(
        description="Dotted path, or body for the whole; a name that no field has is shown as ?"
    )
    code: str
    message: str


class Problem(BaseModel):
    """Why nothing was done (RFC 9457). Rely on `code`; the words may change."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="Address of the page about this code, relative to this server")
    title: str
    status: int
    detail: str
    code: str
    errors: list[WrongPlace] | None = Field(default=None, description="Only with request_invalid")


def problem(error: DomainError, status: int | None = None) -> Response:
    """Return the response that tells a refusal."""
    status = status or status_of(error.code)
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": title_of(error.code),
        "status": status,
        # Faults of the server are told to its log only.
        "detail": error.message if status != _SERVER_FAULT else "The fault is ours; it was logged.",
        "code": error.code,
    }
    if isinstance(error, HttpRefusal) and error.errors:
        body["errors"] = list(error.errors)
    return Response(dump(body), status, headers=_headers(error.code, status), media_type=MEDIA_TYPE)


def title_of(code: str) -> str:
    """Return a code as words."""
    return code.replace("_", " ").capitalize()


def dump(body: Any) -> bytes:
    """Return JSON in UTF-8; a lone surrogate, which UTF-8 can't hold, becomes a question mark."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return orjson.dumps(_printable(body))


def faults(errors: Iterable[Mapping[str, Any]]) -> tuple[Fault, ...]:
    """Return pydantic's errors without what was sent: neither values nor names that no field has."""
    return tuple(
        {"location": _location(error["loc"]), "code": str(error["type"]), "message": _message(error)}
        for error in errors
    )


def install(app: FastAPI) -> None:
    """Answer every refusal of the app as a problem."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return problem(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(HttpRefusal("request_invalid", errors=faults(error.errors())))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = problem(HttpRefusal(_BY_STATUS.get(error.status_code, "fault")))
    if error.headers and "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _headers(code: str, status: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    if code in RETRY_AFTER:
        headers["Retry-After"] = str(RETRY_AFTER[code])
    if code in {"token_missing", "token_refused"}:
        error = ' error="invalid_token"' if code == "token_refused" else ""
        headers["WWW-Authenticate"] = f'Bearer realm="echowall"{"," if error else ""}{error}'
    return headers


def _location(parts: Iterable[Any]) -> str:
    named = (str(one) if isinstance(one, int) or _NAME.fullmatch(one) else _HIDDEN for one in parts)
    return ".".join(named) or "body"


def _message(error: Mapping[str, Any]) -> str:
    """Return the message of an error; those of types, limits and our own kinds never hold what was sent."""
    return _MESSAGES.get(error["type"]) or str(error["msg"])


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_printable(key): _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(one) for one in value]
    return value
