"""The words of a policy: what is owed, the rungs that follow, and how far each rule's source goes."""

import re
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from domain.calendar import Calendar, Duration, TimeUnit, shift

_OFFSET = re.compile(r"(before|after) ([0-9]+ [a-z_]+)")

ReasonCode = Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=60)]


class Obligation(StrEnum):
    """What a unit owes by a moment."""

    DISPATCH = "dispatch"
    ACCEPT = "accept"
    CONTACT = "contact"
    RESOLVE = "resolve"
    VISIT = "visit"
    ANSWER_WHISTLE = "answer_whistle"
    ANSWER_OBJECTION = "answer_objection"


class Rung(StrEnum):
    """The steps of a ladder, lowest first."""

    REMIND = "remind"
    SUPERVISE = "supervise"
    RAISE = "raise"
    HOLD_ACCOUNTABLE = "hold_accountable"


class Status(StrEnum):
    """How far a rule may be relied on.

    `VERIFIED`: the article was read. `DRAFT`: read in a draft. `REPORTED`: known from another's report.
    `LOCAL`: chosen here.
    """

    VERIFIED = "verified"
    DRAFT = "draft"
    REPORTED = "reported"
    LOCAL = "local"


class Record(BaseModel):
    """A part of a policy: frozen, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cited(Record):
    """A rule with its own source; `article` names instrument and article, and is empty only if unverified."""

    status: Status = Status.LOCAL
    article: str = ""

    @model_validator(mode="after")
    def _verified_names_its_article(self) -> Self:
        if self.status is Status.VERIFIED and not self.article.strip():
            raise PydanticCustomError("policy_unverified", "a verified rule names the article it was read in")
        return self


class Source(Cited):
    """Where a policy comes from; `date` is as exact as is known: 2018, 2018-06 or 2018-06-28."""

    instrument: str = Field(min_length=1)
    date: str = Field(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$")
    status: Status


class Title(Record):
    """A policy's name in the two languages of the console."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class Offset(Record):
    """Where a rung stands beside the due moment; `after 0` is at it; in files also `before 1 working_day`."""

    when: Literal["before", "after"]
    amount: int = Field(ge=0, strict=True)
    unit: TimeUnit

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _OFFSET.fullmatch(value)
        if match is None:
            raise ValueError('write an offset as "before 1 working_day" or "after 0 working_day"')
        amount, unit = match[2].split(" ")
        return {"when": match[1], "amount": int(amount), "unit": unit}

    @model_validator(mode="after")
    def _is_a_duration(self) -> Self:
        Duration(amount=self.amount, unit=self.unit)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Publish both forms that a file may use: text and table."""
        table = handler.resolve_ref_schema(handler(core))
        units = "|".join(TimeUnit)
        text = {"type": "string", "pattern": f"^(before|after) [0-9]+ ({units})$"}
        return {"anyOf": [text, dict(table)], "title": "Offset", "description": cls.__doc__}

    @cached_property
    def by(self) -> Duration:
        """The distance from the due moment, either way."""
        return Duration(amount=self.amount, unit=self.unit)

    def moment(self, due_at: datetime, calendar: Calendar) -> datetime:
        """Return the UTC moment of the rung beside a due moment; raises as `domain.calendar.shift`."""
        return shift(due_at, self.by, calendar, backwards=self.when == "before")
