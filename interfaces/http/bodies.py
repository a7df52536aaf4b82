"""Turns the body of a request into a command, strictly, from the command's own model."""

from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from fastapi import Request
from pydantic import AwareDatetime, BaseModel, Field, ValidationError, create_model
from pydantic.json_schema import models_json_schema

from domain.case.commands import CASE_COMMANDS, AnyCaseCommand
from interfaces.http.codes import HttpRefusal
from interfaces.http.moments import Moment
from interfaces.http.problems import faults

Model = TypeVar("Model", bound=BaseModel)
MAX_BODY: Final = 1_000_000
"""Bytes; the longest case (50 claims of 5,000 characters) fits."""
REFERENCE: Final = "#/components/schemas/{model}Input"
"""Bodies stand apart from answers: what has a default may be left out here and is always there."""


class Asked(NamedTuple):
    """A command and the moment at which it happened in the world; None means now."""

    command: AnyCaseCommand
    at: datetime | None


async def raw_body(request: Request) -> bytes:
    """Read the body, up to the limit.

    Raises:
        HttpRefusal: body_too_large, media_type_unsupported.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:12]) > MAX_BODY:
        raise HttpRefusal("body_too_large")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HttpRefusal("body_too_large")
    if body and not _is_json(request.headers.get("content-type", "")):
        raise HttpRefusal("media_type_unsupported")
    return bytes(body)


@cache
def body_model(command: type[AnyCaseCommand]) -> type[BaseModel]:
    """Return the model of a command's body: its own fields and the moment at which it happened."""
    happened = Field(default=None, description="When it happened in the world (RFC 3339); left out: now")
    return create_model(
        command.__name__,
        __base__=command,
        __doc__=command.__doc__,
        happened_at=(Moment | None, happened),
        **_moments(command),
    )


def parse(command: type[AnyCaseCommand], raw: bytes) -> Asked:
    """Return what is asked.

    Raises:
        HttpRefusal: body_malformed, request_invalid.
    """
    model = body_model(command)
    body = validated(model, raw or b"{}")
    values = {name: getattr(body, name) for name in model.model_fields}
    at = values.pop("happened_at")
    return Asked(command.model_construct(_fields_set=body.model_fields_set - {"happened_at"}, **values), at)


def validated(model: type[Model], raw: bytes) -> Model:
    """Return what a body says.

    Raises:
        HttpRefusal: body_malformed, request_invalid.
    """
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        if wrong[0]["type"] == "json_invalid":
            raise HttpRefusal("body_malformed") from None
        raise HttpRefusal("request_invalid", errors=faults(wrong)) from None
    except UnicodeDecodeError:
        raise HttpRefusal("body_malformed") from None


def request_schemas() -> dict[str, Any]:
    """Return the JSON Schemas of all bodies and of the records inside them, by name."""
    models = [(body_model(command), "validation") for command in CASE_COMMANDS]
    _, schema = models_json_schema(models, ref_template=REFERENCE)  # type: ignore[arg-type]
    return {f"{name}Input": one for name, one in schema["$defs"].items()}


def _moments(command: type[AnyCaseCommand]) -> dict[str, Any]:
    """Return the command's own moments, to be taken as the API takes moments."""
    kinds: dict[Any, Any] = {AwareDatetime: Moment, AwareDatetime | None: Moment | None}
    fields = command.model_fields.items()
    return {name: (kinds[field.annotation], field) for name, field in fields if field.annotation in kinds}


def _is_json(content_type: str) -> bool:
    kind, _, rest = content_type.partition(";")
    charset = rest.strip().lower().replace('"', "")
    return kind.strip().lower() == "application/json" and charset in {"", "charset=utf-8"}
