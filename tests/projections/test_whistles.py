"""The ledger of whistles: both sides of each call, whatever the log was cut into."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain.case import commands as c
from domain.case.events import Resolved, Visited, WhistleAnswered, Whistled
from engine.authorise import scope_sql
from engine.ids import ORGANISATION
from engine.migrate import migrate
from engine.store import PostgresStore
from projections import schema
from projections.batch import Batcher
from projections.projector import Projector
from projections.reconcile import reconcile
from projections.schema import Connection
from projections.whistles.view import (
    CalledCount,
    CallerCount,
    Filters,
    Response,
    Side,
    WhistleRow,
    called,
    callers,
    whistles,
)
from tests.projections.histories import Diary, book, store_log, walk
from tests.support import asks, town

pytestmark = pytest.mark.postgres
HELPED, REFUSED, ENDED = UUID(int=11), UUID(int=12), UUID(int=13)
TWICE, AFTER, PASSED, SPARED = UUID(int=14), UUID(int=15), UUID(int=16), UUID(int=17)
LONG = town.wall("2026-03-31 09:00")


def diary() -> Diary:
    """Three cases: one helped in time and late and solved, one declined and unsolved, one ended before."""
    told = Diary()
    for unit in town.FOUNDED:
        told.write(ORGANISATION, unit)
    by = {"by": town.wall("2026-03-03 09:00").isoformat()}
    for case in (HELPED, REFUSED, ENDED):
        for command in (asks.collect(), *asks.ACCEPTED[1:]):
            told.give(command, case=case)
        told.give(asks.whistle(town.HOUSING, town.TRAFFIC, **by), case=case)
    told.give(asks.report_in(), town.HOUSING_WORKER, case=HELPED)
    told.give(asks.report_in(answer="declined", words="Not ours"), town.HOUSING_WORKER, case=REFUSED)
    told.now = town.wall("2026-03-03 10:00")
    told.give(asks.report_in(answer="arrived"), town.TRAFFIC_WORKER, case=HELPED)
    for case, solved in ((HELPED, True), (REFUSED, False)):
        told.give(asks.resolve(), case=case)
        told.give(asks.visit(solved=solved), case=case)
    told.give(c.StrikeOff(), case=HELPED)
    return told


@pytest.fixture(scope="module")
def connection(database: str) -> Iterator[Connection]:
    migrate(database)
    store_log(database, diary().log)
    with PostgresStore(database, pool_size=2) as store:
        Projector(database, store, book).catch_up()
    with schema.connect(database) as opened:
        yield opened


def shown(connection: Connection, **filters: object) -> list[WhistleRow]:
    return list(whistles(connection, LONG, Filters(**filters)).rows)  # type: ignore[arg-type]


def test_a_row_says_what_the_department_answered_and_what_became_of_the_case(connection: Connection) -> None:
    rows = {(row.case_id, row.department): row for row in shown(connection)}
    assert len(rows) == 6
    housing, traffic = rows[HELPED, town.HOUSING], rows[HELPED, town.TRAFFIC]
    assert (housing.caller, housing.answer, housing.response) == (town.EAST, "did", "on_time")
    assert (traffic.answer, traffic.response) == ("arrived", "late")
    assert traffic.answered_at is not None
    assert traffic.due_at is not None
    assert traffic.answered_at > traffic.due_at
    assert (housing.solved, housing.outcomes) == (True, traffic.outcomes)
    assert housing.outcomes
    assert rows[REFUSED, town.HOUSING].response == "declined"
    assert rows[REFUSED, town.HOUSING].solved is False
    assert rows[ENDED, town.HOUSING].response == "unanswered"
    assert rows[ENDED, town.HOUSING].solved is None


def test_before_its_limit_a_call_waits(connection: Connection) -> None:
    early = town.wall("2026-03-02 12:00")
    rows = whistles(connection, early, Filters(case=ENDED)).rows
    assert {row.response for row in rows} == {"waiting"}


def test_both_sides_are_counted_by_unit(connection: Connection) -> None:
    of = {one.unit: one for one in called(connection, LONG)}
    assert of[town.HOUSING] == CalledCount(town.HOUSING, 3, 1, 0, 1, 1, 0, 0)
    assert of[town.TRAFFIC].calls == 3
    assert of[town.TRAFFIC].late == 1
    (street,) = callers(connection, LONG)
    assert street == CallerCount(town.EAST, 3, 6, 3, 2, 2, 1)
    whistled, answered = Filters(unit=town.EAST), Filters(unit=town.HOUSING)
    assert (called(connection, LONG, whistled), callers(connection, LONG, whistled)) == ([], [street])
    assert (called(connection, LONG, answered), callers(connection, LONG, answered)) == (
        [of[town.HOUSING]],
        [],
    )


def test_filters_and_pages(connection: Connection) -> None:
    assert {row.case_id for row in shown(connection, response=Response.DECLINED)} == {REFUSED}
    assert {row.department for row in shown(connection, unit=town.HOUSING)} == {town.HOUSING}
    assert shown(connection, unit=town.HOUSING, side=Side.CALLER) == []
    assert len(shown(connection, unit=town.DISTRICT, side=Side.CALLER)) == 6
    assert shown(connection, since=LONG) == []
    rows: list[WhistleRow] = []
    place = None
    while True:
        page = whistles(connection, LONG, after=place, limit=2)
        rows += page.rows
        place = page.next
        if place is None:
            break
    assert rows == shown(connection)


def test_only_what_one_may_see_is_listed_and_counted(connection: Connection) -> None:
    stranger = scope_sql(town.WEST_WORKER, town.TOWN)
    assert whistles(connection, LONG, scope=stranger).rows == ()
    assert called(connection, LONG, scope=stranger) == []
    department = scope_sql(town.HOUSING_WORKER, town.TOWN)
    assert {row.case_id for row in whistles(connection, LONG, scope=department).rows}


def test_the_ledger_equals_what_the_log_says_of_random_histories(empty_database: str) -> None:
    migrate(empty_database)
    log = walk(505, cases=30, steps=1_200)
    store_log(empty_database, log)
    schema.install(empty_database)
    with PostgresStore(empty_database, pool_size=2) as store, schema.connect(empty_database) as connection:
        batcher = Batcher(store, book, size=7)
        while batcher.step(connection).events:
            pass
        rows = whistles(connection, log[-1].recorded_at + timedelta(days=400), limit=10_000).rows
    expected = {
        (one.stream, one.event.number, department)
        for one in log
        if isinstance(one.event, Whistled)
        for department in one.event.called
    }
    answers = {
        (one.stream, one.event.number, one.event.department): one.event.answer.value
        for one in log
        if isinstance(one.event, WhistleAnswered)
    }
    assert {(row.case_id, row.number, row.department) for row in rows} == expected
    assert expected
    told = {(row.case_id, row.number, row.department): row.answer for row in rows}
    assert {key: value for key, value in told.items() if value is not None} == answers
    heard = {one.stream for one in log if isinstance(one.event, Visited) and one.event.judged}
    resolved = {one.stream for one in log if isinstance(one.event, Resolved)}
    assert {row.case_id for row in rows if row.solved is not None} <= heard
    assert {row.case_id for row in rows if row.outcomes is not None} <= resolved


def test_a_case_without_a_whistle_has_no_row(connection: Connection) -> None:
    assert shown(connection, case=uuid4()) == []


def struck_off(told: Diary, case: UUID) -> None:
    for command in (asks.contact(), asks.resolve(), asks.visit(), c.StrikeOff()):
        told.give(command, case=case)


def answered_around_an_end() -> Diary:
    """Calls due on Tuesday, 09:00: answered twice, after the case's end, and never in two cases."""
    told = Diary()
    for unit in town.FOUNDED:
        told.write(ORGANISATION, unit)
    for case in (TWICE, AFTER, PASSED, SPARED):
        for command in asks.ACCEPTED:
            told.give(command, case=case)
        told.give(asks.whistle(town.HOUSING, by=town.wall("2026-03-03 09:00").isoformat()), case=case)
    told.give(asks.report_in(answer="arrived"), case=TWICE)
    struck_off(told, AFTER)
    struck_off(told, SPARED)
    told.now = town.wall("2026-03-04 09:00")
    told.give(asks.report_in(), case=TWICE)
    struck_off(told, PASSED)
    told.give(asks.reopen(), town.STREET_WORKER, case=AFTER)
    told.give(asks.report_in(), case=AFTER)
    return told


def test_an_answer_has_its_own_moment_and_an_end_of_the_case_hides_no_lateness(
    url: str, store: PostgresStore
) -> None:
    told = answered_around_an_end()
    store_log(url, told.log)
    Projector(url, store, book, batch=3).catch_up()
    with schema.connect(url) as connection:
        rows = {row.case_id: row for row in whistles(connection, LONG).rows}
    answered = {one.stream: one.event.at for one in told.log if isinstance(one.event, WhistleAnswered)}
    assert {case: row.response for case, row in rows.items()} == {
        TWICE: "on_time",
        AFTER: "late",
        PASSED: "unanswered",
        SPARED: "void",
    }
    assert {case: row.answered_at for case, row in rows.items() if row.answer == "did"} == answered
    ended = {case: (row.met_at is not None, row.void_at is not None) for case, row in rows.items()}
    assert ended == dict.fromkeys((AFTER, PASSED, SPARED), (False, True)) | {TWICE: (True, False)}
    found = reconcile(url, book())
    assert found.sound, found.findings
