"""What the board says comes next is what the ladder does next."""

from uuid import UUID

import pytest

from domain.case.events import CaseEvent
from domain.case.evolve import evolve
from domain.case.plan import Action, plan
from domain.case.stage import FINAL
from domain.case.state import Case
from domain.records import replace
from engine.ids import ORGANISATION
from engine.store import PostgresStore
from projections import schema
from projections.escalation.due import LATE, overdue, steps_due
from projections.outlook import lapsed_rungs, next_due, prospects
from projections.projector import Projector
from projections.reconcile import reconcile
from tests.projections.histories import Diary, book, store_log, walk
from tests.support import asks, town
from tests.support.given import given


@pytest.mark.parametrize("seed", range(40, 50))
def test_the_earliest_next_action_is_the_planned_step(seed: int) -> None:
    cases: dict[object, Case] = {}
    for recorded in walk(seed):
        if not isinstance(recorded.event, CaseEvent):
            continue
        case = cases[recorded.stream] = evolve(cases.get(recorded.stream), recorded.event)
        ahead = prospects(case, book())
        step = plan(replace(case, excluded_until=None), book())  # the end of an exclusion is no clock's
        moments = [one.action_at.at for one in ahead if one.action_at is not None]
        if case.stage not in FINAL:
            assert bool(moments) == (step is not None)
            assert step is None or min(moments) == step.wake_at
        else:
            assert ahead == ()


def test_rungs_due_before_an_import_are_counted_and_never_planned() -> None:
    imported = town.MONDAY + 30 * town.DAY
    origin = {"system": "old", "reference": "1", "imported_at": imported}
    story = given((asks.collect(origin=origin, policy="boston-2015"), town.IMPORTER))
    case = story.world.case()
    ahead = prospects(case, book())
    assert [(one.lapsed, one.action) for one in ahead] == [(4, None)]
    assert lapsed_rungs(case, ahead, book()) == {"1/dispatch": 4}
    first = next_due(ahead)
    assert first is not None
    assert first[1].at < imported


@pytest.mark.postgres
def test_the_end_of_a_hold_that_pauses_no_clock_is_on_the_board(url: str, store: PostgresStore) -> None:
    held, told = UUID(int=31), Diary()
    for unit in town.FOUNDED:
        told.write(ORGANISATION, unit)
    for command in (asks.collect(policy=asks.PETITION), *asks.ACCEPTED[1:]):
        told.give(command, case=held)
    until = town.MONDAY + town.DAY
    told.give(asks.hang_up(until=until), town.WATER_HEAD, case=held)
    told.give(asks.hang_up(until=until), case=held)
    step, ahead = told.plan(held), prospects(told.case(held), told.book)
    assert step is not None
    assert (step.action, step.wake_at) == (Action.TAKE_DOWN, until)
    assert {(one.paused, one.action, one.action_at and one.action_at.at) for one in ahead} == {
        (False, Action.TAKE_DOWN, until)
    }
    store_log(url, told.log)
    Projector(url, store, book).catch_up()
    with schema.connect(url) as connection:
        assert steps_due(connection, until, 10) == {}
        late = steps_due(connection, until + town.SECOND, 10)
    assert late == {held: told.case(held).version}
    found = reconcile(url, book())
    assert found.sound, found.findings


@pytest.mark.postgres
def test_the_end_of_an_exclusion_is_on_the_board_until_the_case_counts_again(
    url: str, store: PostgresStore
) -> None:
    left_out, told = UUID(int=32), Diary()
    for unit in town.FOUNDED:
        told.write(ORGANISATION, unit)
    for command in asks.CLOSED:
        told.give(command, case=left_out)
    until = town.MONDAY + 30 * town.DAY
    for by in (town.WATER_HEAD, town.SUPERVISOR):
        told.give(asks.exclude("private_dispute", until=until), by, case=left_out)
    step = told.plan(left_out)
    assert step is not None
    assert (step.action, step.wake_at, step.clock) == (Action.INCLUDE, until, None)
    store_log(url, told.log)
    projector = Projector(url, store, book)
    projector.catch_up()
    with schema.connect(url) as connection:
        assert steps_due(connection, until, 10) == {}
        assert steps_due(connection, until + town.SECOND, 10) == {left_out: told.case(left_out).version}
        assert overdue(connection, until + 2 * LATE) == 1
    assert reconcile(url, book()).findings == ()
    for change in ("until = until + interval '1 day'", "version = 1"):
        with schema.connect(url) as connection:
            connection.execute(f"UPDATE ledger.exclusions SET {change}".encode())
        assert [one.check for one in reconcile(url, book()).findings] != []
