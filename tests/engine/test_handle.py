"""Commands become events once, whatever is repeated, raced or lost."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.actor import Actor, Role
from domain.case.commands import AnyCaseCommand, Assign, Merge, Progress, Remind, Screen, SplitOff
from domain.case.events import Place
from domain.case.stage import Kind, Stage
from domain.errors import DomainError, Refused
from domain.organisation import UnitEstablished
from domain.personal import Personal
from engine import clock, ids
from engine.codec import decode_raw
from engine.errors import CommandReused, Conflict, OrganisationInvalid, SettingsInvalid, VersionStale
from engine.handle import Engine
from engine.request import Answer, Request
from engine.settings import Settings
from engine.store import Append, PostgresStore
from tests.engine.support import BEGIN, RESIDENT, SYSTEM, WORKER, collect, everything, open_engine, units

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def engine(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(database, tmp_path_factory.mktemp("engine"))
    yield engine
    engine.close()


@pytest.fixture
def case(engine: Engine) -> UUID:
    case = uuid4()
    engine.handle(case, collect("路灯坏了", "也没有人管"), WORKER, command_id=uuid4())
    return case


def test_a_repeat_gets_the_first_answer_and_records_nothing(engine: Engine) -> None:
    case, command = uuid4(), uuid4()
    first = engine.handle(case, collect(), WORKER, command_id=command, at=BEGIN)
    count = engine.store.count()
    again = engine.handle(case, collect(), WORKER, command_id=command, at=BEGIN)
    assert first.events == ("case.collected",)
    assert (first.repeated, again.repeated) == (False, True)
    assert (again.case, again.version, again.position, again.events) == (
        case,
        1,
        first.position,
        first.events,
    )
    assert engine.store.count() == count
    assert engine.store.load(case)[-1].position == first.position


def test_an_issue_asked_twice_at_once_is_one_case_whatever_ids_are_proposed(
    engine: Engine, database: str
) -> None:
    command, asked = uuid4(), collect("井盖松了")
    count, owned = engine.store.count(), _owned(database)

    def give(_: int) -> Answer:
        return engine.handle(ids.new(), asked, WORKER, command_id=command, at=BEGIN)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(give, range(8)))
    assert len({(one.case, one.version, one.position, one.events) for one in answers}) == 1
    assert sorted(one.repeated for one in answers) == [False] + [True] * 7
    assert engine.store.count() == count + 1
    assert _owned(database) == owned + 1, "no owner is left behind by a try that came too late"
    with pytest.raises(CommandReused):
        engine.handle(ids.new(), collect("路灯坏了"), WORKER, command_id=command, at=BEGIN)


def _owned(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM vault.cases").fetchone()
    return 0 if row is None else int(row[0])


def test_a_repeat_of_a_command_that_changed_nothing_gets_the_first_answer(engine: Engine, case: UUID) -> None:
    command = uuid4()
    engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=uuid4())
    first = engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=command)
    engine.handle(case, Screen(kind=Kind.NEED), WORKER, command_id=uuid4())
    again = engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=command)
    assert (first.events, first.version, first.repeated) == ((), 2, False)
    assert (again.events, again.version, again.repeated) == ((), 2, True)
    assert again.position == first.position


@pytest.mark.parametrize("other", ["body", "case", "actor", "verb", "at"])
def test_the_same_id_for_another_request_is_refused(engine: Engine, case: UUID, other: str) -> None:
    command = uuid4()
    engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=command)
    actor = WORKER.model_copy(update={"id": "w-2"}) if other == "actor" else WORKER
    bodies: dict[str, AnyCaseCommand] = {
        "body": Screen(kind=Kind.NEED),
        "verb": Progress(note=Personal(text="x")),
    }
    body = bodies.get(other, Screen(kind=Kind.ISSUE))
    with pytest.raises(CommandReused):
        engine.handle(
            uuid4() if other == "case" else case,
            body,
            actor,
            command_id=command,
            at=clock.now() if other == "at" else None,
        )
    assert [one.version for one in engine.store.load(case)] == [1, 2]


def test_a_stale_version_is_told_but_a_repeat_is_not_stale(engine: Engine, case: UUID) -> None:
    command = uuid4()
    engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=command, expected_version=1)
    with pytest.raises(VersionStale):
        engine.handle(case, Screen(kind=Kind.NEED), WORKER, command_id=uuid4(), expected_version=1)
    again = engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=command, expected_version=1)
    assert again.repeated


def test_a_refusal_records_nothing_and_leaves_the_id_free(engine: Engine, case: UUID) -> None:
    command = uuid4()
    engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=uuid4())
    count = engine.store.count()
    with pytest.raises(Refused) as refused:
        engine.handle(case, Assign(unit="nowhere"), WORKER, command_id=command)
    assert refused.value.code == "unknown_unit"
    assert engine.store.count() == count
    assert engine.store.answer(command) is None
    assert not engine.handle(case, Assign(unit="city.roads"), WORKER, command_id=command).repeated


def test_racing_commands_are_decided_again_and_each_recorded_once(engine: Engine, case: UUID) -> None:
    command = uuid4()

    def give(number: int) -> object:
        if number % 2:
            return engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=command)
        try:
            return engine.handle(case, Screen(kind=Kind.NEED), WORKER, command_id=uuid4())
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(give, range(8)))
    events = engine.store.load(case)
    assert [one.version for one in events] == list(range(1, len(events) + 1))
    assert sum(one.command == command for one in events) == 1


def test_a_case_that_keeps_changing_is_a_conflict_after_the_attempts(
    engine: Engine, case: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Append] = []

    def conflict(_: PostgresStore, batch: Append) -> Sequence[int]:
        tried.append(batch)
        raise Conflict("again")

    monkeypatch.setattr(PostgresStore, "append", conflict)
    for before in (1, 0):
        tried.clear()
        with pytest.raises(Conflict):
            engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=uuid4())
        assert len(tried) == before + 4, "as remembered; then a first decision, and again up to three times"


def test_what_one_may_not_see_answers_as_if_it_did_not_exist(engine: Engine, case: UUID) -> None:
    stranger = Actor(id="w-9", role=Role.CASE_WORKER, unit="city.west")
    for hidden in (case, uuid4()):
        with pytest.raises(Refused) as refused:
            engine.handle(hidden, Screen(kind=Kind.ISSUE), stranger, command_id=uuid4())
        assert refused.value.code == "unknown_case"
    other = uuid4()
    engine.handle(other, collect(), WORKER, command_id=uuid4())
    mine = uuid4()
    there = collect().model_copy(update={"place": collect().place.model_copy(update={"unit": "city.west"})})
    engine.handle(mine, there, stranger, command_id=uuid4())
    with pytest.raises(Refused) as refused:
        engine.handle(mine, Merge(into=other), stranger, command_id=uuid4())
    assert refused.value.code == "unknown_case"


def test_both_cases_of_a_merge_change_in_one_transaction(engine: Engine, case: UUID) -> None:
    leading = uuid4()
    engine.handle(leading, collect(), WORKER, command_id=uuid4())
    answer = engine.handle(case, Merge(into=leading), WORKER, command_id=uuid4())
    first, second = engine.case(case), engine.case(leading)
    assert first is not None
    assert second is not None
    assert first.stage is Stage.MERGED
    assert second.links.followers == (case,)
    assert engine.store.load(leading)[-1].position == answer.position
    assert engine.store.load(case)[-1].command == engine.store.load(leading)[-1].command


def test_a_case_split_off_belongs_to_the_same_person(engine: Engine, case: UUID) -> None:
    command = uuid4()
    engine.handle(case, SplitOff(parts=((2,),)), WORKER, command_id=command)
    before = engine.case(case)
    assert before is not None
    recorded = map(decode_raw, everything(engine.store))
    split = next(one for one in recorded if one.command == command and one.stream != case)
    owners = engine.vault.owners([case, split.stream])
    assert owners[case].person == owners[split.stream].person


def test_a_batch_records_whole_cases_and_reports_the_refused(engine: Engine) -> None:
    good, bad = uuid4(), uuid4()
    requests = [
        Request(good, collect("一"), SYSTEM, uuid4(), BEGIN),
        Request(bad, collect("二"), SYSTEM, uuid4(), BEGIN),
        Request(good, Screen(kind=Kind.ISSUE), SYSTEM, uuid4(), BEGIN + timedelta(hours=1)),
        Request(bad, Assign(unit="nowhere"), SYSTEM, uuid4(), BEGIN + timedelta(hours=1)),
    ]
    answer = engine.handle_many(requests)
    assert (answer.cases_new, answer.cases_repeated, answer.events) == (1, 0, 2)
    assert list(answer.refused) == [bad]
    assert engine.case(bad) is None
    case = engine.case(good)
    assert case is not None
    assert case.stage is Stage.SCREENED
    assert answer.cases == {good: case}
    assert engine.vault.open([case.claims[0].words], SYSTEM, "test") == {case.claims[0].words: "一"}
    again = engine.handle_many(requests)
    assert (again.cases_new, again.cases_repeated, again.events, again.position) == (0, 1, 0, 0)
    assert again.cases == {}


def test_a_batch_goes_on_with_a_case_of_which_a_part_is_known(engine: Engine) -> None:
    case = uuid4()
    first = [Request(case, collect(), SYSTEM, uuid4(), BEGIN)]
    engine.handle_many(first)
    more = [*first, Request(case, Screen(kind=Kind.ISSUE), SYSTEM, uuid4(), BEGIN + timedelta(hours=1))]
    assert engine.handle_many(more).events == 1
    found = engine.case(case)
    assert found is not None
    assert (found.version, found.stage) == (2, Stage.SCREENED)


def test_a_batch_refuses_a_known_id_that_says_something_else_now(engine: Engine) -> None:
    case, other, command = uuid4(), uuid4(), uuid4()
    engine.handle_many([Request(case, collect("一"), SYSTEM, command, BEGIN)])
    changed = [
        Request(case, collect("二"), SYSTEM, command, BEGIN),
        Request(case, Screen(kind=Kind.ISSUE), SYSTEM, uuid4(), BEGIN + timedelta(hours=1)),
        Request(other, collect("三"), SYSTEM, uuid4(), BEGIN),
    ]
    answer = engine.handle_many(changed)
    assert {one: refusal.code for one, refusal in answer.refused.items()} == {case: "command_id_reused"}
    assert (answer.cases_new, answer.cases_repeated, answer.events) == (1, 0, 1)
    found = engine.case(case)
    assert found is not None
    assert found.version == 1


def test_a_command_that_comes_twice_in_a_batch_is_given_once(engine: Engine) -> None:
    one, two, three, command, other = (uuid4() for _ in range(5))
    answer = engine.handle_many(
        [
            Request(one, collect("一"), SYSTEM, command, BEGIN),
            Request(one, collect("一"), SYSTEM, command, BEGIN),
            Request(two, collect("一"), SYSTEM, command, BEGIN),
            Request(two, collect("二"), SYSTEM, other, BEGIN),
            Request(three, collect("三"), SYSTEM, other, BEGIN),
        ]
    )
    assert (answer.cases_new, answer.events) == (2, 2)
    assert {case: refusal.code for case, refusal in answer.refused.items()} == {three: "command_id_reused"}
    assert [len(engine.store.load(case)) for case in (one, two, three)] == [1, 1, 0]


def test_two_first_cases_of_a_resident_in_one_batch_are_one_persons(engine: Engine) -> None:
    resident, refused, cases = Actor(id=f"r-{uuid4()}", role=Role.RESIDENT), uuid4(), [uuid4(), uuid4()]
    elsewhere = collect().model_copy(update={"place": Place(unit="nowhere")})
    requests = [Request(case, collect(), resident, uuid4()) for case in cases]
    # What is thrown away with a refused case makes nobody known.
    answer = engine.handle_many([Request(refused, elsewhere, resident, uuid4()), *requests])
    assert (answer.cases_new, list(answer.refused)) == (2, [refused])
    owners = engine.vault.owners(cases)
    assert owners[cases[0]].person == owners[cases[1]].person
    found = engine.vault.resident(ids.account(resident.id))
    assert found is not None
    assert found.person == owners[cases[0]].person


def test_cases_of_a_batch_may_bind_each_other(engine: Engine) -> None:
    one, two = uuid4(), uuid4()
    answer = engine.handle_many(
        [
            Request(one, collect(), SYSTEM, uuid4(), BEGIN),
            Request(two, collect(), SYSTEM, uuid4(), BEGIN),
            Request(two, Merge(into=one), SYSTEM, uuid4(), BEGIN + timedelta(hours=1)),
        ]
    )
    assert (answer.cases_new, answer.events, answer.refused) == (2, 4, {})
    leading = engine.case(one)
    assert leading is not None
    assert leading.links.followers == (two,)
    assert answer.cases == {one: leading, two: engine.case(two)}


def test_an_empty_batch_is_nothing(engine: Engine) -> None:
    assert engine.handle_many([]).events == 0


def test_a_unit_established_by_another_process_is_known_at_once(
    engine: Engine, database: str, tmp_path: Path
) -> None:
    engine.rules.refresh()
    other = open_engine(database, tmp_path)
    new = UnitEstablished(
        at=BEGIN, unit="city.north", parent="city", level="street", name_en="North", name_zh="北街"
    )
    assert other.rules.establish([new], SYSTEM) == 1
    other.close()
    place = collect().place.model_copy(update={"unit": "city.north"})
    command = collect().model_copy(update={"place": place})
    answer = engine.handle(uuid4(), command, SYSTEM, command_id=uuid4())
    assert answer.events == ("case.collected",)


def test_units_are_established_once_and_only_under_known_parents(engine: Engine) -> None:
    assert engine.rules.establish(units(), SYSTEM) == 0
    orphan = units()[1].model_copy(update={"unit": "town.x", "parent": "town"})
    with pytest.raises(OrganisationInvalid):
        engine.rules.establish([orphan], SYSTEM)


def test_a_resident_has_one_key_for_all_their_cases(engine: Engine) -> None:
    cases = [uuid4(), uuid4()]
    for case in cases:
        engine.handle(case, collect(), RESIDENT, command_id=uuid4())
    owners = engine.vault.owners(cases)
    assert owners[cases[0]].person == owners[cases[1]].person
    assert owners[cases[0]].person not in cases


def test_a_command_after_an_erasure_begins_a_new_key(engine: Engine, case: UUID) -> None:
    engine.handle(case, Screen(kind=Kind.ISSUE), WORKER, command_id=uuid4())
    engine.handle(case, Assign(unit="city.east"), WORKER, command_id=uuid4())
    assert engine.vault.erase(case, WORKER, "PIPL 47") == 3
    engine.handle(case, Progress(note=Personal(text="again")), WORKER, command_id=uuid4())
    assert engine.vault.erase(case, WORKER, "PIPL 47") == 1


def test_what_a_key_sealed_that_was_erased_meanwhile_is_sealed_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = Actor(id="r-2", role=Role.RESIDENT)
    cases = [uuid4() for _ in range(3)]
    engine.handle(cases[0], collect(), resident, command_id=uuid4())
    append = engine.store.append

    def overtaken(batch: Append) -> Sequence[int]:
        monkeypatch.setattr(engine.store, "append", append)
        engine.vault.erase(cases[0], WORKER, "PIPL 47")
        engine.handle(cases[1], collect(), resident, command_id=uuid4())
        return append(batch)

    monkeypatch.setattr(engine.store, "append", overtaken)
    engine.handle(cases[2], collect("again"), resident, command_id=uuid4())
    collected = engine.case(cases[2])
    assert collected is not None
    words = collected.claims[0].words
    assert engine.vault.open([words], WORKER, "case page") == {words: "again"}
    assert engine.vault.owners(cases).keys() == set(cases[1:])


def test_a_rung_of_the_ladder_is_taken_at_most_once(engine: Engine, case: UUID) -> None:
    command = uuid4()
    with pytest.raises(DomainError):
        engine.handle(case, Remind(clock="9/resolve"), WORKER, command_id=command)
    ladder = Actor(id="ladder", role=Role.SYSTEM)
    answers = [engine.handle(case, Remind(clock="1/dispatch"), ladder, command_id=command) for _ in range(2)]
    assert answers[0].events == answers[1].events


def test_an_engine_without_a_database_says_which_variable_is_missing() -> None:
    with pytest.raises(SettingsInvalid, match="DATABASE_URL"):
        Engine.open(Settings(DATABASE_URL=None))
