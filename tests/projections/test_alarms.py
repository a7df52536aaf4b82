"""The ledger of alarms says of all cases what the domain says of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from domain.case import commands as c
from domain.case.alarms import AlarmKind, Seen, alarms
from domain.case.events import CaseEvent, PolicyMoved
from domain.case.evolve import evolve
from domain.case.state import Case
from engine.authorise import scope_sql
from engine.ids import ORGANISATION
from engine.migrate import migrate
from engine.store import PostgresStore
from projections import schema
from projections.alarms import view
from projections.alarms.fold import AlarmRow, fold
from projections.alarms.view import AlarmCount, Filters
from projections.batch import Batcher
from projections.changes import Change, Run
from projections.projector import Projector
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
