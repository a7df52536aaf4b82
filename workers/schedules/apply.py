"""Brings Temporal's schedules to what the table of jobs says; doing so twice changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleDescription,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from engine.settings import Settings
from workers.schedules.jobs import DUE, HOUR, Job, schedule_id
from workers.schedules.messages import PERIODIC_WORKFLOW, PeriodicInput
from workers.temporal.client import connect
from workers.temporal.messages import TASK_QUEUE
from workers.temporal.timers import TimersUnavailable

CATCH_UP: Final = timedelta(days=31)
"""A job that fell due while Temporal was down is run when it is back, unless that is longer ago."""
_PATIENCE: Final = timedelta(seconds=10)
T = TypeVar("T")


class Change(StrEnum):
    """What applying did to a schedule."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Applied:
    """One schedule and what was done to it."""

    id: str
    zone: str
    change: Change


@dataclass(frozen=True, slots=True)
class Shown:
    """A schedule as it is.

    Attributes:
        exists: False when it was never applied; then all else is empty.
        paused: By an operator; applying leaves it so.
        next: When it falls due next, in UTC.
        last: When it last began, in UTC.
    """

    id: str
    exists: bool
    zone: str | None = None
    paused: bool = False
    next: datetime | None = None
    last: datetime | None = None


def apply(settings: Settings, zone: str) -> list[Applied]:
    """Make every schedule that is missing, and put right each that differs.

    Args:
        settings: Name the Temporal server.
        zone: IANA name of the zone in whose hours jobs fall due.

    Raises:
        SettingsInvalid: settings_invalid, without an address.
        TimersUnavailable: timers_unavailable; some may have been applied, apply again.
    """

    async def all_of(client: Client) -> list[Applied]:
        return [Applied(schedule_id(job), zone, await _apply(client, job, zone)) for job in Job]

    return _run(settings, all_of)


def show(settings: Settings) -> list[Shown]:
    """Return the schedule of every job. Raises: as `apply`."""

    async def all_of(client: Client) -> list[Shown]:
        return [await _show(client, schedule_id(job)) for job in Job]

    return _run(settings, all_of)


def wanted(job: Job, zone: str) -> Schedule:
    """Return what the schedule of a job should be."""
    days = DUE[job]
    falls = ScheduleCalendarSpec(
        hour=[ScheduleRange(HOUR)],
        day_of_month=[ScheduleRange(days.day or 1, days.day or 31)],
        month=[ScheduleRange(days.month or 1, days.month or 12)],
        # Temporal's Sunday is 0.
        day_of_week=[ScheduleRange(days.weekday % 7)] if days.weekday else [ScheduleRange(0, 6)],
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            PERIODIC_WORKFLOW, PeriodicInput(job=job), id=f"periodic:{job.value}", task_queue=TASK_QUEUE
        ),
        spec=ScheduleSpec(calendars=[falls], time_zone_name=zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
    )


async def _apply(client: Client, job: Job, zone: str) -> Change:
    schedule = wanted(job, zone)
    handle = client.get_schedule_handle(schedule_id(job))
    found = await _described(client, handle.id)
    if found is None:
        await client.create_schedule(handle.id, schedule, rpc_timeout=_PATIENCE)
        return Change.CREATED
    if await _terms(client, found.schedule) == await _terms(client, schedule):
        return Change.UNCHANGED

    def put_right(present: ScheduleUpdateInput) -> ScheduleUpdate:
        # Whether it is paused is the operator's.
        schedule.state = present.description.schedule.state
        return ScheduleUpdate(schedule=schedule)

    await handle.update(put_right, rpc_timeout=_PATIENCE)
    return Change.UPDATED


async def _show(client: Client, id_: str) -> Shown:
    found = await _described(client, id_)
    if found is None:
        return Shown(id_, exists=False)
    recent, following = found.info.recent_actions, found.info.next_action_times
    return Shown(
        id_,
        exists=True,
        zone=found.schedule.spec.time_zone_name,
        paused=found.schedule.state.paused,
        next=following[0] if following and not found.schedule.state.paused else None,
        last=recent[-1].started_at if recent else None,
    )


async def _described(client: Client, id_: str) -> ScheduleDescription | None:
    try:
        return await client.get_schedule_handle(id_).describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _terms(client: Client, schedule: Schedule) -> tuple[Any, ...]:
    """Return all of a schedule that the table decides, in a form that compares."""
    action, spec = schedule.action, schedule.spec
    if not isinstance(action, ScheduleActionStartWorkflow):
        return ()
    # A described schedule carries its arguments as they travel.
    carried = [one if hasattr(one, "data") else None for one in action.args]
    if None in carried:
        carried = list(await client.data_converter.encode(action.args))
    return (
        (action.workflow, action.id, action.task_queue, [one.data for one in carried if one is not None]),
        ([_calendar(one) for one in spec.calendars], spec.time_zone_name),
        (list(spec.intervals), list(spec.cron_expressions), list(spec.skip), spec.jitter),
        (spec.start_at, spec.end_at),
        schedule.policy,
    )


def _calendar(spec: ScheduleCalendarSpec) -> tuple[list[tuple[int, int, int]], ...]:
    parts = (spec.second, spec.minute, spec.hour, spec.day_of_month, spec.month, spec.year, spec.day_of_week)
    # The server writes out an end and a step that were left open.
    return tuple([(one.start, max(one.end, one.start), max(one.step, 1)) for one in part] for part in parts)


def _run(settings: Settings, work: Callable[[Client], Awaitable[T]]) -> T:
    async def connected() -> T:
        return await work(await connect(settings, lazy=True))

    try:
        return asyncio.run(connected())
    except (RPCError, RuntimeError) as error:  # the SDK says RuntimeError when it can't connect
        raise TimersUnavailable(f"Temporal did not answer: {error}") from error
