"""The published description: commands with their bodies, problems, and links from a new case onwards."""

import inspect
from collections.abc import Iterable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from domain.case.commands import CASE_COMMANDS, AnyCaseCommand, Collect
from interfaces.http.bodies import request_schemas
from interfaces.http.identity import GUARDED, SCHEME, SECURITY
from interfaces.http.problems import MEDIA_TYPE, Problem

REFERENCE: Final = "#/components/schemas/{model}"
DESCRIPTION: Final = """Residents' issues, from collection to strike-off.

Every command is a POST on its case with an `Idempotency-Key` and, beyond collection, the version seen in
`If-Match`.
Refusals are problems (RFC 9457): rely on their `code`. Times are RFC 3339 with an offset."""
MEANINGS: Final = {
    400: "A header or the body can't be read",
    401: "No token that holds",
    403: "Not for this role or unit",
    404: "No such thing, or not for this actor to know of",
    409: "The case stands otherwise now",
    412: "The case has moved on from the version seen",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "What is asked can't be",
    428: "The version seen is missing",
    503: "The database, a ledger or the identity provider is away or behind; ask again",
}


def problems(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """Return the declared problems of a route."""
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    return {status: {"description": MEANINGS[status], "content": content} for status in sorted(statuses)}


OPENING_PROBLEMS: Final = problems({400, 401, 403, 404, 409, 413, 415, 422, 503})
COMMAND_PROBLEMS: Final = problems(MEANINGS)
CASE_PROBLEMS: Final = problems({401, 403, 404, 422, 503})
LIST_PROBLEMS: Final = problems({401, 403, 422, 503})


def describe(command: type[AnyCaseCommand]) -> tuple[str, str]:
    """Return summary and description of a command, out of its docstring."""
    text = inspect.getdoc(command) or command.__name__
    first = text.split("\n\n", 1)[0].replace("\n", " ")
    summary = first.split(" Refused: ", 1)[0].rstrip(".")
    roles = ", ".join(f"`{role.value}`" for role in sorted(command.ROLES))
    return summary, f"{text}\n\nRoles: {roles}. Standing to the case: {command.RELATION.value}."


def install(app: FastAPI, version: str) -> None:
    """Let the app publish its description."""

    def published() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app, version)
        return app.openapi_schema

    app.openapi = published  # type: ignore[method-assign]


def _schema(app: FastAPI, version: str) -> dict[str, Any]:
    schema = get_openapi(
        title="Echo Wall 回音壁",
        version=version,
        description=DESCRIPTION,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = schema.setdefault("components", {})
    components["securitySchemes"] = SCHEME
    known = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template=REFERENCE)
    for name, one in {**request_schemas(), **problem.pop("$defs"), "Problem": problem}.items():
        if name in known:
            raise ValueError(f"two shapes are called {name}")
        known[name] = one
    for path, item in schema["paths"].items():
        if path.startswith(GUARDED):
            for one in item.values():
                one["security"] = SECURITY
    schema["paths"]["/v1/cases"]["post"]["responses"]["201"]["links"] = dict(_links(schema))
    return dict(schema)


def _links(schema: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield links from a case just collected to everything that may be done with it."""
    body_case, body_tag = "$response.body#/case", "$response.header.ETag"
    commands = {command.VERB.replace("-", "_") for command in CASE_COMMANDS if command is not Collect}
    for path, item in schema["paths"].items():
        for one in item.values():
            if path.startswith("/v1/cases/{case_id}"):
                parameters = {"path.case_id": body_case}
                if one["operationId"] in commands:
                    parameters["header.If-Match"] = body_tag
                yield one["operationId"], {"operationId": one["operationId"], "parameters": parameters}
