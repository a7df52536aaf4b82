"""Frozen records that are made and copied fast; folding a history is mostly this, a million times over."""

import functools
from typing import TYPE_CHECKING

__all__ = ["finish", "quick", "replace"]

if TYPE_CHECKING:
    from dataclasses import replace
    from typing import Any, TypeVar

    R = TypeVar("R")

    def finish(record: R, name: str, value: Any, /) -> R: ...  # noqa: D103 - said below

    def quick(cls: type[R], /) -> type[R]: ...  # noqa: D103 - said below
else:
    from collections.abc import Callable
    from dataclasses import MISSING, fields
    from typing import Any, TypeVar

    R = TypeVar("R")

    _turn = vars(object)["__class__"].__set__

    def quick(cls: type[R], /) -> type[R]:
        """Give a frozen dataclass with slots a fast `__init__`.

        The one of dataclasses calls `object.__setattr__` for each field, five times as dear as to set it.
        Here the new record is set while it belongs to a class with the same slots that isn't frozen, and is
        turned into one of `cls` before anybody else sees it.

        Raises:
            TypeError: `cls` has no slots or a `__post_init__`, or a field that is not simply given.
        """
        names, slow = _names(cls), cls.__init__
        if any(not one.init or one.kw_only or one.default_factory is not MISSING for one in fields(cls)):
            raise TypeError(f"{cls.__name__} has a field that its maker can't simply give")
        scope = {"cls": cls, "open": _open(cls), "turn": _turn}
        scope |= {f"or_{one.name}": one.default for one in fields(cls)}
        given = [one.name if one.default is MISSING else f"{one.name}=or_{one.name}" for one in fields(cls)]
        lines = [
            f"def __init__({', '.join(['self', *given])}):",
            "    turn(self, open)",
            *(f"    self.{name} = {name}" for name in names),
            "    self.__class__ = cls",
        ]
        exec("\n".join(lines), scope)
        cls.__init__ = functools.wraps(slow)(scope["__init__"])
        return cls

    def replace(record: R, /, **changes: Any) -> R:
        """Return a copy of a frozen record with slots, some fields changed: a faster `dataclasses.replace`.

        It is made as `quick` says, and would pass by a `__post_init__`; so a record with one is refused.

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
        names = _names(cls)
        for name in changed:
            if name not in names:
                raise TypeError(f"{cls.__name__} has no field {name}")
        scope = {"cls": cls, "open": _open(cls), "new": object.__new__}
        lines = [
            f"def copy({', '.join(['record', *changed])}):",
            "    made = new(open)",
            *(f"    made.{name} = {name if name in changed else f'record.{name}'}" for name in names),
            "    made.__class__ = cls",
            "    return made",
        ]
        exec("\n".join(lines), scope)
        return scope["copy"]

    def _names(cls: type) -> list[str]:
        names = [field.name for field in fields(cls)]
        if not set(names) <= set(getattr(cls, "__slots__", ())) or hasattr(cls, "__post_init__"):
            raise TypeError(f"{cls.__name__} isn't a record with slots and without __post_init__")
        return names

    @functools.cache
    def _open(cls: type) -> type:
        """Return a class whose instances have the slots of `cls` and may be changed."""
        return type(cls.__name__, (), {"__slots__": cls.__slots__})
