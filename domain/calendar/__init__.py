"""Working time: units, calendars, and when a limit counted in them is used up."""

from domain.calendar.clock import MomentOutOfRange, due
from domain.calendar.days import Calendar
from domain.calendar.events import CalendarAmended
from domain.calendar.files import CalendarInvalid, parse_calendar, read_calendar
from domain.calendar.measure import DayCount, Why, measure
from domain.calendar.moments import Moment, MomentNaive, Pause
from domain.calendar.offsets import shift
from domain.calendar.overlays import Overlay, overlaid
from domain.calendar.reckoning import Stretch, reckon
from domain.calendar.spend import Counting
from domain.calendar.units import Duration, TimeUnit

__all__ = [
    "Calendar",
    "CalendarAmended",
    "CalendarInvalid",
    "Counting",
    "DayCount",
    "Duration",
    "Moment",
    "MomentNaive",
    "MomentOutOfRange",
    "Overlay",
    "Pause",
    "Stretch",
    "TimeUnit",
    "Why",
    "due",
    "measure",
    "overlaid",
    "parse_calendar",
    "read_calendar",
    "reckon",
    "shift",
]
