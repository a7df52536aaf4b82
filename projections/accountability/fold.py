"""From events to postings: when a case changes its account, one gives it up and another takes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.case.buckets import account
from domain.case.state import Case
from projections.changes import Change, Run

OUTSIDE: Final = ("(outside)", "outside")
"""The account from which every case comes; no unit can have this name."""


class Posting(NamedTuple):
    """One leg of a transfer: 1 is a case taken by the account, -1 one given up."""

    position: int
    amount: int
    unit: str
    bucket: str
    case_id: UUID
    version: int
    at: datetime
    recorded_at: datetime


def fold(run: Run) -> Sequence[Posting]:
    """Return the two postings of each change that moved the case; none for the others."""
    return [posting for change in run.changes for posting in _legs(change)]


def _legs(change: Change) -> Sequence[Posting]:
    if change.after is None or (change.before is not None and _stays(change.before, change.after)):
        return ()
    before = OUTSIDE if change.before is None else _standing(account(change.before))
    after = _standing(account(change.after))
    if before == after:
        return ()
    return (_leg(change, -1, before), _leg(change, 1, after))


def _stays(before: Case, after: Case) -> bool:
    """Whether the account is surely the same; it follows from the stage and the duties."""
    return after.stage is before.stage and after.duties is before.duties


def _standing(where: tuple[str, str]) -> tuple[str, str]:
    return where[0], str(where[1])


def _leg(change: Change, amount: int, where: tuple[str, str]) -> Posting:
    recorded = change.recorded
    return Posting(
        position=change.position,
        amount=amount,
        unit=where[0],
        bucket=where[1],
        case_id=recorded.stream,
        version=recorded.version,
        at=recorded.happened,
        recorded_at=recorded.recorded_at,
    )
