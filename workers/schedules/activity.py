"""Does what a periodic job does: warns of years not yet published, and says of the others what has ended."""

from datetime import UTC, datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.case.book import Rulebook
from engine import log
from engine.handle import Engine
from workers.schedules.jobs import Job, default_calendar, missing_year, period
from workers.schedules.messages import PERIODIC, PeriodicDue, PeriodicResult


class Periodic:
    """The activity of the periodic workflow.

    Args:
        engine: Whose rules are looked at.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @activity.defn(name=PERIODIC)
    def periodic(self, asked: PeriodicDue) -> PeriodicResult:
        """Do a job for the moment for which it was due; doing it twice harms nothing.

        Raises:
            ApplicationError: Not retryable, of type unknown_job, for a job that this release doesn't have.
        """
        try:
            job = Job(asked.job)
        except ValueError:
            message = f"There is no job {asked.job}; run `echowall schedules apply` of this release."
            raise ApplicationError(message, type="unknown_job", non_retryable=True) from None
        book = self._engine.rules.refresh()
        if job is Job.PROVISIONAL_YEAR:
            return _warn(book, asked.at)
        return _end_period(book, job, asked.at)


def _warn(book: Rulebook, at: datetime) -> PeriodicResult:
    """Log a warning for each calendar that a policy uses and of which a year is missing."""
    warned = []
    for name in sorted({policy.calendar for policy in book.policies.values()}):
        year = missing_year(book.calendar_of(name), at)
        if year is not None:
            log.get("periodic").warning("year_not_published", calendar=name, year=year)
            warned.append(f"{name} {year}")
    return PeriodicResult(job=Job.PROVISIONAL_YEAR, warned=tuple(warned))


def _end_period(book: Rulebook, job: Job, at: datetime) -> PeriodicResult:
    ended = period(job, at, default_calendar(book).tz)
    if ended is None:
        return PeriodicResult(job=job)
    since, until = (moment.astimezone(UTC) for moment in ended)
    log.get("periodic").info(
        "period_ended", job=job.value, since=ended[0].isoformat(), until=ended[1].isoformat()
    )
    return PeriodicResult(job=job, since=since, until=until)
