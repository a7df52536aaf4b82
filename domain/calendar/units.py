"""Units of time and amounts of them, so that a limit in law can be written as data and counted exactly."""

import re
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

_TEXT = re.compile(r"(0|[1-9][0-9]{0,9}) ([a-z_]+)")
_CENTURY_DAYS = 36_525
_CENTURY_HOURS = _CENTURY_DAYS * 24
_CENTURY_SECONDS = _CENTURY_HOURS * 3600


class TimeUnit(StrEnum):
    """What a limit is counted in.

    `URGENT_HOUR` is an hour by the clock, day and night, on every day: a local choice, since the rules
    that name "urgent working hours" were not seen to define them.
    """

    SECOND = "second"
    WORKING_HOUR = "working_hour"
    URGENT_HOUR = "urgent_hour"
    WORKING_DAY = "working_day"
    NATURAL_DAY = "natural_day"


_MOST = {
    TimeUnit.SECOND: _CENTURY_SECONDS,
    TimeUnit.WORKING_HOUR: _CENTURY_HOURS,
    TimeUnit.URGENT_HOUR: _CENTURY_HOURS,
    TimeUnit.WORKING_DAY: _CENTURY_DAYS,
    TimeUnit.NATURAL_DAY: _CENTURY_DAYS,
}


class Duration(BaseModel):
    """An amount of one unit of time, at most a century of it; in files also the text `5 working_day`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: int = Field(ge=0, strict=True)
    unit: TimeUnit

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _TEXT.fullmatch(value)
        if match is None:
            message = 'write a duration as an amount and a unit, such as "5 working_day"'
            raise PydanticCustomError("duration_format", message)
        return {"amount": int(match[1]), "unit": match[2]}

    @model_validator(mode="after")
    def _within_a_century(self) -> "Duration":
        if self.amount > _MOST[self.unit]:
            most = {"most": _MOST[self.unit], "unit": self.unit.value}
            raise PydanticCustomError("duration_too_long", "more than a century: at most {most} {unit}", most)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Publish both forms that a file may use: text and table."""
        table = handler.resolve_ref_schema(handler(core))
        units = "|".join(TimeUnit)
        text = {"type": "string", "pattern": f"^(0|[1-9][0-9]{{0,9}}) ({units})$"}
        return {"anyOf": [text, dict(table)], "title": "Duration", "description": cls.__doc__}

    def __str__(self) -> str:
        """Return the text form, `5 working_day`."""
        return f"{self.amount} {self.unit}"
