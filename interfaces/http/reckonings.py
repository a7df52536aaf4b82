"""Draws clocks explained for one reader; ids of staff are not for residents."""

from collections.abc import Sequence

from domain.actor import Actor, Role
from domain.calendar import Calendar, DayCount, Stretch
from domain.case.alarms import Alarm, Seen, alarms
from domain.case.clocks import promised, standstill
from domain.case.events import CASE_EVENTS, ClockRecalibrated
from domain.case.explain import ClockAccount, GrantAccount, LevelAccount, PauseAccount, Told, explain
from domain.case.rights import objection_right
from domain.case.state import Case
from domain.policy import Extension
from engine.envelope import Recorded
from interfaces.http.clock_shapes import (
    AlarmShape,
    CalendarShape,
    ClockReckoning,
    Clocks,
    DayShape,
    ExtensionShape,
    GrantShape,
    LevelShape,
    MoveShape,
    ObjectionShape,
    PauseShape,
    RuleShape,
    StretchShape,
)
from interfaces.http.portray import Reader
from interfaces.http.shapes import Who


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
        objection=_objection(case, reader),
        alarms=[_alarm(one) for one in noticed],
    )


def _objection(case: Case, reader: Reader) -> ObjectionShape | None:
    right, rule = objection_right(case, reader.book), reader.book.rules(case).objection
    if right is None or rule is None:
        return None
    return ObjectionShape(
        unit=right.unit,
        within=right.within,
        until=right.until.at,
        provisional=right.until.provisional,
        open=right.open and reader.now <= right.until.at,
        article=rule.article,
        status=rule.status,
        paused_by=[],
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
        levels=[_level(level, one, reader) for level in one.levels],
    )


def _level(level: LevelAccount, of: ClockAccount, reader: Reader) -> LevelShape:
    until = level.until
    return LevelShape(
        rung=level.rung,
        unit=level.unit,
        gives=level.gives,
        since=level.since,
        until=None if until is None else until.at,
        provisional=until is not None and until.provisional,
        over=until is not None and until.at < (of.clock.ended_at or reader.now),
        paused_by=[] if of.rule is None else list(of.rule.paused_by),
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
        takes_whole_days=[one for one in rule.takes_whole_days if one in rule.paused_by],
        starts=rule.starts,
        extension=_extension(rule.extension),
    )


def _extension(allowed: Extension | None) -> ExtensionShape | None:
    if allowed is None:
        return None
    return ExtensionShape(
        max=allowed.max, times=allowed.times, approver=allowed.approver, notice=allowed.notice
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
    return MoveShape(
        at=event.at,
        was=event.was,
        now=event.now,
        provisional=event.provisional,
        cause=event.cause,
        version=event.version,
    )


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
        provisional=one.until is not None and one.until.provisional,
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
