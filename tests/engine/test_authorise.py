"""Who may see a case: the rule in Python and the rule in SQL say the same."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.actor import Actor, Role
from domain.case.commands import CASE_COMMANDS
from domain.case.decide import may_give
from domain.case.parts import Call
from domain.case.state import Case
from domain.organisation import Level, Organisation, UnitEstablished
from domain.organisation.organisation import fold as fold_units
from engine.authorise import answers_for, scope_sql, visible
from tests.engine.support import BEGIN, a_case
from tests.support.who import roles

NAMES = [f"u-{number}" for number in range(8)]


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    size = draw(st.integers(1, len(NAMES)))
    events = []
    for number, name in enumerate(NAMES[:size]):
        parent = NAMES[draw(st.integers(0, number - 1))] if number else None
        level = draw(st.sampled_from([Level.STREET, Level.THIRD_PARTY])) if number else Level.DISTRICT
        events.append(
            UnitEstablished(at=BEGIN, unit=name, parent=parent, level=level, name_en=name, name_zh=name)
        )
    return fold_units(events)


@st.composite
def cases(draw: st.DrawFn, names: list[str]) -> Case:
    unit = st.sampled_from(names)
    maybe = st.none() | unit
    base = a_case()
    return replace(
        base,
        intake=replace(
            base.intake,
            place=base.intake.place.model_copy(update={"unit": draw(unit)}),
            reporter=draw(st.sampled_from([None, "r-1", "r-2"])),
        ),
        duties=replace(
            base.duties,
            desk=draw(unit),
            handler=draw(maybe),
            visitor=draw(maybe),
            co_units=tuple(draw(st.lists(unit, max_size=2))),
        ),
        calls=tuple(Call(number, draw(unit)) for number in range(1, draw(st.integers(0, 2)) + 1)),
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Organisation, Actor, list[Case]]:
    organisation = draw(organisations())
    names = sorted(organisation.units)
    unit = draw(st.none() | st.sampled_from([*names, "unknown"]))
    actor = Actor(id=draw(st.sampled_from(["r-1", "w-1"])), role=draw(st.sampled_from(Role)), unit=unit)
    return organisation, actor, draw(st.lists(cases(names), min_size=1, max_size=6))


@pytest.fixture(scope="module")
def connection(database: str) -> Iterator[psycopg.Connection[tuple[int]]]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE rows (n int, units text[] NOT NULL, reporter text)")
        yield connection


@pytest.mark.postgres
@given(situation=situations())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_rule_in_sql_finds_the_cases_of_the_rule_in_python(
    connection: psycopg.Connection[tuple[int]], situation: tuple[Organisation, Actor, list[Case]]
) -> None:
    organisation, actor, some = situation
    connection.execute("DELETE FROM rows")
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO rows VALUES (%s, %s, %s)",
            [(number, sorted(case.units), case.intake.reporter) for number, case in enumerate(some)],
        )
    fragment, params = scope_sql(actor, organisation)
    query = f"SELECT n FROM rows WHERE {fragment} ORDER BY n"
    found = [row[0] for row in connection.execute(query.encode(), params).fetchall()]
    assert found == [number for number, case in enumerate(some) if visible(actor, case, organisation)]


@pytest.mark.parametrize(
    ("actor", "sees"),
    [
        (Actor(id="a", role=Role.ADMINISTRATOR), True),
        (Actor(id="a", role=Role.AUDITOR), True),
        (Actor(id="a", role=Role.AUDITOR, unit="u-2"), False),
        (Actor(id="a", role=Role.CASE_WORKER), False),
        (Actor(id="a", role=Role.CASE_WORKER, unit="u-0"), True),
        (Actor(id="a", role=Role.CASE_WORKER, unit="u-1"), True),
        (Actor(id="a", role=Role.CASE_WORKER, unit="elsewhere"), False),
        (Actor(id="r-1", role=Role.RESIDENT), True),
        (Actor(id="r-2", role=Role.RESIDENT), False),
        (Actor(id="ladder", role=Role.SYSTEM), True),
    ],
)
def test_each_role_sees_what_concerns_it(actor: Actor, sees: bool) -> None:
    base = a_case()
    place = base.intake.place.model_copy(update={"unit": "u-1"})
    case = replace(
        base,
        intake=replace(base.intake, place=place, reporter="r-1"),
        duties=replace(base.duties, desk="u-1"),
    )
    assert visible(actor, case, _district_of_two()) is sees


def _district_of_two() -> Organisation:
    return fold_units(
        UnitEstablished(at=BEGIN, unit=name, parent=parent, level="street", name_en=name, name_zh=name)
        for name, parent in (("u-0", None), ("u-1", "u-0"), ("u-2", "u-0"))
    )


@pytest.mark.parametrize(
    ("role", "unit", "answers"),
    [
        (Role.ADMINISTRATOR, None, {"u-0", "u-1", "u-2"}),
        (Role.AUDITOR, None, {"u-0", "u-1", "u-2"}),
        (Role.AUDITOR, "u-1", {"u-1"}),
        (Role.SUPERVISOR, "u-0", {"u-0", "u-1", "u-2"}),
        (Role.CASE_WORKER, "u-2", {"u-2"}),
        (Role.CASE_WORKER, None, set()),
        (Role.CASE_WORKER, "nowhere", set()),
    ],
)
def test_who_speaks_for_a_unit_answers_for_it_and_all_below(
    role: Role, unit: str | None, answers: set[str]
) -> None:
    actor, organisation = Actor(id="a", role=role, unit=unit), _district_of_two()
    asked = ("u-0", "u-1", "u-2", "nowhere")
    assert {one for one in asked if answers_for(actor, one, organisation)} == answers


def test_roles_follow_the_table_of_commands() -> None:
    for command in CASE_COMMANDS:
        for role in Role:
            actor = Actor(id="a", role=role)
            assert may_give(actor, command) is (role is Role.SYSTEM or role in roles(command.VERB))


def test_a_visitor_of_a_third_party_sees_what_the_unit_sees_that_engaged_it() -> None:
    def unit(name: str, parent: str | None, level: Level) -> UnitEstablished:
        return UnitEstablished(at=BEGIN, unit=name, parent=parent, level=level, name_en=name, name_zh=name)

    organisation = fold_units(
        [
            unit("city", None, Level.DISTRICT),
            unit("city.east", "city", Level.STREET),
            unit("city.west", "city", Level.STREET),
            unit("city.outside", "city.west", Level.THIRD_PARTY),
        ]
    )
    visitor = Actor(id="v-1", role=Role.VISITOR, unit="city.outside")
    east = replace(a_case(), duties=replace(a_case().duties, desk="city.east"))
    west = replace(east, duties=replace(east.duties, desk="city.west"))
    place = replace(east.intake, place=east.intake.place.model_copy(update={"unit": "city.east"}))
    assert not visible(visitor, replace(east, intake=place), organisation)
    assert visible(visitor, replace(west, intake=place), organisation)
    assert not visible(visitor.model_copy(update={"role": Role.CASE_WORKER}), west, organisation)
