"""Who may do what: each cell of verb, role and standing, both ways; before a raise and after it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.actor import Role
from domain.case import commands as c
from domain.case.decide import allowed, decide
from domain.errors import DomainError
from tests.support import asks, town
from tests.support.given import CASE, OTHER, Given, World, given, seal
from tests.support.who import OF_RESIDENTS, STANDINGS, TABLE, roles

WHO = {"role_not_allowed", "not_your_unit", "own_visit", "own_work", "not_the_visitor", "unknown_whistle"}
"""Refusals that say: not you."""
STAFF = [role for role in Role if role not in (Role.RESIDENT, Role.SYSTEM)]
CLERK, DISTRICT_CLERK = town.WATER_CLERK, town.person(Role.CASE_WORKER, town.DISTRICT, "clerk@yuhua")

Steps = tuple[Given, ...]
COLLECTED: Steps = (asks.collect("water", "noise"),)
SCREENED: Steps = (*COLLECTED, asks.screen())
ASSIGNED: Steps = (*SCREENED, asks.assign(co_units=(town.HOUSING,)))
WHISTLED: Steps = (asks.whistle(town.TRAFFIC),)
CAME: Steps = (*WHISTLED, (asks.report_in(), town.TRAFFIC_WORKER))
REVIEWED: Given = (asks.answer_review(), town.person(Role.CASE_WORKER, town.DISTRICT, "reviewer@yuhua"))
RAISE: Steps = (c.Raise(clock="1/resolve"),)


def assigned(raised: bool) -> Steps:
    return (*ASSIGNED, *(RAISE if raised else ()))


def accepted(raised: bool) -> Steps:
    return (*assigned(raised), (c.Accept(), DISTRICT_CLERK if raised else CLERK))


def resolved(raised: bool) -> Steps:
    return (*accepted(raised), *CAME, (asks.resolve(1, 2), DISTRICT_CLERK if raised else CLERK))


def visited(raised: bool) -> Steps:
    return (*resolved(raised), (asks.visit(1, 2), town.VISITOR))


def petition(raised: bool) -> Steps:
    steps = (asks.collect("water", "noise", policy=asks.PETITION), *assigned(raised)[1:])
    clerk = DISTRICT_CLERK if raised else CLERK
    return (*steps, (c.Accept(), clerk), (asks.resolve(1, 2), clerk))


def burst(raised: bool) -> Steps:
    collected = asks.collect("water", "noise", category="burst_pipe", policy="digital-city-hours")
    return (collected, *assigned(raised)[1:])


def held(raised: bool) -> Steps:
    head = town.person(Role.UNIT_HEAD, town.DISTRICT if raised else town.WATER, "the head")
    return (*accepted(raised), (asks.hang_up(), head), asks.hang_up())


def suspended(raised: bool) -> Steps:
    return (*accepted(raised), (asks.suspend(), town.person(Role.UNIT_HEAD, STANDINGS[_bearer(raised)])))


def excluded(raised: bool) -> Steps:
    head = town.person(Role.UNIT_HEAD, STANDINGS[_bearer(raised)], "the head")
    return (*accepted(raised), (asks.exclude(), head), (asks.exclude(), town.SECOND_SUPERVISOR))


def _bearer(raised: bool) -> str:
    return "above" if raised else "handler"


def plus(before: Callable[[bool], Steps], *more: Given) -> Callable[[bool], Steps]:
    return lambda raised: (*before(raised), *more)


def objected(raised: bool) -> Steps:
    return (*assigned(raised), (asks.object_(), DISTRICT_CLERK if raised else CLERK))


def asked(raised: bool) -> Steps:
    return (*accepted(raised), (asks.ask_extension(), DISTRICT_CLERK if raised else CLERK))


def entered(raised: bool) -> Steps:
    return (*accepted(raised), asks.hold_accountable())


def rung(kind: type[c.TakeRung]) -> tuple[c.AnyCaseCommand, Callable[[bool], Steps]]:
    return kind(clock="1/resolve"), accepted  # type: ignore[return-value]


CELLS: dict[str, tuple[c.AnyCaseCommand, Callable[[bool], Steps]]] = {
    "screen": (asks.screen(key=True), lambda _: COLLECTED),
    "refuse": (asks.refuse(), assigned),
    "assign": (asks.assign(), lambda _: SCREENED),
    "merge": (c.Merge(into=OTHER), lambda _: SCREENED),
    "unmerge": (c.Unmerge(), lambda _: (*SCREENED, c.Merge(into=OTHER))),
    "split": (c.SplitOff(parts=((2,),)), accepted),
    "accept": (c.Accept(), assigned),
    "object": (asks.object_(), assigned),
    "rule-objection": (asks.rule(False), objected),
    "contact": (asks.contact(), accepted),
    "progress": (asks.progress(), accepted),
    "whistle": (asks.whistle(), accepted),
    "answer-whistle": (asks.report_in(), plus(accepted, *WHISTLED)),
    "suspend": (asks.suspend(), accepted),
    "resume": (c.Resume(), suspended),
    "ask-extension": (asks.ask_extension(), accepted),
    "grant-extension": (c.GrantExtension(), asked),
    "refuse-extension": (asks.refuse_extension(), asked),
    "hang-up": (asks.hang_up(), accepted),
    "take-down": (c.TakeDown(), held),
    "receive-target": (asks.receive_target(), accepted),
    "recalibrate": (asks.recalibrate(), accepted),
    "move-policy": (asks.move_policy(), accepted),
    "resolve": (asks.resolve(1, 2), accepted),
    "visit": (asks.visit(1, 2), resolved),
    "reopen": (asks.reopen(), visited),
    "strike-off": (c.StrikeOff(), visited),
    "exclude": (asks.exclude(), accepted),
    "include": (asks.include(), excluded),
    "remind": rung(c.Remind),
    "supervise": rung(c.Supervise),
    "raise": rung(c.Raise),
    "hold-accountable": rung(c.HoldAccountable),
    "answer-accountability": (asks.answer_entry(), entered),
    "appeal-accountability": (asks.appeal_entry(), entered),
    "withdraw-accountability": (asks.withdraw_entry(), entered),
    "reach-milestone": (asks.reach(), burst),
    "ask-review": (asks.ask_review(), petition),
    "answer-review": (asks.answer_review(), plus(petition, asks.ask_review())),
    "ask-recheck": (asks.ask_recheck(), plus(petition, asks.ask_review(), asks.answer_review())),
    "answer-recheck": (
        asks.answer_recheck(),
        plus(petition, asks.ask_review(), REVIEWED, asks.ask_recheck()),
    ),
    "hear": (c.Hear(begun=town.MONDAY + town.DAY, ended=town.MONDAY + town.DAY + town.SECOND),
             plus(petition, asks.ask_review())),
}  # fmt: skip
"""For each verb a command, and a case that waits for it; `collect` has no case to stand to."""


def refusal(world: World, command: c.AnyCaseCommand, role: Role, unit: str | None) -> str | None:
    """Return the code with which a person is refused; None: not refused."""
    actor = town.person(role, unit)
    now = world.now + 2 * town.DAY
    context = c.Context(case=CASE, command=CASE, actor=actor, at=now, now=now, book=world.book)
    try:
        decide(seal(command), world.case(), context, {OTHER: world.case(OTHER)})
    except DomainError as error:
        return error.code
    return None


def a_world(verb: str, *, raised: bool) -> World:
    return given().also(asks.collect("also wet"), case=OTHER).also(*CELLS[verb][1](raised)).world


def test_every_verb_has_its_line_and_its_cells() -> None:
    assert set(TABLE) == {kind.VERB for kind in c.CASE_COMMANDS}
    assert set(CELLS) == set(TABLE) - {"collect"}


@pytest.mark.parametrize("raised", [False, True], ids=["department", "district"])
@pytest.mark.parametrize("verb", CELLS)
def test_who_stands_in_the_table_may_and_nobody_else(verb: str, raised: bool) -> None:
    world = a_world(verb, raised=raised)
    may, offered, said = set(), set(), set()
    for role in STAFF:
        for standing, unit in STANDINGS.items():
            code = refusal(world, CELLS[verb][0], role, unit)
            assert code is None or code in WHO, (role, standing, code)
            may |= {(role, standing)} if code is None else set()
            if verb in allowed(world.case(), town.person(role, unit), town.TOWN):
                offered.add((role, standing))
    for line in TABLE[verb]:
        said |= {
            (role, place) for role in line.roles for place in (line.raised if raised else line.standings)
        }
    assert may == {cell for cell in said if cell[0] in STAFF}
    assert may <= offered


@pytest.mark.parametrize("verb", CELLS)
def test_residents_ask_only_for_what_they_raised(verb: str) -> None:
    world = a_world(verb, raised=False)
    assert refusal(world, CELLS[verb][0], Role.RESIDENT, None) in WHO
    case = world.case()
    world.cases[CASE] = replace(case, intake=replace(case.intake, reporter=town.RESIDENT.id))
    code = refusal(world, CELLS[verb][0], Role.RESIDENT, None)
    assert (code is None) is (verb in OF_RESIDENTS)


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("standing", STANDINGS)
def test_who_may_collect(role: Role, standing: str) -> None:
    story = given().when(asks.collect(), town.person(role, STANDINGS[standing]))
    assert (story.error is None) is (role in roles("collect"))
