"""The table of periodic jobs: when each falls due, and which period ends then; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.calendar import Calendar
from domain.case.book import Rulebook

MONDAY: Final = 1
DECEMBER: Final = 12
HOUR: Final = 8
"""Local hour at which jobs fall due: before offices open, when the period has long ended."""


class Job(StrEnum):
    """Names of the jobs; they are parts of schedule ids and never change."""

    WEEKLY_REPORT = "weekly-report"
    MONTHLY_LISTS = "monthly-lists"
    MONTHLY_RANKING = "monthly-ranking"
    ANNUAL_APPRAISAL = "annual-appraisal"
    PROVISIONAL_YEAR = "provisional-year-warning"


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the year on which a job falls due; None leaves a part open.

    Attributes:
        weekday: 1 is Monday.
        day: Of the month.
    """

    month: int | None = None
    day: int | None = None
    weekday: int | None = None


DUE: Final[Mapping[Job, Days]] = {
    Job.WEEKLY_REPORT: Days(weekday=MONDAY),
    Job.MONTHLY_LISTS: Days(day=1),
    Job.MONTHLY_RANKING: Days(day=1),
    Job.ANNUAL_APPRAISAL: Days(month=1, day=1),
    Job.PROVISIONAL_YEAR: Days(month=DECEMBER),
}


def schedule_id(job: Job) -> str:
    """Return the id of the one schedule of a job."""
    return f"echowall-{job.value}"


def default_calendar(book: Rulebook) -> Calendar:
    """Return the calendar of the policy that a case gets when it names none; its zone is that of the jobs.

    Raises:
        Refused: unknown_policy.
    """
    return book.calendar_of(book.policy(book.newest(None)).calendar)


def period(job: Job, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return begin and end (excluded) of the last whole period of a job before a moment.

    Args:
        job: Which job.
        at: Any moment with a zone; a run that is late asks with the moment for which it was due.
        zone: Whose midnights bound the period.

    Returns:
        Moments in `zone`; None where the job looks at the present only.
    """
    today = at.astimezone(zone).date()
    match job:
        case Job.WEEKLY_REPORT:
            end = today - timedelta(days=today.isoweekday() - MONDAY)
            begin = end - timedelta(days=7)
        case Job.MONTHLY_LISTS | Job.MONTHLY_RANKING:
            end = today.replace(day=1)
            begin = (end - timedelta(days=1)).replace(day=1)
        case Job.ANNUAL_APPRAISAL:
            end = date(today.year, 1, 1)
            begin = date(today.year - 1, 1, 1)
        case Job.PROVISIONAL_YEAR:
            return None
    return _midnight(begin, zone), _midnight(end, zone)


def missing_year(calendar: Calendar, at: datetime) -> int | None:
    """Return the year whose days off should be known by a moment and are not; None when nothing is amiss.

    The present year should be known at any time, the next one from 1 December on, as `doctor` has it.
    """
    today = calendar.local_day(at)
    if calendar.years is None:
        return None
    if today.year not in calendar.years:
        return today.year
    following = today.year + 1
    return following if today.month == DECEMBER and following not in calendar.years else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
