"""Hypothesis strategies for every stored event, made from the models themselves."""

import re
from datetime import UTC, date, timedelta, timezone
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from domain.actor import Actor, Role
from domain.calendar import Duration
from domain.case.book import Grounds
from engine.envelope import AnyEvent, Recorded
from tests.engine.generate_stored import WORDS

_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
LONGEST = 60
HASH = r"^[0-9a-f]{64}$"
ODD = ("路灯坏了", 'a "b" \\c/', "😀 é", "1/resolve/2", "2/answer_whistle/1.city.water", "7", "z")


@lru_cache
def recorded_events(cls: type[AnyEvent]) -> st.SearchStrategy[Recorded]:
    """Events of one class in envelopes that have not been stored yet."""
    return st.builds(
        Recorded,
        stream=st.uuids(),
        version=st.integers(1, 10_000),
        event=models(cls),
        actor=st.builds(
            Actor,
            id=st.sampled_from(ODD),
            role=st.sampled_from(Role),
            unit=st.none() | st.just("city.east"),
        ),
        command=st.uuids(),
        recorded_at=st.datetimes(timezones=st.just(UTC)),
        position=st.none(),
        grounds=st.none()
        | st.builds(
            Grounds,
            policy=st.sampled_from(("demo", "hotline-five-working-days")),
            version=st.integers(1, 99),
            hash=_texts(HASH),
            calendar=st.none() | st.integers(1, 99),
        ),
    )


@lru_cache
def models(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Any valid value of a model."""
    fields = {name: _values(field.annotation, field) for name, field in cls.model_fields.items()}
    if cls is Duration:
        fields["amount"] = st.integers(0, 36_000)
    return st.fixed_dictionaries(fields).map(lambda given: cls(**given))


def _values(annotation: Any, field: FieldInfo | None) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(
            arguments[0], next((part for part in arguments[1:] if isinstance(part, FieldInfo)), field)
        )
    if origin in (Union, UnionType):
        return st.one_of([_values(part, field) for part in arguments])
    if origin is tuple and arguments[-1] is ...:
        return st.lists(_values(arguments[0], field), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(_values(part, field) for part in arguments))
    return _plain(annotation, field)


def _plain(annotation: Any, field: FieldInfo | None) -> st.SearchStrategy[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return models(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    limits = {
        name: getattr(part, name)
        for part in (field.metadata if field else [])
        for name in ("ge", "le", "pattern")
        if getattr(part, name, None) is not None
    }
    low, high = limits.get("ge"), limits.get("le")
    simple: dict[Any, st.SearchStrategy[Any]] = {
        NoneType: st.none(),
        bool: st.booleans(),
        UUID: st.uuids(),
        int: st.integers(low, high if high is not None else 10**12),
        date: st.dates(),
        float: st.floats(low, high, allow_nan=False, allow_infinity=False),
    }
    if annotation is str:
        return _texts(limits.get("pattern"))
    return simple[annotation] if annotation in simple else st.datetimes(timezones=_ZONES)


def _texts(pattern: str | None) -> st.SearchStrategy[str]:
    if pattern is None:
        return st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
    if pattern == HASH:
        return st.binary(min_size=32, max_size=32).map(bytes.hex)
    fitting = [word for word in (*WORDS, *ODD) if len(word) < LONGEST and re.search(pattern, word)]
    return st.sampled_from(fitting)
