"""Fast records and copies are what dataclasses would make, and what it would get wrong is refused."""

import copy
import inspect
import pickle
from dataclasses import dataclass, field, fields
from dataclasses import replace as plain
from typing import Any

import pytest

from domain.case import clocks, state
from domain.records import finish, quick, replace


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """As Point, made fast."""

    x: int
    y: int = 2


@dataclass(frozen=True, slots=True)
class Listed:
    x: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Checked:
    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("below zero")


@dataclass(frozen=True)
class Slotless:
    x: int


def test_a_quick_record_is_made_as_any_other() -> None:
    assert (Quick(1), Quick(x=1, y=3)) == (Quick(1, 2), Quick(1, 3))
    assert type(Quick(1)) is Quick
    assert repr(Quick(1)) == "Quick(x=1, y=2)"
    assert hash(Quick(1)) == hash(Quick(1, 2))
    assert inspect.signature(Quick) == inspect.signature(Point)
    with pytest.raises(TypeError):
        Quick()  # type: ignore[call-arg]


def test_a_quick_record_is_frozen_and_goes_between_processes() -> None:
    made = Quick(1, 5)
    with pytest.raises(AttributeError):
        made.x = 4  # type: ignore[misc]
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made), replace(made)):
        assert again == made and type(again) is Quick
        with pytest.raises(AttributeError):
            again.y = 4  # type: ignore[misc]


@pytest.mark.parametrize("cls", [Checked, Slotless, Listed])
def test_what_a_quick_maker_would_pass_by_is_refused(cls: type) -> None:
    with pytest.raises(TypeError):
        quick(cls)


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
    for place, one in enumerate(fields(cls)):
        getattr(cls, one.name).__set__(blank, place)
    assert replace(blank) == blank
