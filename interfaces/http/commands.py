"""One route for each command of a case, made from the domain's table; no command is known here by name."""

from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from domain.actor import Actor
from domain.case.commands import CASE_COMMANDS, AnyCaseCommand, Collect
from domain.case.decide import may_give
from domain.errors import NotAllowed, Refused
from engine import ids
from engine.authorise import visible
from engine.request import Answer
from interfaces.compose import Program
from interfaces.http import conditions
from interfaces.http.bodies import REFERENCE, body_model, parse, raw_body
from interfaces.http.codes import status_of
from interfaces.http.identity import CurrentActor, CurrentProgram
from interfaces.http.openapi import COMMAND_PROBLEMS, OPENING_PROBLEMS, describe
from interfaces.http.problems import problem
from interfaces.http.shapes import Given

RawBody = Annotated[bytes, Depends(raw_body)]
CaseId = Annotated[str, Path(description="Id of the case", json_schema_extra={"format": "uuid"})]
REPLAYED: Final = "Idempotent-Replayed"
ANSWER_HEADERS: Final[dict[str, Any]] = {
    "ETag": {
        "description": "Version of the case after the command",
        "schema": {"type": "string"},
        "required": True,
    },
    REPLAYED: {"description": "true when this answer was given before", "schema": {"enum": ["true"]}},
}
LOCATION: Final = {"description": "Address of the case", "schema": {"type": "string"}, "required": True}


def operation(command: type[AnyCaseCommand]) -> str:
    """Return the operation id of a command."""
    return command.VERB.replace("-", "_")


def router() -> APIRouter:
    """Return the routes of all commands."""
    routes = APIRouter(prefix="/v1/cases", tags=["commands"])
    for command in CASE_COMMANDS:
        opens = command is Collect
        summary, description = describe(command)
        routes.add_api_route(
            "" if opens else f"/{{case_id}}/{command.VERB}",
            _collecting() if opens else _giving(command),
            methods=["POST"],
            status_code=201 if opens else 200,
            response_model=Given,
            operation_id=operation(command),
            summary=summary,
            description=description,
            responses=OPENING_PROBLEMS if opens else COMMAND_PROBLEMS,
            openapi_extra=_extra(command, opens=opens),
        )
    return routes


def _extra(command: type[AnyCaseCommand], *, opens: bool) -> dict[str, Any]:
    model = body_model(command)
    needed = any(field.is_required() for field in model.model_fields.values())
    schema = {"$ref": REFERENCE.format(model=model.__name__)}
    headers = {**ANSWER_HEADERS, "Location": LOCATION} if opens else ANSWER_HEADERS
    return {
        "parameters": [conditions.KEY_PARAMETER]
        if opens
        else [conditions.KEY_PARAMETER, conditions.VERSION_PARAMETER],
        "requestBody": {"required": needed, "content": {"application/json": {"schema": schema}}},
        "responses": {"201" if opens else "200": {"headers": headers}},
        "x-roles": sorted(role.value for role in command.ROLES),
    }


def _collecting() -> Callable[..., Given | Response]:
    def collect(
        request: Request, response: Response, actor: CurrentActor, program: CurrentProgram, raw: RawBody
    ) -> Given | Response:
        _guard_role(actor, Collect)
        command_id = conditions.command_id(request, actor)
        asked = parse(Collect, raw)
        answer = program.engine.handle(ids.new(), asked.command, actor, command_id=command_id, at=asked.at)
        response.headers["Location"] = f"/v1/cases/{answer.case}"
        return _given(answer, response)

    return collect


def _giving(command: type[AnyCaseCommand]) -> Callable[..., Given | Response]:
    def give(  # noqa: PLR0917 - FastAPI calls it by name
        request: Request,
        response: Response,
        case_id: CaseId,
        actor: CurrentActor,
        program: CurrentProgram,
        raw: RawBody,
    ) -> Given | Response:
        case = conditions.case_id(case_id)
        _guard_role(actor, command)
        command_id = conditions.command_id(request, actor)
        seen = conditions.seen_version(request)
        asked = parse(command, raw)
        try:
            answer = program.engine.handle(
                case, asked.command, actor, command_id=command_id, at=asked.at, expected_version=seen
            )
        except Refused as refusal:
            if refusal.code == "unknown_case" and _sees(program, actor, case):
                # The case that the body names, not the one in the address.
                return problem(refusal, status_of("unknown_entry"))
            raise
        return _given(answer, response)

    return give


def _guard_role(actor: Actor, command: type[AnyCaseCommand]) -> None:
    """Refuse by role before the case is looked at, so that the refusal says nothing about it."""
    if not may_give(actor, command):
        roles = ", ".join(sorted(role.value for role in command.ROLES))
        raise NotAllowed(f"The role {actor.role.value} may not {command.VERB}; it takes one of: {roles}.")


def _sees(program: Program, actor: Actor, case: UUID) -> bool:
    found = program.engine.case(case)
    return found is not None and visible(actor, found, program.engine.rules.current().organisation)


def _given(answer: Answer, response: Response) -> Given:
    response.headers["ETag"] = conditions.tag(answer.version)
    if answer.repeated:
        response.headers[REPLAYED] = "true"
    return Given(
        case=answer.case, version=answer.version, position=answer.position, events=list(answer.events)
    )
