"""What people ask of the ledgers: pages, filters, what may be seen, the board, statements and entries."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from domain.actor import Actor
from domain.case.buckets import Bucket
from domain.case.stage import OPEN
from domain.policy import Rung
from engine.authorise import scope_sql
from engine.migrate import migrate
from engine.store import PostgresStore
from projections import paging, schema
from projections.accountability.fold import OUTSIDE
from projections.accountability.view import balances, statement, transfers
from projections.entries.view import Status, entries
from projections.escalation.fold import ClockRow
from projections.escalation.view import (
    BoardFilters,
    board,
    counts,
    rungs,
    weeks,
)
from projections.paging import CursorInvalid, Scope
from projections.projector import Projector
from projections.schema import Connection
from projections.units.view import unit, units
from projections.worklist.view import Filters, Order, count, one, page
from projections.worklist.view import Row as Work
from tests.projections.histories import book, store_log, walk
from tests.support import town
from tests.support.ladder import rungs_repeated

pytestmark = pytest.mark.postgres
LOG = walk(77, cases=40, steps=900)
LATER = LOG[-1].recorded_at
HALFWAY = LOG[len(LOG) // 2].recorded_at


@pytest.fixture(scope="module")
def connection(database: str) -> Iterator[Connection]:
    migrate(database)
    store_log(database, LOG)
    with PostgresStore(database, pool_size=2) as store:
        Projector(database, store, book).catch_up()
    with schema.connect(database) as opened:
        yield opened


def scope(actor: Actor) -> Scope:
    return scope_sql(actor, town.TOWN)


def everything(connection: Connection, order: Order, limit: int = 7, **more: object) -> Sequence[Work]:
    rows: list[Work] = []
    found = page(connection, Filters(**more), order=order, limit=limit)  # type: ignore[arg-type]
    rows += found.rows
    while found.next is not None:
        found = page(connection, Filters(**more), order=order, limit=limit, after=found.next)  # type: ignore[arg-type]
        rows += found.rows
    return rows


@pytest.mark.parametrize("order", list(Order))
def test_pages_show_each_case_once_and_in_order(connection: Connection, order: Order) -> None:
    rows = everything(connection, order)
    assert len({row.case_id for row in rows}) == len(rows) == count(connection) > 20
    if order is Order.DUE:
        dated = [row.due_at for row in rows if row.due_at is not None]
        assert dated == sorted(dated)
        assert all(row.due_at is None for row in rows[len(dated) :])
    else:
        moments = [row.collected_at for row in rows]
        assert moments == sorted(moments, reverse=order is Order.NEWEST)


def test_filters_name_what_they_keep(connection: Connection) -> None:
    assert {row.stage for row in everything(connection, Order.DUE, open_only=True)} <= {
        one.value for one in OPEN
    }
    below = everything(connection, Order.DUE, unit=town.EAST)
    assert below
    assert all(row.unit == town.EAST or row.unit.startswith(town.EAST + ".") for row in below)
    held = everything(connection, Order.DUE, bucket=Bucket.TO_SCREEN)
    assert {row.bucket for row in held} == {"to_screen"}
    late = everything(connection, Order.DUE, overdue_at=HALFWAY)
    assert late
    assert all(row.due_at is not None and row.due_at < HALFWAY for row in late)
    assert count(connection, Filters(unit="yuhua%")) == 0


def test_one_sees_what_concerns_the_own_subtree(connection: Connection) -> None:
    all_rows = everything(connection, Order.DUE)
    for actor in (town.WATER_WORKER, town.WEST_WORKER, town.STREET_WORKER):
        mine = {row.case_id for row in page(connection, scope=scope(actor), limit=1000).rows}
        below = {
            row.case_id for row in all_rows if any(town.TOWN.contains(actor.unit or "", u) for u in row.units)
        }
        assert mine == below
        assert count(connection, scope=scope(actor)) == len(mine)
        assert {row.case_id for row in board(connection, scope=scope(actor), limit=1000).rows} <= mine
        assert sum(one.cases for one in balances(connection, scope=scope(actor))) == len(mine)
        for row in all_rows:
            assert (one(connection, row.case_id, scope=scope(actor)) is not None) == (row.case_id in mine)


def test_a_cursor_of_somebody_else_is_refused(connection: Connection) -> None:
    for cursor in ("", "x", paging.encode([1, 2]), paging.encode(["a", "b"]), "é"):
        with pytest.raises(CursorInvalid):
            page(connection, after=cursor)


def test_the_board_tells_what_is_late_from_the_limits_alone(connection: Connection) -> None:
    rows: list[ClockRow] = []
    cursor = None
    while True:
        found = board(connection, after=cursor, limit=5)
        rows += found.rows
        if (cursor := found.next) is None:
            break
    assert len({(row.case_id, row.clock) for row in rows}) == len(rows) > 20
    late = board(connection, BoardFilters(overdue_at=LATER), limit=1000).rows
    assert set(map(str, late)) == {str(row) for row in rows if row.due_at is not None and row.due_at < LATER}
    told = counts(connection, HALFWAY, within=timedelta(days=400))
    assert sum(unit.open for unit in told) == len(rows)
    assert sum(unit.overdue for unit in told) == sum(
        row.due_at is not None and row.due_at < HALFWAY for row in rows
    )
    assert sum(unit.paused for unit in told) == sum(row.paused for row in rows)
    streets = counts(connection, HALFWAY, within=timedelta(days=400), level="street")
    assert {unit.unit for unit in streets} <= {town.EAST, town.WEST}
    assert streets == [unit for unit in told if unit.level == "street"]
    departments = board(connection, BoardFilters(level="department"), limit=1000).rows
    assert {row.owner for row in departments} <= {town.WATER, town.HOUSING, town.TRAFFIC}


def test_rungs_are_logged_once(connection: Connection) -> None:
    logged = rungs(connection, limit=1000)
    taken = [(row.case_id, row.clock, row.rung) for row in logged if row.by_ladder]
    assert len(set(taken)) == len(taken) > 0
    assert rungs(connection, rung=Rung.REMIND, limit=1)
    assert rungs(connection, after=logged[0].position, limit=1) == logged[1:2]
    assert rungs_repeated(connection) == 0


def test_rungs_are_counted_by_the_weeks_in_which_they_were_taken(connection: Connection) -> None:
    logged = rungs(connection, limit=1000)
    since, until = min(row.at for row in logged), max(row.at for row in logged) + timedelta(seconds=1)
    told = weeks(connection, since, until, "Asia/Shanghai")
    assert sum(row.taken for row in told) == len(logged)
    assert sum(row.by_hand for row in told) == sum(not row.by_ladder for row in logged)
    for row in told:
        monday = datetime(row.week.year, row.week.month, row.week.day, tzinfo=town.ZONE)
        assert monday.isoweekday() == 1
        within = [
            logs
            for logs in logged
            if (logs.unit, logs.rung) == (row.unit, row.rung)
            and monday <= logs.at < monday + timedelta(days=7)
        ]
        assert len(within) == row.taken
    water = weeks(connection, since, until, "Asia/Shanghai", unit=town.WATER)
    assert water == [row for row in told if town.TOWN.contains(town.WATER, row.unit)]
    assert weeks(connection, until, until, "Asia/Shanghai") == []


def test_a_statement_adds_up_to_the_balance(connection: Connection) -> None:
    told = balances(connection)
    assert sum(one.cases for one in told) == count(connection)
    for account in told:
        lines = statement(connection, account.unit, account.bucket, limit=10_000)
        assert sum(line.amount for line in lines) == account.cases
        assert lines[-1].position == account.position
    east = balances(connection, unit=town.EAST)
    assert all(one.unit.startswith(town.EAST) for one in east)


def test_an_account_has_the_number_that_its_name_gives(connection: Connection) -> None:
    query = """
        SELECT account, ('x' || left(encode(hash, 'hex'), 16))::bit(64)::bigint
        FROM ledger.balances, LATERAL sha256(convert_to(unit || ' ' || bucket, 'UTF8')) AS hash"""
    found = connection.execute(query).fetchall()
    assert len(found) > 1
    assert all(number == derived for number, derived in found)


def test_a_case_goes_from_outside_to_where_it_stands(connection: Connection) -> None:
    for row in page(connection, limit=20).rows:
        way = transfers(connection, row.case_id)
        assert (way[0].from_unit, way[0].from_bucket) == (OUTSIDE.unit, OUTSIDE.bucket)
        assert (way[-1].to_unit, way[-1].to_bucket) == (row.unit, row.bucket)
        assert all(
            (before.to_unit, before.to_bucket) == (after.from_unit, after.from_bucket)
            for before, after in pairwise(way)
        )


def test_entries_tell_who_is_held_accountable_and_what_was_said(connection: Connection) -> None:
    rows = entries(connection, limit=1000).rows
    assert len(rows) == sum(event.name == "case.held_accountable" for event in LOG) > 0
    assert [row.set_position for row in rows] == sorted((row.set_position for row in rows), reverse=True)
    for status in Status:
        for row in entries(connection, status=status, limit=1000).rows:
            assert row.status == status.value
            assert (row.withdrawn_at is not None) == (status is Status.WITHDRAWN)


def test_units_are_named_with_their_way_from_the_top(connection: Connection) -> None:
    assert len(units(connection)) == len(town.FOUNDED)
    grid = unit(connection, town.GRID_1)
    assert grid is not None
    assert grid.path == [town.DISTRICT, town.EAST, town.PINE, town.GRID_1]
    assert {row.unit for row in units(connection, under=town.PINE)} == {town.PINE, town.GRID_1, town.GRID_2}
    assert unit(connection, "yuhua.nowhere") is None
