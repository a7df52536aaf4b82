"""What a ledger is to the projector: a pure fold, a way to write what it gives, and its tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import psycopg

from engine.errors import EngineError
from projections.changes import Run

R = TypeVar("R")
P = TypeVar("P")
Cursor = psycopg.Cursor[Any]


class LedgerRefused(EngineError):
    """A recorded event contradicts those before it; this ledger sets its case aside to be looked into."""

    code: str = "ledger_refused"


class LedgersOutdated(EngineError):
    """The ledgers have the shape of another release, or are not there; run `echowall rebuild`."""

    code: str = "ledgers_outdated"


@dataclass(frozen=True, slots=True)
class Ledger(Generic[R, P]):
    """One ledger.

    Attributes:
        name: Never changes: tallies and parked cases are kept under it.
        of_cases: Whether it folds cases; the other kind folds the organisation.
        tables: All tables that it owns; a rebuild compares each row of them.
        fold: From the changes of one stream to the rows they give, None for nothing. Pure; any exception sets
            the stream aside.
        pack: From the rows of many streams to what is written at once. Pure; what it gives can be pickled.
        write: Writes that with a fixed number of statements.
    """

    name: str
    of_cases: bool
    tables: tuple[str, ...]
    fold: Callable[[Run], R | None]
    pack: Callable[[Sequence[R]], P]
    write: Callable[[Cursor, P], None]
