"""From events to transfers: when a case changes its account, one gives it up and another takes it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from domain.case.buckets import account
from domain.case.state import Case
from projections.changes import Run


class Numbered(NamedTuple):
    """An account with the number that stands for it in transfers, the same in every build of the ledger."""

    number: int
    unit: str
    bucket: str


@lru_cache(maxsize=8192)
def numbered(unit: str, bucket: str) -> Numbered:
    """Return an account with its number: the first 8 bytes of the SHA-256 of `unit bucket`, with a sign.

    Processes that fold side by side need no table to agree on it. Should two accounts ever get the same, the
    database refuses the second, and its case stands aside.
    """
    digest = hashlib.sha256(f"{unit} {bucket}".encode()).digest()
    return Numbered(int.from_bytes(digest[:8], "big", signed=True), unit, bucket)


OUTSIDE: Final = numbered("(outside)", "outside")
"""The account from which every case comes; no unit can have this name."""

Transfer = tuple[int, Numbered, Numbered, UUID, int, datetime, datetime]
"""Position, the account that gives the case up, the one that takes it, case, version, when it happened, when
it was recorded. A bare tuple, since few things are made as often."""


def fold(run: Run) -> Sequence[Transfer]:
    """Return the transfer of each change that moved the case; none for the others."""
    transfers: list[Transfer] = []
    first = run.changes[0].before
    left = OUTSIDE if first is None else _account(first)
    for change in run.changes:
        before, after = change.before, change.after
        if after is not None and not _surely_stays(before, after):
            taken = _account(after)
            if left != taken:
                recorded = change.recorded
                when = recorded.happened, recorded.recorded_at
                transfers.append((change.position, left, taken, recorded.stream, recorded.version, *when))
                left = taken
    return transfers


def _surely_stays(before: Case | None, after: Case) -> bool:
    """Whether nothing has changed from which the account follows."""
    return (
        before is not None
        and after.stage is before.stage
        and after.duties is before.duties
        and after.review is before.review
    )


def _account(case: Case) -> Numbered:
    unit, bucket = account(case)
    return numbered(unit, bucket.value)
