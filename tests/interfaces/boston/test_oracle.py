from collections import Counter
from datetime import datetime, timedelta

import pytest

from interfaces.boston.mend import mend
from interfaces.boston.oracle import compare, judge
from interfaces.boston.record import SNAPSHOT_END, Flag, Status, shift_to_now
from interfaces.boston.rows import read_rows
from tests.interfaces.boston.rows_of import SAMPLE

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("due", "ended", "verdict"),
    [
        (None, None, Flag.ONTIME),
        (SNAPSHOT_END, None, Flag.ONTIME),
        (SNAPSHOT_END - SECOND, None, Flag.OVERDUE),
        (SNAPSHOT_END, SNAPSHOT_END, Flag.ONTIME),
        (SNAPSHOT_END, SNAPSHOT_END + SECOND, Flag.OVERDUE),
    ],
)
def test_a_clock_is_late_when_it_ends_after_its_moment(
    due: datetime | None, ended: datetime | None, verdict: Flag
) -> None:
    assert judge(due, ended) is verdict


@pytest.mark.parametrize(
    "delta", [timedelta(0), timedelta(days=3_600, hours=5)], ids=["then", "moved to now"]
)
def test_the_citys_flag_follows_from_the_moments_in_every_row_of_the_sample(delta: timedelta) -> None:
    verdicts: Counter[tuple[Status, bool | None]] = Counter()
    for line, row in enumerate(read_rows(SAMPLE), 2):
        case = mend(row, line).case
        assert case is not None
        moved = shift_to_now(case, delta)
        verdict = compare(moved, moved.target, moved.closed, SNAPSHOT_END + delta)
        verdicts[case.status, verdict.agrees] += 1
    assert verdicts == {
        (Status.CLOSED, True): 3_975,
        (Status.CLOSED, None): 26,
        (Status.OPEN, True): 974,
        (Status.OPEN, None): 25,
    }
