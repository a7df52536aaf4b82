"""The ledger of alarms says of all cases what the domain says of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from domain.calendar import CalendarAmended
from domain.case import commands as c
from domain.case.alarms import AlarmKind, Seen, alarms
from domain.case.clocks import find_open
from domain.case.events import CaseEvent, PolicyMoved
from domain.case.evolve import evolve
from domain.case.state import Case
from domain.policy import Obligation
from engine.authorise import scope_sql
from engine.ids import CALENDARS, ORGANISATION
from engine.migrate import migrate
from engine.store import PostgresStore
from projections import schema
from projections.alarms import view
from projections.alarms.fold import AlarmRow, fold
from projections.alarms.view import AlarmCount, Filters
from projections.batch import Batcher
from projections.changes import Change, Run
from projections.projector import Projector
from projections.rebuild import compare, rebuild
from projections.reconcile import reconcile
from projections.schema import Connection
from tests.projections.histories import Diary, book, store_log, walk
from tests.support import asks, town

pytestmark = pytest.mark.postgres
SILENT, BACK = UUID(int=21), UUID(int=22)


def diary() -> Diary:
    """Two cases: one resolved with nobody reached, one struck off and reopened."""
    told = Diary()
    for unit in town.FOUNDED:
        told.write(ORGANISATION, unit)
    for case in (SILENT, BACK):
        for command in (asks.collect(), *asks.ACCEPTED[1:]):
            told.give(command, case=case)
    told.give(asks.contact(), case=BACK)
    for case in (SILENT, BACK):
        told.give(asks.resolve(), case=case)
        told.give(asks.visit(), case=case)
    told.give(c.StrikeOff(), case=BACK)
    told.give(asks.reopen(), town.STREET_WORKER, case=BACK)
    return told


@pytest.fixture(scope="module")
def connection(database: str) -> Iterator[Connection]:
    migrate(database)
    store_log(database, diary().log)
    with PostgresStore(database, pool_size=2) as store:
        Projector(database, store, book).catch_up()
    with schema.connect(database) as opened:
        yield opened


def shown(connection: Connection, **filters: object) -> list[AlarmRow]:
    return list(view.alarms(connection, Filters(**filters)).rows)  # type: ignore[arg-type]


def test_alarms_are_listed_with_the_event_that_gave_them(connection: Connection) -> None:
    rows = {(row.case_id, row.kind): row for row in shown(connection)}
    silent = rows[SILENT, AlarmKind.CONTACTED_NOBODY.value]
    assert (silent.unit, silent.clock, silent.was_due) == (town.WATER, "", None)
    assert (BACK, AlarmKind.CLOSED_THEN_REOPENED.value) in rows
    assert (BACK, AlarmKind.CONTACTED_NOBODY.value) not in rows


def test_filters_pages_counts_and_what_one_may_see(connection: Connection) -> None:
    every = shown(connection)
    assert len(every) >= 2
    kind = AlarmKind.CONTACTED_NOBODY
    assert {row.case_id for row in shown(connection, kind=kind)} == {SILENT}
    assert {row.unit for row in shown(connection, unit=town.WATER)} == {town.WATER}
    assert shown(connection, unit=town.WEST) == []
    assert AlarmCount(town.WATER, kind.value, 1, 1) in view.counts(connection)
    assert sum(one.alarms for one in view.counts(connection)) == len(every)
    rows: list[AlarmRow] = []
    place = None
    while True:
        page = view.alarms(connection, after=place, limit=1)
        rows += page.rows
        place = page.next
        if place is None:
            break
    assert rows == every
    stranger = scope_sql(town.WEST_WORKER, town.TOWN)
    assert view.alarms(connection, scope=stranger).rows == ()
    assert view.counts(connection, scope=stranger) == []


def test_a_case_whose_policy_has_another_text_gives_none_and_goes_on() -> None:
    told = diary()
    events = [one for one in told.log if one.stream == BACK]
    changes: list[Change] = []
    case: Case | None = None
    for one in events:
        assert isinstance(one.event, CaseEvent)
        before, case = case, evolve(case, one.event)
        changes.append(Change(replace(one, position=one.version), before, case))
    rules = book()
    edited = replace(rules, hashes=dict.fromkeys(rules.hashes, "0" * 64))
    moved = PolicyMoved(at=told.now, policy=edited.newest("demo"), reason="c" * 64)
    assert case is not None
    after = evolve(case, moved)
    changes.append(Change(replace(events[-1], event=moved, version=after.version, position=99), case, after))
    assert [row.kind for row in fold(Run(BACK, changes, edited)) or ()] == [AlarmKind.CLOSED_THEN_REOPENED]


def test_the_ledger_equals_what_the_domain_says_of_whole_histories(empty_database: str) -> None:
    migrate(empty_database)
    log = walk(502, cases=30, steps=1_200)
    store_log(empty_database, log)
    schema.install(empty_database)
    with PostgresStore(empty_database, pool_size=2) as store, schema.connect(empty_database) as connection:
        batcher = Batcher(store, book, size=7)
        while batcher.step(connection).events:
            pass
        rows = view.alarms(connection, limit=10_000).rows
    histories: dict[UUID, list[Seen]] = {}
    for one in log:
        if isinstance(one.event, CaseEvent):
            histories.setdefault(one.stream, []).append((one.event, one.recorded_at))
    expected = Counter(
        (case, one.version, one.kind.value, one.clock or "", one.unit, one.at, one.was, one.now)
        for case, events in histories.items()
        for one in alarms(events, book())
    )
    told = Counter(
        (one.case_id, one.version, one.kind, one.clock, one.unit, one.at, one.was_due, one.now_due)
        for one in rows
    )
    assert told == expected
    assert expected


def suspended_on_its_eve() -> Diary:
    """One case, suspended three hours before its limit."""
    told = Diary()
    for unit in town.FOUNDED:
        told.write(ORGANISATION, unit)
    for command in asks.ACCEPTED:
        told.give(command, case=SILENT)
    clock = find_open(told.case(SILENT).clocks, Obligation.RESOLVE)
    assert clock is not None
    limit = told.book.due(told.case(SILENT), clock)
    assert limit is not None
    told.give(asks.suspend(until=limit.at + 10 * town.DAY), at=limit.at - 3 * town.HOUR, case=SILENT)
    return told


def amend(told: Diary) -> None:
    """Take two days out of the middle of what has passed, and tell the case."""
    calendar = told.book.policy(told.case(SILENT).policy).calendar
    days = (town.wall("2026-03-04 00:00").date(), town.wall("2026-03-05 00:00").date())
    event = CalendarAmended(
        at=told.now,
        calendar=calendar,
        version=told.book.calendar_version(calendar) + 1,
        off=days,
        cause="Snow",
        instrument="Notice 7",
    )
    told.write(CALENDARS, event)
    told.book = replace(told.book, overlays=(*told.book.overlays, event.overlay()))
    told.give(asks.recalibrate(), town.IMPORTER, case=SILENT)


def test_a_later_change_of_the_calendar_changes_no_alarm(url: str, store: PostgresStore) -> None:
    told = suspended_on_its_eve()
    store_log(url, told.log)
    Projector(url, store, book).catch_up()
    with schema.connect(url) as connection:
        given = view.alarms(connection).rows
    assert [row.kind for row in given] == [AlarmKind.PAUSED_BEFORE_BREACH]
    before, told.now = len(told.log), told.now + town.DAY
    amend(told)
    store_log(url, told.log[before:])
    Projector(url, store, lambda: told.book).catch_up()
    found = reconcile(url, told.book)
    assert found.sound, found.findings
    fresh = compare(url, store, lambda: told.book)
    assert fresh.equal, fresh.difference
    rebuild(url, store, lambda: told.book)
    with schema.connect(url) as connection:
        assert view.alarms(connection).rows == given


def test_what_was_known_of_the_calendars_is_one_book_and_no_copy_where_all_was() -> None:
    told = suspended_on_its_eve()
    early, told.now = told.now, told.now + town.DAY
    amend(told)
    known = told.book.as_known(early)
    assert known.overlays == ()
    assert told.book.as_known(early + town.HOUR) is known
    assert told.book.as_known(told.now) is told.book
