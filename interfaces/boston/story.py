"""Tells one row as the commands that a case worker would have given, each at the moment when it happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from domain.actor import Actor, Role
from domain.case.commands import (
    Answer,
    AnyCaseCommand,
    Assign,
    Collect,
    Progress,
    ReceiveTarget,
    Refuse,
    Resolve,
    Screen,
    StrikeOff,
)
from domain.case.events.base import Origin, Place
from domain.case.stage import Kind, Why
from domain.personal import Personal
from engine import ids
from engine.request import Request
from interfaces.boston.outcomes import kind_of, outcome_of, words_of
from interfaces.boston.record import BostonCase, Closure, ClosureKind

SYSTEM: Final = "boston-311"
POLICY: Final = "boston-2015"
ACTOR: Final = Actor(id=f"import:{SYSTEM}", role=Role.SYSTEM)
"""Who gives every command of the import; what a case worker did since then is told from it by this id."""

_STRIKE_OFF: Final = StrikeOff()
Step = tuple[str, AnyCaseCommand, datetime]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is ready to become a case.

    Attributes:
        case: With its moments moved, where the file is moved in time.
        place: Unit of the axis on which it stands.
        desk: Unit that works on it.
    """

    case: BostonCase
    place: str
    desk: str


def case_id(row_id: str) -> UUID:
    """Return the id of the case that a row becomes; always the same."""
    return ids.import_case(SYSTEM, row_id)


def first_command(case: UUID) -> UUID:
    """Return the id of the command that begins an imported case; where it is known, all of it is there."""
    return ids.import_command(case, "collect")


def requests(row: Row, imported_at: datetime) -> list[Request]:
    """Return the commands of one row, in their order; recorded together or not at all.

    Raises:
        pydantic.ValidationError: A value that no case can hold.
    """
    case = case_id(row.case.id)
    return [
        Request(case, command, ACTOR, ids.import_command(case, step), at)
        for step, command, at in _steps(row, imported_at)
    ]


def _steps(row: Row, imported_at: datetime) -> Iterator[Step]:
    case = row.case
    yield "collect", _collect(row, imported_at), case.opened
    yield "screen", _screen(kind_of(case.matter)), case.opened
    yield "assign", _assign(row.desk, case.desk.queue), case.opened
    if case.target is not None:
        yield "target", ReceiveTarget(due=case.target, source=SYSTEM), case.opened
    if case.closed is not None:
        yield from _closing(case.closure, case.closed)
    elif case.closure is not None and case.closure.text:
        # The city opened the case again; what it once said on closing stays readable.
        said = max(case.opened, case.closure.at or case.opened)
        yield "note", Progress(note=_personal(case.closure.text)), said


def _collect(row: Row, imported_at: datetime) -> Collect:
    case = row.case
    latitude, longitude = case.place.point or (None, None)
    return Collect(
        channel=case.channel,
        claims=(_personal(case.matter.title),),
        category=case.matter.type,
        place=Place(unit=row.place, latitude=latitude, longitude=longitude),
        address=None if case.place.address is None else _personal(case.place.address),
        policy=POLICY,
        origin=Origin(system=SYSTEM, reference=case.id, imported_at=imported_at),
    )


def _closing(closure: Closure | None, closed: datetime) -> Iterator[Step]:
    words = _personal(words_of(closure))
    if closure is not None and closure.kind is ClosureKind.DUPLICATE:
        other = f"case {closure.duplicate_of}" if closure.duplicate_of else "the existing case"
        yield "refuse", Refuse(reason="duplicate", explanation=words, turn_to=other), closed
        return
    answer = Answer(claim=1, outcome=outcome_of(closure), measure=words)
    yield "resolve", Resolve(answers=(answer,)), closed
    yield "strike-off", _STRIKE_OFF, closed


@lru_cache(maxsize=2)
def _screen(kind: Kind) -> Screen:
    return Screen(kind=kind)


@lru_cache(maxsize=512)
def _assign(unit: str, queue: str | None) -> Assign:
    return Assign(unit=unit, why=Why.RULE, rule=f"Boston queue: {queue or 'none'}")


def _personal(text: str) -> Personal:
    return Personal(text=text)
