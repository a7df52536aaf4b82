"""The fast copy of records does what dataclasses.replace does, and refuses what it would get wrong."""

from dataclasses import dataclass, fields
from dataclasses import replace as plain
from typing import Any

import pytest

from domain.case import clocks, state
from domain.records import finish, replace


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2


@dataclass(frozen=True, slots=True)
class Checked:
    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("below zero")


@dataclass(frozen=True)
class Slotless:
    x: int


def test_a_copy_has_the_changes_and_the_original_keeps_its_values() -> None:
    point = Point(1)
    assert replace(point, y=5) == plain(point, y=5) == Point(1, 5)
    assert replace(point) == point and replace(point) is not point
    assert point == Point(1, 2)


def test_a_copy_that_nobody_has_seen_takes_one_more_value() -> None:
    point = Point(1)
    copy = replace(point, x=5)
    assert finish(copy, "y", 7) is copy
    assert (copy, point) == (Point(5, 7), Point(1, 2))


def test_a_copy_is_frozen_too() -> None:
    with pytest.raises(AttributeError):
        replace(Point(1), x=3).x = 4  # type: ignore[misc]


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError, match="no field z"):
        replace(Point(1), z=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("record", [Checked(1), Slotless(1)])
def test_a_record_that_it_would_copy_wrongly_is_refused(record: object) -> None:
    with pytest.raises(TypeError):
        replace(record, x=-1)  # type: ignore[type-var]


@pytest.mark.parametrize(
    "cls",
    [
        one
        for module in (state, clocks)
        for one in vars(module).values()
        if hasattr(one, "__dataclass_fields__")
    ],
)
def test_every_record_of_a_case_can_be_copied(cls: type) -> None:
    blank: Any = object.__new__(cls)
    for place, field in enumerate(fields(cls)):
        getattr(cls, field.name).__set__(blank, place)
    assert replace(blank) == blank
