"""The words of a policy: what is owed, the rungs that follow, and how far each rule's source goes."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from domain.calendar import Calendar, Duration, Moment, TimeUnit, shift
from domain.calendar.offsets import shift_office

_OFFSET = re.compile(r"(before|after) ([0-9]+ [a-z_]+)")
_SHARE = re.compile(r"before ([0-9]{1,2}) percent")
_WHOLE = 100
_DAY_SHARE = timedelta(seconds=864)
"""One percent of a day."""

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
    SECURE = "secure"
    """Make the place safe, as by a fence round a burst pipe; a milestone on the way to the resolution."""
    REPAIR = "repair"
    """Make the thing itself whole, before what was dug up is restored; a milestone as well."""
    ANSWER_REVIEW = "answer_review"
    ANSWER_RECHECK = "answer_recheck"
    DECIDE_EXTENSION = "decide_extension"
    """Grant or refuse the time that was asked for; the unit that decides owes it."""
    PROMISE = "promise"
    """Resolve by a date promised locally (承诺时限), beside the limit of the law."""


OBLIGATIONS = frozenset(Obligation)
"""All of them, put together once: to go through an enumeration costs more than to fold most events."""
MILESTONES = (Obligation.SECURE, Obligation.REPAIR, Obligation.PROMISE)
"""What a unit may owe beside the resolution, from the assignment on; the resolution meets what is left."""
REVIEWS = (Obligation.ANSWER_REVIEW, Obligation.ANSWER_RECHECK)
"""All that runs while a case is under review."""
OPTIONAL = frozenset({*MILESTONES, *REVIEWS, Obligation.DECIDE_EXTENSION})
"""Obligations that a policy may pass over in silence: it does without them then."""


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

    def __str__(self) -> str:
        """Return the text form."""
        return f"{self.when} {self.by}"

    @cached_property
    def by(self) -> Duration:
        """The distance from the due moment, either way."""
        return Duration(amount=self.amount, unit=self.unit)

    def moment(self, due_at: datetime, calendar: Calendar) -> Moment:
        """Return the moment of the rung beside a due moment; raises as `domain.calendar.shift`."""
        return shift(due_at, self.by, calendar, backwards=self.when == "before")


class Share(Record):
    """Where a rung stands before the due moment by a part of the limit; in files also `before 20 percent`."""

    when: Literal["before"] = "before"
    percent: int = Field(ge=1, lt=_WHOLE, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _SHARE.fullmatch(value)
        if match is None:
            raise ValueError('write a share of the limit as "before 20 percent"')
        return {"percent": int(match[1])}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Publish both forms that a file may use: text and table."""
        table = handler.resolve_ref_schema(handler(core))
        text = {"type": "string", "pattern": "^before [1-9][0-9]? percent$"}
        return {"anyOf": [text, dict(table)], "title": "Share", "description": cls.__doc__}

    def __str__(self) -> str:
        """Return the text form."""
        return f"before {self.percent} percent"

    def moment(self, due_at: datetime, limit: Duration | timedelta, calendar: Calendar) -> Moment:
        """Return the moment at which this share of the limit is left, exact to the second.

        Days go by whole days of the limit's kind, and what is left of a day by 24 hours of the clock:
        20 percent before the end of 3 working days is 14 h 24 min before it.

        Args:
            due_at: When the limit is over.
            limit: What was counted; a span for a moment that came from outside.
            calendar: What working time is counted by.
        """
        if isinstance(limit, timedelta):
            share = timedelta(seconds=int(limit.total_seconds()) * self.percent // _WHOLE)
            return Moment(due_at - share, provisional=False)
        if limit.unit in (TimeUnit.WORKING_DAY, TimeUnit.NATURAL_DAY):
            days, rest = divmod(limit.amount * self.percent, _WHOLE)
            by = Duration(amount=days, unit=limit.unit)
            whole = shift(due_at, by, calendar, backwards=True)
            return Moment(whole.at - rest * _DAY_SHARE, whole.provisional)
        seconds = limit.amount * (1 if limit.unit is TimeUnit.SECOND else 3600) * self.percent // _WHOLE
        if limit.unit is TimeUnit.WORKING_HOUR:
            return shift_office(due_at, timedelta(seconds=seconds), calendar, backwards=True)
        return Moment(due_at - timedelta(seconds=seconds), provisional=False)
