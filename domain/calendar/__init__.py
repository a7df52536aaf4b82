"""Working time: units, calendars, and when a limit counted in them is used up."""

from domain.calendar.clock import MomentOutOfRange, due
from domain.calendar.days import Calendar
from domain.calendar.files import CalendarInvalid, parse_calendar
from domain.calendar.moments import Moment, MomentNaive, Pause
from domain.calendar.offsets import shift
from domain.calendar.spend import Counting
from domain.calendar.units import Duration, TimeUnit

__all__ = [
    "Calendar",
    "CalendarInvalid",
    "Counting",
    "Duration",
    "Moment",
    "MomentNaive",
    "MomentOutOfRange",
    "Pause",
    "TimeUnit",
    "due",
    "parse_calendar",
    "shift",
]
