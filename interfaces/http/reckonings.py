"""The JSON of clocks explained: the rule and its source, the calendar, each pause and grant, each day."""

from collections.abc import Sequence
from datetime import date

from pydantic import AwareDatetime, Field

from domain.actor import Actor, Role
from domain.calendar import Calendar, DayCount, Duration, Stretch, Why
from domain.case.alarms import Alarm, AlarmKind, Seen, alarms
from domain.case.clocks import Ending, promised, standstill
from domain.case.events import CASE_EVENTS, ClockRecalibrated
from domain.case.explain import ClockAccount, GrantAccount, PauseAccount, Told, explain
from domain.case.stage import HoldKind
from domain.case.state import Case
from domain.policy import Obligation, Status
from engine.envelope import Recorded
from interfaces.http.portray import Reader
from interfaces.http.shapes import Shape, Who


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
    paused_by: list[str]
    starts: str


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
    days: list[DayShape]
    complete: bool = Field(description="Whether all days are told")


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
    alarms: list[AlarmShape] = Field(description="Empty for residents")


def reckonings(case: Case, events: Sequence[Recorded], reader: Reader) -> Clocks:
    """Return every clock of a case as this reader may see it; ids of staff are not for residents."""
    history: list[Told] = []
    seen: list[Seen] = []
    for one in events:
        if isinstance(one.event, CASE_EVENTS):
            history.append((one.event, one.actor))
            seen.append((one.event, one.recorded_at))
    noticed = () if reader.actor.role is Role.RESIDENT else alarms(seen, reader.book)
    return Clocks(
        case=str(case.id),
        version=case.version,
        at=reader.now,
        clocks=[_clock(one, case, reader) for one in explain(case, history, reader.book, reader.now)],
        alarms=[_alarm(one) for one in noticed],
    )


def _clock(one: ClockAccount, case: Case, reader: Reader) -> ClockReckoning:
    clock, due = one.clock, one.due
    return ClockReckoning(
        key=clock.key,
        obligation=clock.obligation,
        owner=clock.owner,
        started_at=clock.started_at,
        starts_at=one.starts_at,
        ended_at=clock.ended_at,
        ending=clock.ending,
        target=clock.target,
        due_at=due.at if due else None,
        provisional=bool(due and due.provisional),
        paused=clock.open and standstill(clock, one.policy) is not None,
        overdue=bool(due and due.at < (clock.ended_at or reader.now)),
        promised=promised(clock, one.policy),
        rule=_rule(one, case),
        calendar=_calendar(one.calendar),
        pauses=[_pause(hold, reader.actor) for hold in one.holds],
        grants=[_grant(grant, reader.actor) for grant in one.grants],
        moved=[_move(event) for event in one.moved],
        stretches=[_stretch(stretch) for stretch in one.stretches],
    )


def _rule(one: ClockAccount, case: Case) -> RuleShape | None:
    rule, source = one.rule, one.policy.source
    if rule is None:
        return None
    policy = (one.clock.terms or case.terms).policy
    return RuleShape(
        policy=policy.id,
        version=policy.version,
        hash=policy.hash,
        instrument=source.instrument,
        source_date=source.date,
        article=rule.article or source.article,
        status=rule.status,
        limit=rule.limit or rule.fallback,
        fallback=rule.limit is None and rule.fallback is not None,
        first_day_counted=rule.first_day_counted,
        roll_on_holiday=rule.roll_on_holiday,
        cut_off=rule.cut_off,
        paused_by=list(rule.paused_by),
        starts=rule.starts,
    )


def _calendar(calendar: Calendar) -> CalendarShape:
    return CalendarShape(id=calendar.id, version=calendar.version, zone=calendar.zone, source=calendar.source)


def _pause(hold: PauseAccount, reader: Actor) -> PauseShape:
    return PauseShape(
        kind=hold.kind,
        reason=hold.reason,
        by=None if hold.by is None else _who(hold.by, reader),
        signed_by=None if reader.role is Role.RESIDENT else list(hold.signed_by),
        counts=hold.counts,
        start=hold.start,
        until=hold.until,
        end=hold.end,
    )


def _grant(grant: GrantAccount, reader: Actor) -> GrantShape:
    return GrantShape(
        amount=grant.amount,
        asked_at=grant.asked_at,
        asked_by=_who(grant.asked_by, reader),
        granted_at=grant.granted_at,
        granted_by=None if grant.granted_by is None else _who(grant.granted_by, reader),
    )


def _who(actor: Actor, reader: Actor) -> Who:
    shown = reader.role is not Role.RESIDENT or actor.id == reader.id
    return Who(id=actor.id if shown else None, role=actor.role, unit=actor.unit)


def _move(event: ClockRecalibrated) -> MoveShape:
    return MoveShape(at=event.at, was=event.was, now=event.now, cause=event.cause, version=event.version)


def _stretch(one: Stretch) -> StretchShape:
    return StretchShape(
        given=one.given,
        counted_in=one.counted_in,
        amount=one.amount,
        used=one.used,
        left=one.left,
        over=one.over,
        since=one.since,
        until=None if one.until is None else one.until.at,
        days=[_day(row) for row in one.days],
        complete=one.complete,
    )


def _day(row: DayCount) -> DayShape:
    return DayShape(
        day=row.day, counted=row.counted, total=row.total, why=row.why, provisional=row.provisional
    )


def _alarm(one: Alarm) -> AlarmShape:
    return AlarmShape(
        kind=one.kind,
        version=one.version,
        at=one.at,
        unit=one.unit,
        clock=one.clock,
        was=one.was,
        now=one.now,
    )
