"""Judges a case as the city did, from our clock's moments, so that the two verdicts can be compared."""

from dataclasses import dataclass
from datetime import datetime

from interfaces.boston.record import SNAPSHOT_END, BostonCase, Flag


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both verdicts on one case.

    Attributes:
        published: The city's; None for a blank flag.
    """

    id: str
    published: Flag | None
    ours: Flag

    @property
    def agrees(self) -> bool | None:
        """Whether both say the same; None when the city said nothing."""
        return None if self.published is None else self.published is self.ours


def judge(due: datetime | None, ended: datetime | None, snapshot_end: datetime = SNAPSHOT_END) -> Flag:
    """Return the verdict: overdue when what was due ended after its moment.

    Args:
        due: When it was due; None when no limit ran, which is on time.
        ended: When the clock ended; None while it runs, and then the snapshot's end is what counts.
        snapshot_end: Moves with the file where the file is moved in time.
    """
    if due is None:
        return Flag.ONTIME
    return Flag.OVERDUE if (ended or snapshot_end) > due else Flag.ONTIME


def compare(
    case: BostonCase, due: datetime | None, ended: datetime | None, snapshot_end: datetime = SNAPSHOT_END
) -> Verdict:
    """Return the city's verdict beside ours on a clock of the case."""
    return Verdict(case.id, case.flag, judge(due, ended, snapshot_end))
