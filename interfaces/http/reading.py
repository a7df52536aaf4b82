"""What all lists share: a snapshot at a known position, the actor's scope, limits and cursors."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import psycopg
from fastapi import Depends, Query, Request

from domain.actor import UNIT_ID, Actor
from engine.authorise import answers_for, must_be_staff, scope_sql
from interfaces.compose import Program
from interfaces.http import cursors
from interfaces.http.codes import HttpRefusal
from interfaces.http.identity import CurrentActor, CurrentProgram
from projections import progress
from projections.paging import CursorInvalid

PATIENCE: Final = 2.0
"""Seconds for which a list waits for the position that was asked for."""
MAX_POSITION: Final = 2**53

UnitFilter = Annotated[
    str | None, Query(pattern=UNIT_ID, max_length=200, description="This unit and everything under it")
]
Limit = Annotated[int, Query(ge=1, le=200, description="Rows on a page")]
Cursor = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z0-9_-]+$", max_length=cursors.MAX_CURSOR, description="`next` of the page before"
    ),
]
AtLeast = Annotated[
    int | None,
    Query(
        ge=0,
        le=MAX_POSITION,
        description="Read your own write: the `position` that a command answered. Waits up to two seconds, "
        "then answers 503 `ledger_behind`",
    ),
]


@dataclass(frozen=True)
class Reading:
    """One reader's question to the ledgers.

    Attributes:
        at_least: Position that the ledgers must have reached; None: any.
        asked: What makes the question what it is, for cursors.
    """

    program: Program
    actor: Actor
    at_least: int | None
    asked: Mapping[str, Any]

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[tuple[psycopg.Connection[Any], int]]:
        """Lend a connection on which everything is read as of one position.

        Raises:
            HttpRefusal: position_unknown, ledger_behind.
        """
        with self.program.ledgers.connection() as connection:
            if self.at_least is not None:
                self._await(connection, self.at_least)
            with connection.transaction():
                yield connection, progress.position(connection)

    @property
    def scope(self) -> tuple[str, list[object]]:
        """Condition on the rows that the actor may see."""
        return scope_sql(self.actor, self.program.engine.rules.current().organisation)

    def place(self, cursor: str | None) -> str | None:
        """Return the place that a cursor stands for. Raises: HttpRefusal cursor_invalid."""
        return None if cursor is None else cursors.unseal(cursor, self.asked, self.program.cursor_secret)

    def cursor(self, place: str | int | None) -> str | None:
        """Return the cursor of a place; None for none."""
        return None if place is None else cursors.seal(place, self.asked, self.program.cursor_secret)

    def covers(self, unit: str) -> bool:
        """Whether the actor answers for a unit as a whole; False for one that isn't there."""
        return answers_for(self.actor, unit, self.program.engine.rules.current().organisation)

    def _await(self, connection: psycopg.Connection[Any], position: int) -> None:
        if progress.wait_for(connection, position, 0):
            return
        if position > self.program.engine.store.head():
            raise HttpRefusal("position_unknown")
        if not progress.wait_for(connection, position, PATIENCE):
            raise HttpRefusal("ledger_behind")


def reading(
    request: Request, actor: CurrentActor, program: CurrentProgram, at_least: AtLeast = None
) -> Reading:
    """Return the reader's question."""
    left_out = {"cursor", "at_least", "limit"}
    filters = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in left_out
    )
    asked = {"who": [actor.id, actor.role.value, actor.unit], "path": request.url.path, "filters": filters}
    return Reading(program, actor, at_least, _utf8(asked))


def staff_reading(asked: Annotated[Reading, Depends(reading)]) -> Reading:
    """Return the question of anybody but a resident. Raises: NotAllowed role_not_allowed."""
    must_be_staff(asked.actor)
    return asked


@contextlib.contextmanager
def placed() -> Iterator[None]:
    """Tell a place that a ledger can't read as a cursor that can't serve."""
    try:
        yield
    except CursorInvalid:
        raise HttpRefusal("cursor_invalid") from None


def _utf8(asked: dict[str, Any]) -> dict[str, Any]:
    """Replace lone surrogates, which a query string can hold and JSON can't."""
    filters = [[one.encode("utf-8", "replace").decode() for one in pair] for pair in asked["filters"]]
    return {**asked, "filters": filters}


Asked = Annotated[Reading, Depends(reading)]
StaffAsked = Annotated[Reading, Depends(staff_reading)]
