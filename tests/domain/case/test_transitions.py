"""The transition table is true both ways: each listed target is reached, and nothing else is."""

from collections.abc import Iterator

import pytest

from domain.actor import LADDER, Actor
from domain.case import commands as c
from domain.case.stage import OPEN, Stage
from domain.case.transitions import TRANSITIONS, has_place
from domain.errors import DomainError, WrongStage
from tests.domain.case.histories import HISTORIES, excluded
from tests.support import asks, town
from tests.support.given import CASE, OTHER, USUALLY, World, given

EXAMPLES: dict[type[c.AnyCaseCommand], tuple[c.AnyCaseCommand, ...]] = {
    c.Collect: (asks.collect(),),
    c.Screen: (asks.screen(key=True),),
    c.Refuse: (asks.refuse(),),
    c.Assign: (asks.assign(town.HOUSING),),
    c.Accept: (c.Accept(),),
    c.Object: (asks.object_(),),
    c.RuleObjection: (asks.rule(True), asks.rule(False)),
    c.Contact: (asks.contact(),),
    c.Progress: (asks.progress(),),
    c.Whistle: (asks.whistle(),),
    c.AnswerWhistle: (asks.report_in(),),
    c.Suspend: (asks.suspend(),),
    c.Resume: (c.Resume(),),
    c.AskExtension: (asks.ask_extension(),),
    c.GrantExtension: (c.GrantExtension(),),
    c.RefuseExtension: (asks.refuse_extension(),),
    c.HangUp: (asks.hang_up(),),
    c.TakeDown: (c.TakeDown(),),
    c.ReceiveTarget: (asks.receive_target(),),
    c.MovePolicy: (asks.move_policy(), asks.move_policy(asks.PETITION)),
    c.Recalibrate: (asks.recalibrate(),),
    c.Resolve: (asks.resolve(1, 2),),
    c.Visit: (asks.visit(1, 2), asks.nobody_home(), asks.visit(1, 2, satisfaction=1)),
    c.Reopen: (asks.reopen(),),
    c.StrikeOff: (c.StrikeOff(),),
    c.Exclude: (asks.exclude(),),
    c.Include: (asks.include(),),
    **{kind: () for kind in (c.Remind, c.Supervise, c.Raise, c.HoldAccountable)},
    c.AnswerAccountability: (asks.answer_entry(),),
    c.AppealAccountability: (asks.appeal_entry(),),
    c.WithdrawAccountability: (asks.withdraw_entry(),),
    c.Merge: (c.Merge(into=OTHER),),
    c.Unmerge: (c.Unmerge(),),
    c.SplitOff: (c.SplitOff(parts=((2,),)),),
    c.ReachMilestone: (asks.reach(),),
    c.AskReview: (asks.ask_review(),),
    c.AnswerReview: (asks.answer_review(), asks.answer_review(False)),
    c.AskRecheck: (asks.ask_recheck(),),
    c.AnswerRecheck: (asks.answer_recheck(), asks.answer_recheck(False)),
    c.Hear: (asks.hear(town.MONDAY, town.MONDAY + town.SECOND),),
}


BY = {
    c.Reopen: town.STREET_WORKER,
    c.AnswerAccountability: town.STREET_HEAD,
    c.AppealAccountability: town.STREET_HEAD,
}
"""Who gives the example, where the histories ask for somebody else than usually does."""


def histories(stage: Stage) -> Iterator[World]:
    """Yield worlds in which the case stands in this stage; another case is there to merge into."""
    for history in HISTORIES[stage]:
        for signatures in range(3):
            story = given().also(asks.collect("also wet"), case=OTHER).also(*history)
            story.also(*excluded(story.world.case())[:signatures])
            assert story.world.case().stage is stage, history
            yield story.world


def requests(kind: type[c.AnyCaseCommand], world: World) -> Iterator[tuple[c.AnyCaseCommand, Actor]]:
    """Yield ordinary commands of a kind with who usually gives them, and the timer where it may give them."""
    if issubclass(kind, c.TakeRung):
        for clock in world.case().clocks:
            yield kind(clock=clock.key), town.SUPERVISOR
        return
    if kind is c.Hear:
        yield asks.hear(world.now - town.SECOND, world.now), USUALLY[kind]
    for command in EXAMPLES[kind]:
        yield command, BY.get(kind, USUALLY[kind])
    if kind in (c.Resume, c.TakeDown):
        yield kind(), LADDER


def outcomes(kind: type[c.AnyCaseCommand], stage: Stage) -> Iterator[tuple[Stage | None, DomainError | None]]:
    """Yield where each example leads from each history, or how it is refused."""
    for world in histories(stage):
        for command, actor in requests(kind, world):
            one = World(
                now=world.now,
                cases=dict(world.cases),
                events={key: [*events] for key, events in world.events.items()},
            )
            if actor == LADDER:
                one.now = town.MONDAY + 90 * town.DAY
            try:
                one.give(command, actor)
            except DomainError as error:
                yield None, error
            else:
                yield one.case().stage, None


PAIRS = [(kind, stage) for kind in c.CASE_COMMANDS for stage in Stage]


def _named(value: object) -> str:
    return value.VERB if isinstance(value, type) and issubclass(value, c.CaseCommand) else str(value)


@pytest.mark.parametrize(("kind", "stage"), [pair for pair in PAIRS if has_place(*pair)], ids=_named)
def test_a_command_reaches_each_stage_that_the_table_lists_and_no_other(
    kind: type[c.AnyCaseCommand], stage: Stage
) -> None:
    found = list(outcomes(kind, stage))
    reached = {after for after, error in found if error is None}
    assert not [error for _, error in found if isinstance(error, WrongStage)]
    listed = TRANSITIONS[kind][stage]
    assert reached == listed, [error for _, error in found]


@pytest.mark.parametrize(("kind", "stage"), [pair for pair in PAIRS if not has_place(*pair)], ids=_named)
def test_a_command_out_of_its_place_is_refused_with_wrong_stage(
    kind: type[c.AnyCaseCommand], stage: Stage
) -> None:
    errors = [error for _, error in outcomes(kind, stage)]
    if kind is c.Collect:
        assert {error and error.code for error in errors} == {"already_collected"}
        return
    assert {error and error.code for error in errors} <= {"wrong_stage", "not_your_unit"}
    assert "wrong_stage" in {error and error.code for error in errors}


def test_the_table_names_every_command_once_and_every_open_stage_has_a_way_out() -> None:
    assert set(TRANSITIONS) == set(c.CASE_COMMANDS)
    assert list(TRANSITIONS[c.Collect]) == [None]
    for stage in OPEN:
        ways = {to for table in TRANSITIONS.values() for to in table.get(stage, ())}
        assert ways - {stage}, stage


def test_every_stage_is_reached_from_collection() -> None:
    reached, new = set(), {Stage.COLLECTED}
    while new:
        reached |= new
        new = {
            to for table in TRANSITIONS.values() for stage in reached for to in table.get(stage, ())
        } - reached
    assert reached == set(Stage)


def test_a_case_unknown_to_the_log_takes_no_command_but_collect() -> None:
    for kind in c.CASE_COMMANDS:
        if kind is not c.Collect and EXAMPLES[kind]:
            given().when(EXAMPLES[kind][0], case=CASE).refused("unknown_case")
