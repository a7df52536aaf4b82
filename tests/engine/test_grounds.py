"""Each event of a case says by which policy, text and calendar it was decided; no other text judges it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import orjson
import pytest

from domain.actor import Actor, Role
from domain.case.book import Grounds
from domain.case.commands import Assign, MovePolicy, Remind, Screen
from domain.case.stage import Kind, Manner
from domain.errors import Refused
from domain.personal import Personal
from engine import ids
from engine.amendments import Amendment
from engine.handle import Engine
from engine.replay import history
from engine.request import Request
from tests.engine.support import WORKER, collect, everything

pytestmark = pytest.mark.postgres
ADMIN = Actor(id="a-1", role=Role.ADMINISTRATOR)
HEAD = Actor(id="h-1", role=Role.SUPERVISOR, unit="city")


def grounds(engine: Engine, case: UUID) -> list[Grounds | None]:
    return [one.grounds for one in history(engine.store, case)]


def pinned(engine: Engine, policy: str, calendar: int) -> Grounds:
    book = engine.rules.current()
    key = (policy, 1)
    return Grounds(*key, book.hashes[key], calendar)


def test_every_event_names_its_policy_with_the_hash_and_the_calendar_known_then(engine: Engine) -> None:
    case = ids.new()
    engine.handle(case, collect(), WORKER, command_id=ids.new())
    engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=ids.new())
    policy = "hotline-five-working-days"
    version = engine.rules.current().calendars["china"].version
    snow = Amendment("china", "Snow", "Order 7", "city.roads", off=frozenset({date(2031, 3, 11)}))
    assert engine.rules.amend(snow, ADMIN) is not None
    assign = Assign(unit="city.roads", manner=Manner.DIRECT)
    engine.handle(case, assign, WORKER, command_id=ids.new())
    remind = Remind.model_validate({"clock": "1/accept"})
    engine.handle(case, remind, HEAD, command_id=ids.new())
    before, after = pinned(engine, policy, version), pinned(engine, policy, version + 1)
    assert grounds(engine, case) == [before, before, after, after]


def test_a_case_moved_to_another_policy_is_moved_by_the_rules_that_it_had(engine: Engine) -> None:
    case = ids.new()
    engine.handle(case, collect(), WORKER, command_id=ids.new())
    move = MovePolicy(policy="demo", reason=Personal(text="Exercise"))
    engine.handle(case, move, HEAD, command_id=ids.new())
    engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=ids.new())
    names = [one.policy for one in grounds(engine, case) if one is not None]
    assert names == ["hotline-five-working-days", "hotline-five-working-days", "demo"]


def test_what_is_recorded_in_bulk_carries_it_too(engine: Engine) -> None:
    case = ids.new()
    engine.handle_many([Request(case, collect(), WORKER, ids.new())])
    assert [one.policy for one in grounds(engine, case) if one] == ["hotline-five-working-days"]


def test_the_stored_bytes_say_it_in_plain_words(engine: Engine) -> None:
    case = ids.new()
    engine.handle(case, collect(), WORKER, command_id=ids.new())
    (raw,) = [one for one in everything(engine.store) if one.stream == case]
    meta = orjson.loads(raw.state)["meta"]
    found = engine.case(case)
    assert found is not None
    assert meta["policy"] == found.policy.model_dump()
    assert meta["calendar"] == engine.rules.current().calendars["china"].version


def test_a_case_is_not_judged_by_another_text_than_its_own(engine: Engine) -> None:
    case = ids.new()
    engine.handle(case, collect(), WORKER, command_id=ids.new())
    found, book = engine.case(case), engine.rules.current()
    assert found is not None
    key = (found.policy.id, found.policy.version)
    edited = replace(book, hashes={**book.hashes, key: "0" * 64})
    with pytest.raises(Refused) as refusal:
        edited.rules(found)
    assert refusal.value.code == "policy_text_differs"
