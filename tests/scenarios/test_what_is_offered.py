"""Nobody is offered a command that would be refused whatever they say."""

import pytest

from domain.case import commands as c
from domain.case.decide import allowed
from domain.case.decide.hindrance import guard_case
from domain.errors import Refused
from tests.support import asks, town
from tests.support.given import Given, given

OBJECTED: tuple[Given, ...] = (*asks.ASSIGNED, asks.object_())
ASKED: tuple[Given, ...] = (*asks.ACCEPTED, asks.ask_extension())
COLLECTED: tuple[Given, ...] = (asks.collect(),)
EXCLUDED: tuple[Given, ...] = (*COLLECTED, (asks.exclude(), town.STREET_HEAD), asks.exclude())
PETITION = (asks.collect(policy=asks.PETITION), asks.screen(), asks.assign(), c.Accept())
CLOSED = (*PETITION, asks.resolve(), asks.visit(), c.StrikeOff())
REVIEW: tuple[Given, ...] = (*CLOSED, asks.ask_review())
REVIEWED: tuple[Given, ...] = (*REVIEW, asks.answer_review())
AGAIN: tuple[Given, ...] = (*asks.ACCEPTED, asks.resolve(), asks.visit(solved=False))


@pytest.mark.parametrize(
    ("verb", "without", "with_"),
    [
        ("rule-objection", asks.ASSIGNED, OBJECTED),
        ("accept", OBJECTED, asks.ASSIGNED),
        ("resolve", OBJECTED, asks.ASSIGNED),
        ("object", OBJECTED, asks.ASSIGNED),
        ("object", (*OBJECTED, asks.rule(False)), asks.ASSIGNED),
        ("refuse", AGAIN, asks.ASSIGNED),
        ("ask-extension", ASKED, asks.ACCEPTED),
        ("grant-extension", asks.ACCEPTED, ASKED),
        ("refuse-extension", asks.ACCEPTED, ASKED),
        ("exclude", EXCLUDED, COLLECTED),
        ("include", COLLECTED, EXCLUDED),
        ("answer-accountability", asks.ACCEPTED, (*asks.ACCEPTED, asks.hold_accountable())),
        ("ask-review", REVIEWED, CLOSED),
        ("answer-review", (*REVIEWED, asks.ask_recheck()), REVIEW),
        ("answer-recheck", REVIEW, (*REVIEWED, asks.ask_recheck())),
        ("ask-recheck", CLOSED, REVIEWED),
        ("reopen", (*REVIEWED, asks.ask_recheck(), asks.answer_recheck()), REVIEWED),
    ],
)
def test_a_command_is_offered_only_where_the_case_takes_it(
    verb: str, without: tuple[Given, ...], with_: tuple[Given, ...]
) -> None:
    assert verb not in _offered(without), "whatever it says, it would be refused"
    assert verb in _offered(with_)


def test_what_is_not_offered_is_refused_with_the_code_that_says_why() -> None:
    for kind, steps, code in (
        (c.RuleObjection, asks.ASSIGNED, "no_objection"),
        (c.Refuse, AGAIN, "taken_already"),
        (c.Include, asks.ACCEPTED, "not_excluded"),
        (c.AskExtension, ASKED, "extension_asked"),
        (c.WithdrawAccountability, asks.ACCEPTED, "unknown_entry"),
    ):
        with pytest.raises(Refused) as refused:
            guard_case(kind, given(*steps).world.case())
        assert refused.value.code == code


def _offered(steps: tuple[Given, ...]) -> set[str]:
    case = given(*steps).world.case()
    return {verb for person in town.PEOPLE for verb in allowed(case, person, town.TOWN)}
