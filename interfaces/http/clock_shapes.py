"""The shapes of clocks explained: the rule and its source, the calendar, each pause and grant, each day."""

from datetime import date

from pydantic import AwareDatetime, Field

from domain.calendar import Duration, Why
from domain.case.alarms import AlarmKind
from domain.case.clocks import Ending
from domain.case.stage import HoldKind
from domain.policy import Obligation, Rung, Status
from interfaces.http.shapes import Shape, Who


class ExtensionShape(Shape):
    """More time that may be granted."""

    max: Duration = Field(description="Of all grants together")
    times: int
    approver: str
    notice: bool = Field(description="The reason must be told to the resident, by a person")


class RuleShape(Shape):
    """The line of the policy, and how far its source goes."""

    policy: str
    version: int
    hash: str
    instrument: str = Field(description="The policy's own source")
    source_date: str
    article: str = Field(description="Of this rule, or else of the policy; empty: none is named")
    status: Status = Field(description="Of this rule alone")
    limit: Duration | None
    fallback: bool = Field(description="The limit only keeps the case from silence; it is never appraised")
    first_day_counted: bool
    roll_on_holiday: bool
    cut_off: str | None
    paused_by: list[str] = Field(description="Empty: nothing pauses it")
    takes_whole_days: list[str]
    starts: str
    extension: ExtensionShape | None


class CalendarShape(Shape):
    """By which the clock is counted, as it holds for the unit that owes."""

    id: str
    version: int
    zone: str
    source: str


class PauseShape(Shape):
    """A time in which the case stood still."""

    kind: HoldKind
    reason: str | None
    by: Who | None
    signed_by: list[str] | None = Field(description="null: not for this reader")
    counts: bool = Field(description="Whether it pauses this clock")
    start: AwareDatetime
    until: AwareDatetime
    end: AwareDatetime | None


class GrantShape(Shape):
    """Time that was granted."""

    amount: Duration
    asked_at: AwareDatetime
    asked_by: Who
    granted_at: AwareDatetime | None
    granted_by: Who | None


class MoveShape(Shape):
    """An amendment of the calendar that changed what is told of the clock."""

    at: AwareDatetime
    was: AwareDatetime | None
    now: AwareDatetime | None
    provisional: bool = Field(description="Of `now`")
    cause: str
    version: int


class DayShape(Shape):
    """One day of the arithmetic."""

    day: date
    counted: int
    total: int
    why: Why
    provisional: bool


class StretchShape(Shape):
    """A limit, or what was granted after it in another unit."""

    given: Duration
    counted_in: str = Field(description="day or second")
    amount: int
    used: int
    left: int
    over: int = Field(description="Used beyond the limit")
    since: AwareDatetime
    until: AwareDatetime | None
    provisional: bool = Field(description="Of `until`: its year's calendar is not published yet")
    days: list[DayShape]
    complete: bool = Field(description="Whether all days are told")


class LevelShape(Shape):
    """The clock of a level that the ladder has brought in; what pauses the obligation pauses it as well."""

    rung: Rung
    unit: str | None = Field(description="Which took it on its list, or over")
    gives: Duration
    since: AwareDatetime
    until: AwareDatetime | None
    provisional: bool
    over: bool
    paused_by: list[str]


class ObjectionShape(Shape):
    """The right to object to the assignment: a clock with which nobody is late."""

    unit: str = Field(description="Which may object")
    within: Duration
    until: AwareDatetime
    provisional: bool
    open: bool = Field(description="Whether it may still object")
    article: str
    status: Status
    paused_by: list[str] = Field(description="Empty: nothing pauses it")


class ClockReckoning(Shape):
    """One clock, open or ended, and how its due moment comes about."""

    key: str
    obligation: Obligation
    owner: str
    started_at: AwareDatetime
    starts_at: AwareDatetime | None = Field(description="When the limit begins to run")
    ended_at: AwareDatetime | None
    ending: Ending | None
    target: AwareDatetime | None = Field(description="A due moment that came from outside; not reckoned")
    due_at: AwareDatetime | None
    provisional: bool
    paused: bool
    overdue: bool
    promised: bool
    rule: RuleShape | None
    calendar: CalendarShape
    pauses: list[PauseShape]
    grants: list[GrantShape]
    moved: list[MoveShape]
    stretches: list[StretchShape]
    levels: list[LevelShape]


class AlarmShape(Shape):
    """Something that a supervisor should look at; it accuses nobody."""

    kind: AlarmKind
    version: int
    at: AwareDatetime
    unit: str
    clock: str | None
    was: AwareDatetime | None
    now: AwareDatetime | None


class Clocks(Shape):
    """All clocks of a case at one moment."""

    case: str
    version: int
    at: AwareDatetime
    clocks: list[ClockReckoning]
    objection: ObjectionShape | None = Field(description="null: no assignment stands, or no time is set")
    alarms: list[AlarmShape] = Field(description="Empty for residents")
