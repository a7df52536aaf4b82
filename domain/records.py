"""Frozen records with some fields changed; folding a history is mostly this, a million times over."""

import functools
from typing import TYPE_CHECKING

__all__ = ["finish", "replace"]

if TYPE_CHECKING:
    from dataclasses import replace
    from typing import Any, TypeVar

    R = TypeVar("R")

    def finish(record: R, name: str, value: Any, /) -> R: ...  # noqa: D103 - said below
else:
    from collections.abc import Callable
    from dataclasses import fields
    from typing import Any, TypeVar

    R = TypeVar("R")

    def replace(record: R, /, **changes: Any) -> R:
        """Return a copy of a frozen record with slots, some fields changed: a faster `dataclasses.replace`.

        It puts the values into the slots, where a frozen `__init__` checks each one on its way; so a record
        with a `__post_init__`, which it would pass by, is refused.

        Raises:
            TypeError: The record has no such field, no slots, or a `__post_init__`.
        """
        return _copier(type(record), *changes)(record, *changes.values())

    def finish(record: R, name: str, value: Any, /) -> R:
        """Put one more value into a copy that was just made and that nobody else has seen, and return it.

        It spares a second copy, which for a case costs as much as the rest of folding an event.
        """
        getattr(type(record), name).__set__(record, value)
        return record

    @functools.cache
    def _copier(cls: type, *changed: str) -> Callable[..., Any]:
        """Write the copy out field by field, as dataclasses does its methods; a loop costs twice as much."""
        names = [field.name for field in fields(cls)]
        if not set(names) <= set(getattr(cls, "__slots__", ())) or hasattr(cls, "__post_init__"):
            raise TypeError(f"{cls.__name__} isn't a record with slots and without __post_init__")
        for name in changed:
            if name not in names:
                raise TypeError(f"{cls.__name__} has no field {name}")
        scope = {"cls": cls, "new": object.__new__}
        scope |= {f"put_{name}": getattr(cls, name).__set__ for name in names}
        lines = [
            f"def copy({', '.join(['record', *changed])}):",
            "    made = new(cls)",
            *(f"    put_{name}(made, {name if name in changed else f'record.{name}'})" for name in names),
            "    return made",
        ]
        exec("\n".join(lines), scope)
        return scope["copy"]
