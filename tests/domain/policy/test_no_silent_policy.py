"""No policy is let in under which an open case could wait for ever with nothing due."""

import pytest

from domain.case.clocks import Clock
from domain.policy import Obligation, PolicyInvalid, parse_policy
from tests.domain.policy.test_ladders import HOTLINE, world
from tests.support import asks
from tests.support.given import Given, World

REVIEW, OBJECTION = "[obligations.answer_review]\n", "[obligations.answer_objection]\n"
OBJECTION_RULE = OBJECTION + 'limit = "2 working_day"\npaused_by = []\n'
CONTACT_RULE = '[obligations.contact]\nlimit = "1 working_day"\n'
ACCEPT_RULE = '[obligations.accept]\nlimit = "1 working_day"\n'
RESOLVE_LIMIT = '[obligations.resolve]\nlimit = "5 working_day"\n'
SECTION = '[[sections]]\nname = "noise"\napplies_to = { categories = ["noise"] }\n'


def changed(*changes: tuple[str, str], more: str = "") -> str:
    found = HOTLINE
    for before, after in changes:
        assert found.count(before) == 1, before
        found = found.replace(before, after)
    return f"{found}\n{more}"


def left_out(*names: str) -> tuple[str, str]:
    listed = ", ".join(f'"{name}"' for name in names)
    return "effective_from", f"without = [{listed}]\neffective_from"


STARTS = (RESOLVE_LIMIT, RESOLVE_LIMIT + 'starts = "acceptance"\n')


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (changed(more=REVIEW + "external_target = true\n"), "answer_review"),
        (changed(more="[obligations.answer_recheck]\nexternal_target = true\n"), "answer_recheck"),
        (changed(more=SECTION + "obligations.answer_review = { external_target = true }\n"), "answer_review"),
        (changed(STARTS, (OBJECTION_RULE, ""), left_out("answer_objection")), "answer_objection"),
        (
            changed(
                STARTS, (OBJECTION_RULE, ""), (CONTACT_RULE, ""), left_out("answer_objection", "contact")
            ),
            "answer_objection",
        ),
        (changed(STARTS, (OBJECTION_RULE, OBJECTION + "external_target = true\n")), "answer_objection"),
        (changed(STARTS, (ACCEPT_RULE, ""), left_out("accept")), "accept"),
    ],
)
def test_what_may_be_all_that_runs_must_fall_due(text: str, names: str) -> None:
    with pytest.raises(PolicyInvalid, match=f"the obligation {names} needs") as refused:
        parse_policy(text)
    assert refused.value.code == "policy_silent"


def falling_due(told: World) -> list[Obligation]:
    case = told.case()
    return [one.obligation for one in case.clocks if one.open and _due(told, one)]


def _due(told: World, clock: Clock) -> bool:
    return told.book.due(told.case(), clock) is not None


@pytest.mark.parametrize(
    ("text", "steps", "owed"),
    [
        (
            changed(more=REVIEW + 'external_target = true\nfallback = "9 natural_day"\n'),
            (*asks.RESOLVED, asks.ask_review()),
            Obligation.ANSWER_REVIEW,
        ),
        (
            changed(STARTS, (OBJECTION_RULE, OBJECTION + 'external_target = true\nfallback = "9 second"\n')),
            (*asks.ASSIGNED, asks.contact(), asks.object_()),
            Obligation.ANSWER_OBJECTION,
        ),
        (changed((OBJECTION_RULE, ""), left_out("answer_objection")), asks.ASSIGNED, Obligation.RESOLVE),
    ],
)
def test_a_fallback_is_enough_and_wakes_the_case(
    text: str, steps: tuple[Given, ...], owed: Obligation
) -> None:
    told = world(parse_policy(text), *steps)
    assert owed in falling_due(told)
    assert told.plan() is not None
