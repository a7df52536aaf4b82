"""Writes tests/stored: one payload of each event's present version, as a release would have stored it.

Run `python -m tests.engine.generate_stored` for a new event or version. Files that exist are never changed.
"""

import re
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from domain.actor import Actor, Role
from domain.organisation import Level, UnitEstablished
from engine.codec import BY_NAME, encode
from engine.envelope import AnyEvent, Recorded

FOLDER: Final = Path(__file__).parents[1] / "stored"
MOMENT: Final = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
STREAM: Final = UUID("11111111-2222-4333-8444-555555555555")
COMMAND: Final = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
WORDS: Final = (
    "listed_word", "city.street", "listed-word", "c" * 64, "image/jpeg", "1/resolve", "WGS84", "09:00-12:00",
)  # fmt: skip
"""Texts to choose from: the first that a field's pattern takes."""


def example(cls: type[BaseModel]) -> BaseModel:
    """A value with every field set, the same each time."""
    return cls(**{name: _value(field.annotation, field) for name, field in cls.model_fields.items()})


def recorded(cls: type[AnyEvent]) -> Recorded:
    """An event in an envelope, the same each time."""
    event: Any = example(cls)
    if isinstance(event, UnitEstablished):
        event = event.model_copy(update={"level": Level.STREET.value, "parent": "city"})
    actor = Actor(id="w-17", role=Role.CASE_WORKER, unit="city.street")
    return Recorded(STREAM, 3, event, actor, COMMAND, MOMENT + timedelta(days=2))


def path(cls: type[AnyEvent]) -> Path:
    """Where the payload of the present version lies."""
    return FOLDER / f"{cls.NAME}.v{cls.VERSION}.json"


def _value(annotation: Any, field: FieldInfo | None) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(
            arguments[0], next((part for part in arguments[1:] if isinstance(part, FieldInfo)), field)
        )
    if origin in (Union, UnionType):
        return _value(next(part for part in arguments if part is not NoneType), field)
    if origin is tuple:
        several = arguments if arguments[-1] is not ... else arguments[:1]
        return tuple(_value(part, field) for part in several)
    if origin is Literal:
        return arguments[0]
    return _plain(annotation, field)


def _plain(annotation: Any, field: FieldInfo | None) -> Any:
    if issubclass(annotation, BaseModel):
        return example(annotation)
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    simple: dict[type, Any] = {UUID: STREAM, bool: True, int: 2, float: 42.5, date: MOMENT.date()}
    if annotation is str:
        return _text(field)
    return simple.get(annotation, MOMENT)


def _text(field: FieldInfo | None) -> str:
    patterns = [getattr(part, "pattern", None) for part in (field.metadata if field else [])]
    return next(word for word in WORDS if all(re.search(one, word) for one in patterns if one))


def main() -> None:
    """Write what is missing."""
    FOLDER.mkdir(exist_ok=True)
    for cls in BY_NAME.values():
        if not path(cls).exists():
            path(cls).write_bytes(encode(recorded(cls)) + b"\n")


if __name__ == "__main__":
    main()
