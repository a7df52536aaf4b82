"""What travels through Temporal about periodic jobs: names, moments and years, nothing of a case."""

from datetime import datetime
from typing import Final

from temporalio.common import SearchAttributeKey

from workers.temporal.messages import Message

PERIODIC_WORKFLOW: Final = "Periodic"
"""Registered name of the workflow; never changes, since schedules hold it."""
PERIODIC: Final = "periodic"
SCHEDULED: Final = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""Set by Temporal on each run of a schedule: the moment for which it runs, however late it begins."""


class PeriodicInput(Message):
    """What a schedule starts a run with.

    Attributes:
        job: Name of the job, a value of workers.schedules.jobs.Job.
    """

    job: str


class PeriodicDue(Message):
    """Asks for what is due.

    Attributes:
        at: The moment of the schedule, in UTC.
    """

    job: str
    at: datetime


class PeriodicResult(Message):
    """What was done.

    Attributes:
        since: Begin of the period that ended, in UTC; None where the job has no period.
        until: Its end, excluded.
        warned: Calendars of which a year is missing, each with that year, such as `china 2027`.
    """

    job: str
    since: datetime | None = None
    until: datetime | None = None
    warned: tuple[str, ...] = ()
