"""From events to postings: when a case changes its account, one gives it up and another takes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.case.buckets import BUCKETS
from domain.case.state import Case
from projections.changes import Change, Run

OUTSIDE: Final = ("(outside)", "outside")
"""The account from which every case comes; no unit can have this name."""
_BUCKETS: Final = {stage: bucket.value for stage, bucket in BUCKETS.items()}

Posting = tuple[int, int, str, str, UUID, int, datetime, datetime]
"""One leg of a transfer: position, amount (1: taken by the account, -1: given up), unit, bucket, case,
version, when it happened, when it was recorded. A bare tuple, since nothing is made as often."""


def fold(run: Run) -> Sequence[Posting]:
    """Return the two postings of each change that moved the case; none for the others."""
    postings: list[Posting] = []
    first = run.changes[0].before
    left = OUTSIDE if first is None else _account(first)
    for change in run.changes:
        before, after = change.before, change.after
        if after is not None and not _surely_stays(before, after):
            taken = _account(after)
            if left != taken:
                postings += _legs(change, left, taken)
                left = taken
    return postings


def _surely_stays(before: Case | None, after: Case) -> bool:
    """Whether nothing has changed from which the account follows."""
    return (
        before is not None
        and after.stage is before.stage
        and after.duties is before.duties
        and after.review is before.review
    )


def _account(case: Case) -> tuple[str, str]:
    return case.responsible, _BUCKETS[case.stage]


def _legs(change: Change, left: tuple[str, str], taken: tuple[str, str]) -> tuple[Posting, Posting]:
    recorded = change.recorded
    position, case, version = change.position, recorded.stream, recorded.version
    at, recorded_at = recorded.happened, recorded.recorded_at
    return (
        (position, -1, *left, case, version, at, recorded_at),
        (position, 1, *taken, case, version, at, recorded_at),
    )
