"""How a command reads the ledgers: its options, as whom it reads, and the page that it prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, TypeVar, overload
from uuid import UUID

import typer

from interfaces.cli.outcome import BadUsage
from interfaces.cli.output import emit, record, table
from interfaces.cli.place import opened_program

if TYPE_CHECKING:
    import psycopg

    from domain.actor import Actor

Choice = TypeVar("Choice", bound=StrEnum)
_PATIENCE: Final = 30.0

Under = Annotated[str | None, typer.Option("--unit", help="Only this unit and everything under it.")]
Of = Annotated[
    str | None,
    typer.Option(
        "--of",
        help="Unit for which the reader speaks; without one only administrators and auditors see anything "
        "but a resident's own cases.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help="Most rows.")]
After = Annotated[str | None, typer.Option("--after", help="Where the page before ended.")]
AfterPosition = Annotated[int, typer.Option("--after", min=0, help="Beyond this position of the log.")]
AtLeast = Annotated[
    int, typer.Option("--at-least", min=0, help="Wait until the ledgers hold this position of the log.")
]
LevelOption = Annotated[str | None, typer.Option("--level", help="Only units of this level, such as street.")]
CaseOption = Annotated[UUID | None, typer.Option("--case", help="Only this case.")]


class Placed(Protocol):
    """A row that an event of the log gave."""

    @property
    def position(self) -> int:
        """Place of that event."""


@contextmanager
def reading(
    who: Actor, at_least: int, *, residents: bool = False, of: str | None = None
) -> Iterator[tuple[psycopg.Connection[Any], tuple[str, list[object]]]]:
    """Give a connection to the ledgers, with the condition for what this actor may see.

    Args:
        who: Who reads.
        at_least: Position that the ledgers must hold; 0: any.
        residents: Whether residents may read this ledger, too.
        of: The one unit that is asked about as a whole; None: whatever this actor may see.

    Raises:
        NotAllowed: role_not_allowed, of a resident where the ledger is not theirs.
        Refused: unknown_unit, also of a unit for which the actor doesn't answer.
    """
    from domain.errors import Refused
    from engine.authorise import answers_for, must_be_staff, scope_sql

    if not residents:
        must_be_staff(who)
    with opened_program() as program, program.ledgers.connection() as connection:
        organisation = program.engine.rules.current().organisation
        if of is not None and not answers_for(who, of, organisation):
            raise Refused("unknown_unit", of)
        wait_for_ledgers(connection, at_least)
        yield connection, scope_sql(who, organisation)


def wait_for_ledgers(connection: psycopg.Connection[Any], position: int) -> None:
    """Wait until the ledgers hold a position of the log; 0: any.

    Raises:
        Unavailable: unavailable, when they don't reach it in half a minute.
    """
    from engine.errors import Unavailable
    from projections.progress import wait_for

    if position and not wait_for(connection, position, _PATIENCE):
        raise Unavailable(f"The ledgers don't reach position {position}; does `echowall projector` run?")


@overload
def choice(choices: type[Choice], what: str, text: str) -> Choice: ...


@overload
def choice(choices: type[Choice], what: str, text: str | None) -> Choice | None: ...


def choice(choices: type[Choice], what: str, text: str | None) -> Choice | None:
    """Return which of some words was given; None where none was.

    Raises:
        BadUsage: It is none of them.
    """
    if text is None:
        return None
    try:
        return choices(text)
    except ValueError:
        raise BadUsage(f"There is no {what} {text}; choose one of {', '.join(choices)}.") from None


def print_page(
    rows: list[dict[str, Any]], following: str | None, columns: tuple[str, ...], as_json: bool
) -> None:
    """Print rows, and how to ask for those that follow."""
    more = [f"More: --after {following}"] if following else []
    emit({"rows": rows, "next": following}, as_json, [*table(rows, columns, "Nothing."), *more])


def print_stretch(found: Sequence[Placed], limit: int, columns: tuple[str, ...], as_json: bool) -> None:
    """Print a page of what stands in the order of the log.

    Args:
        found: Rows with their `position`; one more than `limit`, where others follow.
        limit: Most rows.
        columns: What is shown of a row to a person.
        as_json: Whether a program reads it.
    """
    following = str(found[limit - 1].position) if len(found) > limit else None
    print_page([record(row) for row in found[:limit]], following, columns, as_json)
