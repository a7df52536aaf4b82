"""Periodic jobs on a real Temporal: applied once and again, run now, and the periods that they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleBackfill,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowFailureError,
)

from domain.calendar import parse_calendar
from engine import clock
from engine.errors import SettingsInvalid
from engine.settings import Settings
from interfaces.cli import main
from tests.support import town
from tests.workers.office import Office
from workers.schedules.apply import CATCH_UP, Change, apply, show
from workers.schedules.jobs import Job, missing_year, period, schedule_id
from workers.schedules.messages import PERIODIC_WORKFLOW, PeriodicInput, PeriodicResult
from workers.temporal.client import connect
from workers.temporal.messages import TASK_QUEUE
from workers.temporal.timers import TimersUnavailable

ON_TEMPORAL = [pytest.mark.temporal, pytest.mark.postgres]
CHINA = ZoneInfo("Asia/Shanghai")
T = TypeVar("T")


def ask(settings: Settings, work: Callable[[Client], Awaitable[T]]) -> T:
    async def asked() -> T:
        return await asyncio.wait_for(work(await connect(settings)), 60)

    return asyncio.run(asked())


def changes(office: Office, zone: str = "Asia/Shanghai") -> set[Change]:
    return {one.change for one in apply(office.settings, zone)}


async def run_of(client: Client, job: Job) -> PeriodicResult:
    """What the only run of a schedule came to."""
    handle = client.get_schedule_handle(schedule_id(job))
    while not (recent := (await handle.describe()).info.recent_actions):
        await asyncio.sleep(0.1)
    run = recent[-1].action
    assert isinstance(run, ScheduleActionExecutionStartWorkflow)
    result: PeriodicResult = await client.get_workflow_handle(
        run.workflow_id, run_id=run.first_execution_run_id, result_type=PeriodicResult
    ).result()
    return result


def run_now(office: Office, job: Job) -> PeriodicResult:
    """Trigger a schedule, and return what the run that it started came to."""

    async def triggered(client: Client) -> PeriodicResult:
        await client.get_schedule_handle(schedule_id(job)).trigger()
        return await run_of(client, job)

    return ask(office.settings, triggered)


def run_for(office: Office, job: Job, day: datetime) -> PeriodicResult:
    """Have a schedule make up for what was due within the day after a moment."""

    async def made_up(client: Client) -> PeriodicResult:
        span = ScheduleBackfill(start_at=day, end_at=day + timedelta(days=1))
        await client.get_schedule_handle(schedule_id(job)).backfill(span)
        return await run_of(client, job)

    return ask(office.settings, made_up)


class TestOnTemporal:
    pytestmark = ON_TEMPORAL

    def test_applying_twice_makes_nothing_new(self, own_desk: Office) -> None:
        assert not any(one.exists for one in show(own_desk.settings))
        assert changes(own_desk) == {Change.CREATED}
        assert changes(own_desk) == {Change.UNCHANGED}
        found = show(own_desk.settings)
        assert [one.id for one in found] == [schedule_id(job) for job in Job]
        assert all(one.next is not None and one.next > clock.now() for one in found)

    def test_a_schedule_that_differs_is_put_right_and_a_pause_is_kept(self, own_desk: Office) -> None:
        changes(own_desk)
        weekly = schedule_id(Job.WEEKLY_REPORT)

        def bend(present: ScheduleUpdateInput) -> ScheduleUpdate:
            schedule = present.description.schedule
            schedule.policy.catchup_window = timedelta(minutes=1)
            return ScheduleUpdate(schedule=schedule)

        async def bent(client: Client) -> None:
            handle = client.get_schedule_handle(weekly)
            await handle.pause()
            await handle.update(bend)

        ask(own_desk.settings, bent)
        applied = {one.id: one.change for one in apply(own_desk.settings, "Asia/Shanghai")}
        assert applied.pop(weekly) is Change.UPDATED
        assert set(applied.values()) == {Change.UNCHANGED}
        assert [one.id for one in show(own_desk.settings) if one.paused] == [weekly]

        async def window(client: Client) -> timedelta | None:
            return (await client.get_schedule_handle(weekly).describe()).schedule.policy.catchup_window

        assert ask(own_desk.settings, window) == CATCH_UP
        assert changes(own_desk, "America/New_York") == {Change.UPDATED}
        assert {one.zone for one in show(own_desk.settings)} == {"America/New_York"}

    def test_a_job_falls_due_at_eight_of_its_zone_on_its_day(self, own_desk: Office) -> None:
        changes(own_desk)
        due = {one.id: one.next.astimezone(CHINA) for one in show(own_desk.settings) if one.next}
        assert {(one.hour, one.minute) for one in due.values()} == {(8, 0)}
        assert due[schedule_id(Job.WEEKLY_REPORT)].isoweekday() == 1
        assert due[schedule_id(Job.MONTHLY_RANKING)].day == 1
        appraisal = due[schedule_id(Job.ANNUAL_APPRAISAL)]
        assert (appraisal.month, appraisal.day) == (1, 1)
        assert due[schedule_id(Job.PROVISIONAL_YEAR)].month == 12

    def test_a_scheduled_run_ends_its_period_in_our_worker(self, own_desk: Office) -> None:
        changes(own_desk)
        with own_desk.worker():
            monthly = run_now(own_desk, Job.MONTHLY_LISTS)
            warning = run_now(own_desk, Job.PROVISIONAL_YEAR)
        ended = period(Job.MONTHLY_LISTS, clock.now(), CHINA)
        assert ended is not None
        assert (monthly.since, monthly.until) == ended
        book, now = own_desk.engine.rules.refresh(), clock.now()
        missing = {
            name: missing_year(book.calendar_of(name), now)
            for name in sorted({policy.calendar for policy in book.policies.values()})
        }
        assert warning.warned == tuple(f"{name} {year}" for name, year in missing.items() if year)

    def test_a_late_run_ends_the_period_for_which_it_was_due(self, own_desk: Office) -> None:
        changes(own_desk)
        with own_desk.worker():
            weekly = run_for(own_desk, Job.WEEKLY_REPORT, datetime(2026, 3, 2, tzinfo=CHINA))
        assert (weekly.since, weekly.until) == (
            datetime(2026, 2, 23, tzinfo=CHINA),
            datetime(2026, 3, 2, tzinfo=CHINA),
        )

    def test_a_job_of_another_release_fails_and_says_so(self, own_desk: Office) -> None:
        async def strange(client: Client) -> None:
            await client.execute_workflow(
                PERIODIC_WORKFLOW, PeriodicInput(job="daily-horoscope"), id="strange", task_queue=TASK_QUEUE
            )

        with own_desk.worker(), pytest.raises(WorkflowFailureError) as failed:
            ask(own_desk.settings, strange)
        assert "echowall schedules apply" in str(failed.value.cause.__cause__)

    def test_the_program_applies_and_shows(
        self, own_desk: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = own_desk.settings
        monkeypatch.setenv("DATABASE_URL", own_desk.url)
        monkeypatch.setenv("TEMPORAL_ADDRESS", str(settings.temporal_address))
        monkeypatch.setenv("TEMPORAL_NAMESPACE", settings.temporal_namespace)
        monkeypatch.setenv("ECHOWALL_DATA_DIR", str(settings.data_dir))
        assert main.run(["schedules", "apply", "--json"]) == 0
        first = json.loads(capsys.readouterr().out)["schedules"]
        assert main.run(["schedules", "apply", "--json"]) == 0
        second = json.loads(capsys.readouterr().out)["schedules"]
        assert {one["change"] for one in first} == {"created"}
        assert {one["change"] for one in second} == {"unchanged"}
        assert main.run(["schedules", "show"]) == 0
        assert capsys.readouterr().out.count("Asia/Shanghai") == len(Job)


def test_a_server_that_is_away_is_said_by_its_code(tmp_path: Path) -> None:
    away = Settings().model_copy(update={"temporal_address": "127.0.0.1:1", "data_dir": tmp_path})
    with pytest.raises(TimersUnavailable):
        apply(away, "Asia/Shanghai")
    with pytest.raises(SettingsInvalid):
        apply(away.model_copy(update={"temporal_address": None}), "Asia/Shanghai")


@pytest.mark.parametrize(
    ("job", "at", "begin", "end"),
    [
        (Job.WEEKLY_REPORT, "2026-03-02T08:00+08:00", "2026-02-23", "2026-03-02"),
        (Job.WEEKLY_REPORT, "2026-03-04T23:00+08:00", "2026-02-23", "2026-03-02"),
        (Job.MONTHLY_LISTS, "2026-01-01T08:00+08:00", "2025-12-01", "2026-01-01"),
        (Job.MONTHLY_RANKING, "2028-03-01T08:00+08:00", "2028-02-01", "2028-03-01"),
        (Job.MONTHLY_LISTS, "2026-02-28T17:00+00:00", "2026-02-01", "2026-03-01"),
        (Job.ANNUAL_APPRAISAL, "2027-01-01T08:00+08:00", "2026-01-01", "2027-01-01"),
    ],
)
def test_the_last_whole_period_before_a_moment_is_ended(job: Job, at: str, begin: str, end: str) -> None:
    ended = period(job, datetime.fromisoformat(at), CHINA)
    assert ended is not None
    assert [one.isoformat() for one in ended] == [f"{day}T00:00:00+08:00" for day in (begin, end)]


def test_a_period_over_a_change_of_clocks_keeps_its_midnights() -> None:
    ended = period(Job.WEEKLY_REPORT, datetime(2026, 3, 9, 12, tzinfo=UTC), ZoneInfo("America/New_York"))
    assert ended is not None
    assert ended[1].astimezone(UTC) - ended[0].astimezone(UTC) == timedelta(days=7) - timedelta(hours=1)


def test_a_missing_year_is_told_from_the_first_of_december_on() -> None:
    china = replace(
        parse_calendar((town.DATA / "calendars" / "china.toml").read_text("utf-8")),
        years=frozenset(range(2004, 2027)),
    )
    days = {"2026-11-30": None, "2026-12-01": 2027, "2026-12-31": 2027, "2027-01-01": 2027}
    for day, year in days.items():
        assert missing_year(china, datetime.fromisoformat(f"{day}T08:00+08:00")) == year
    always = parse_calendar((town.DATA / "calendars" / "always.toml").read_text("utf-8"))
    assert missing_year(always, datetime(2026, 12, 1, tzinfo=UTC)) is None
    assert period(Job.PROVISIONAL_YEAR, clock.now(), CHINA) is None
