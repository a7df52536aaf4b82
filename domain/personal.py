"""Personal values, sealed before anything is recorded: an event holds a commitment and never the words."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

MAX_TEXT = 5_000
"""Longest personal value in characters."""

Commitment = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""HMAC-SHA256(salt, field || value) in hex; salt and value lie in the vault."""


def said(text: str) -> str:
    """Refuse a text of blanks only: it says nothing.

    Raises:
        ValueError: Nothing but blanks.
    """
    if not text.strip():
        raise PydanticCustomError("blank", "write something; blanks say nothing")
    return text


class Personal(BaseModel):
    """A personal value on its way in: a name, a telephone number, an address or anybody's own words.

    Clients send a plain string, and never a commitment. The engine adds the commitment before the command is
    decided, and only that goes into events.

    Attributes:
        text: The value.
        commitment: Empty until sealed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Field(min_length=1), AfterValidator(said)]
    commitment: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any, info: ValidationInfo) -> Any:
        """Read a client's string here already, so that a fault is told of the value and not of `text`."""
        if isinstance(value, str):
            return {"text": said(value)}
        if info.mode == "json":
            raise PydanticCustomError("plain_text", "a personal value is a plain string")
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": r"\S"}
