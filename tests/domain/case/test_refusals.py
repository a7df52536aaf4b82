"""Every refusal has its example, and every code that the domain lists is refused somewhere."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.actor import Actor, Role
from domain.case import commands as c
from domain.case.decide import decide
from domain.errors import REFUSALS
from tests.domain.case.test_transitions import EXAMPLES
from tests.support import asks, town
from tests.support.given import CASE, OTHER, THIRD, USUALLY, Given, Story, given
from tests.support.who import roles

DOMAIN = Path(__file__).resolve().parents[3] / "domain"
OBJECTED = (*asks.ASSIGNED, asks.object_())
DESIGNATED = (*OBJECTED, asks.rule(False))
WHISTLED = (*asks.ACCEPTED, asks.whistle())
ASKED = (*asks.ACCEPTED, asks.ask_extension())
ENTRY = (*asks.ACCEPTED, asks.hold_accountable())
EXCLUDED = (asks.collect(), (asks.exclude(), town.STREET_HEAD), asks.exclude())
TWO_CLAIMS = (asks.collect("water", "noise"), asks.screen(), asks.assign(), c.Accept())
OTHER_TIMES = (
    asks.collect(policy="demo"),
    asks.screen(),
    asks.assign(),
    asks.ask_extension("6 second"),
    c.GrantExtension(),
    asks.move_policy(),
)
PETITION = (asks.collect(policy=asks.PETITION), asks.screen(), asks.assign(), c.Accept())
PETITION_CLOSED = (*PETITION, asks.resolve(), asks.visit(), c.StrikeOff())
REVIEWED = (*PETITION_CLOSED, asks.ask_review(), asks.answer_review())
REVIEW = (*PETITION_CLOSED, asks.ask_review())
RECHECK = (*REVIEWED, asks.ask_recheck())
FINAL = (*REVIEWED, asks.ask_recheck(), asks.answer_recheck())
LONG = "x" * 5_001
ORIGIN = {"system": "elsewhere", "reference": "7", "imported_at": town.MONDAY}
SOON, LATER, NEVER = town.MONDAY + town.DAY, town.MONDAY + 90 * town.DAY, town.MONDAY + 4_000 * town.DAY
HALF_SIGNED = (*asks.ACCEPTED, (asks.hang_up(), town.WATER_HEAD))
EXTENDED = (*ASKED, c.GrantExtension())
FORMER_WORKER = town.person(Role.VISITOR, town.EAST, town.WATER_WORKER.id)
MOVED_UP = town.person(Role.CASE_WORKER, town.DISTRICT, town.WATER_WORKER.id)
HEAD_OF_ALL = town.person(Role.UNIT_HEAD, town.DISTRICT)
OWN_REQUEST = (*asks.ACCEPTED, c.Raise(clock="1/resolve"), (asks.ask_extension(), HEAD_OF_ALL))
THRICE: tuple[Given, ...] = (*asks.ACCEPTED, *((asks.suspend(), c.Resume()) * 3))

Row = tuple[str, tuple[Given, ...], c.AnyCaseCommand, Actor | None, dict[str, Any]]


def row(
    code: str, steps: tuple[Given, ...], command: c.AnyCaseCommand, by: Actor | None = None, **when: Any
) -> Row:
    return code, steps, command, by, when


ROWS: list[Row] = [
    row("already_collected", asks.SCREENED, asks.collect()),
    row("unknown_case", (), asks.screen()),
    row("origin_not_yours", (), asks.collect(origin=ORIGIN)),
    row("no_claim", (), asks.collect().model_copy(update={"claims": ()})),
    row("unknown_place", (), asks.collect(place={"unit": "yuhua.nowhere"})),
    row("unknown_place", (), asks.collect(place={"unit": town.WATER})),
    row("unknown_place", (), asks.collect(place={"unit": town.ASSESSOR})),
    row("policy_not_yours", (), asks.collect(policy="demo"), town.GRID_WORKER),
    row("policy_not_yours", (), asks.collect(policy="demo"), town.SUPERVISOR),
    row("unknown_policy", (), asks.collect(policy="nobody-knows")),
    row("unknown_policy", asks.SCREENED, asks.move_policy("nobody-knows")),
    row("text_too_long", (), asks.collect(LONG)),
    row("text_too_long", (), asks.collect(telephone=LONG)),
    row("text_too_long", asks.ACCEPTED, asks.progress(LONG)),
    row("happened_in_future", (), asks.collect(), at=LATER, entered=town.MONDAY),
    row("dated_back", (), asks.collect(channel="web"), town.RESIDENT, at=town.MONDAY, entered=SOON),
    row("happened_too_early", asks.ASSIGNED, c.Accept(), at=town.MONDAY, entered=SOON),
    row("happened_too_early", asks.ASSIGNED, asks.object_(), at=town.MONDAY, entered=SOON),
    row("happened_too_early", asks.ACCEPTED, asks.progress(), at=town.MONDAY - town.DAY, entered=SOON),
    row("role_not_allowed", (), asks.collect(), town.AUDITOR),
    row("role_not_allowed", asks.ACCEPTED, asks.suspend(), town.WATER_WORKER),
    row("not_your_unit", asks.ASSIGNED, c.Accept(), town.HOUSING_WORKER),
    row("not_your_unit", asks.SCREENED, asks.assign(), town.WEST_WORKER),
    row("not_your_unit", OBJECTED, asks.rule(True), town.WATER_HEAD),
    row("not_your_unit", asks.ACCEPTED, asks.hang_up(), town.STREET_HEAD),
    row("not_your_unit", ENTRY, asks.answer_entry(), town.HOUSING_WORKER),
    row("not_your_unit", ENTRY, asks.withdraw_entry(), town.person(Role.SUPERVISOR, town.WATER)),
    row("wrong_stage", asks.CLOSED, c.Accept()),
    row("unknown_unit", asks.SCREENED, asks.assign("yuhua.nowhere")),
    row("unknown_unit", asks.SCREENED, asks.assign(co_units=("yuhua.nowhere",))),
    row("unknown_unit", asks.ACCEPTED, asks.whistle("yuhua.nowhere")),
    row("not_a_workplace", asks.SCREENED, asks.assign(town.ASSESSOR)),
    row("not_a_workplace", asks.SCREENED, asks.assign(co_units=(town.ASSESSOR,))),
    row("reason_not_listed", asks.SCREENED, asks.refuse(reason="because")),
    row("reason_not_listed", asks.ACCEPTED, asks.suspend(reason="because")),
    row("reason_not_listed", asks.ACCEPTED, asks.exclude("because")),
    row("objection_open", OBJECTED, asks.object_()),
    row("objection_open", OBJECTED, c.Accept()),
    row("objection_open", OBJECTED, asks.resolve()),
    row("no_objection", asks.ASSIGNED, asks.rule(True)),
    row("designated", DESIGNATED, asks.object_()),
    row("claim_unanswered", TWO_CLAIMS, asks.resolve(1)),
    row("claim_unanswered", asks.ACCEPTED, c.Resolve(answers=())),
    row("unknown_claim", asks.ACCEPTED, asks.resolve(1, 2)),
    row("unknown_claim", (*TWO_CLAIMS, c.SplitOff(parts=((2,),))), asks.resolve(1, 2)),
    row("unknown_claim", asks.RESOLVED, asks.visit(2)),
    row("unknown_claim", TWO_CLAIMS, c.SplitOff(parts=((7,),))),
    row("claim_twice", asks.ACCEPTED, asks.resolve(1, 1)),
    row("claim_twice", asks.RESOLVED, asks.visit(1, 1)),
    row("claim_twice", TWO_CLAIMS, c.SplitOff(parts=((2,), (2,)))),
    row("third_party_only", asks.RESOLVED, asks.visit(third_party=True)),
    row("own_visit", asks.RESOLVED, asks.visit(), town.person(Role.VISITOR, town.WATER)),
    row("own_visit", asks.RESOLVED, asks.visit(), town.person(Role.VISITOR, town.WATER_OFFICE)),
    row("own_visit", asks.VISITED, c.StrikeOff(), town.person(Role.VISITOR, town.WATER)),
    row("own_visit", (*WHISTLED, asks.report_in(), asks.resolve()), asks.visit(), town.HOUSING_WORKER),
    row("own_work", asks.RESOLVED, asks.visit(), FORMER_WORKER),
    row("own_work", asks.VISITED, c.StrikeOff(), FORMER_WORKER),
    row("own_work", REVIEW, asks.answer_review(), MOVED_UP),
    row("own_work", RECHECK, asks.answer_recheck(), town.DISTRICT_WORKER),
    row("own_work", RECHECK, asks.hear(SOON, SOON + town.SECOND), town.DISTRICT_WORKER, at=LATER),
    row("taken_already", (*asks.RESOLVED, asks.visit(satisfaction=1)), asks.refuse()),
    row("not_the_visitor", asks.VISITED, c.StrikeOff(), town.HOUSING_WORKER),
    row("not_the_visitor", asks.VISITED, c.StrikeOff(), town.OUTSIDE_VISITOR),
    row("not_confirmed", asks.RESOLVED, c.StrikeOff()),
    row("resident_not_reached", (*asks.RESOLVED, asks.nobody_home()), c.StrikeOff()),
    row("visit_incomplete", (*TWO_CLAIMS, asks.resolve(1, 2)), asks.visit(1)),
    row("visit_not_reached", asks.RESOLVED, asks.visit(reached=False)),
    row("unknown_whistle", WHISTLED, asks.report_in(2)),
    row("unknown_whistle", WHISTLED, asks.report_in(), town.WATER_WORKER),
    row("whistle_answered", (*WHISTLED, asks.report_in()), asks.report_in()),
    row("whistle_answered", (*WHISTLED, asks.report_in(answer="arrived")), asks.report_in(answer="arrived")),
    row("not_a_department", asks.ACCEPTED, asks.whistle(town.LAKE)),
    row("reason_missing", WHISTLED, asks.report_in(answer="declined")),
    row("evidence_missing", asks.ACCEPTED, asks.suspend(evidence=())),
    row("evidence_missing", asks.ACCEPTED, asks.exclude(evidence=())),
    row("evidence_missing", EXCLUDED, asks.include(evidence=())),
    row("evidence_missing", asks.ACCEPTED, asks.hang_up(evidence=())),
    row("reason_not_listed", asks.ACCEPTED, asks.hang_up(reason="because")),
    row("until_missing", asks.ACCEPTED, asks.exclude(until=None)),
    row("until_in_past", asks.ACCEPTED, asks.exclude(until=town.MONDAY)),
    row("until_too_late", asks.ACCEPTED, asks.exclude(until=NEVER)),
    row("suspension_over_limit", THRICE, asks.suspend()),
    row("entered_too_late", asks.ACCEPTED, asks.suspend(), at=SOON, entered=LATER),
    row("entered_too_late", asks.ACCEPTED, asks.hang_up(LATER), at=SOON, entered=LATER),
    row("happened_too_early", asks.ASSIGNED, asks.contact(), at=town.MONDAY, entered=SOON),
    row("happened_too_early", asks.ASSIGNED, asks.progress(), at=town.MONDAY, entered=SOON),
    row("until_in_past", asks.ACCEPTED, asks.suspend(town.MONDAY)),
    row("until_in_past", asks.ACCEPTED, asks.hang_up(town.MONDAY), town.WATER_HEAD),
    row("until_in_past", asks.ACCEPTED, asks.whistle(by=town.MONDAY)),
    row("until_too_late", asks.ACCEPTED, asks.suspend(LATER)),
    row("until_too_late", asks.ACCEPTED, asks.hang_up(NEVER)),
    row("extension_not_allowed", asks.ASSIGNED, asks.ask_extension(obligation="accept")),
    row("extension_not_allowed", asks.ACCEPTED, asks.ask_extension("3 second")),
    row("extension_not_allowed", asks.ACCEPTED, asks.ask_extension("0 working_day")),
    row("extension_not_allowed", OTHER_TIMES, asks.ask_extension()),
    row("extension_over_limit", asks.ACCEPTED, asks.ask_extension("11 working_day")),
    row("extension_over_limit", EXTENDED, asks.ask_extension("1 working_day")),
    row("extension_too_late", asks.ACCEPTED, asks.ask_extension(), at=LATER),
    row("extension_too_late", asks.ACCEPTED, asks.ask_extension(), at=SOON, entered=LATER),
    row("extension_asked", ASKED, asks.ask_extension()),
    row("own_request", OWN_REQUEST, c.GrantExtension(), HEAD_OF_ALL),
    row("own_request", OWN_REQUEST, asks.refuse_extension(), HEAD_OF_ALL),
    row("not_your_unit", ASKED, c.GrantExtension(), town.WATER_HEAD),
    row("not_your_unit", ASKED, asks.refuse_extension(), town.WATER_HEAD),
    row("no_extension_asked", asks.ACCEPTED, c.GrantExtension()),
    row("no_extension_asked", asks.ACCEPTED, asks.refuse_extension()),
    row("no_clock", asks.ACCEPTED, asks.ask_extension(obligation="accept")),
    row("no_clock", asks.ACCEPTED, asks.receive_target(obligation="accept")),
    row("no_clock", asks.ACCEPTED, c.Remind(clock="1/dispatch")),
    row("no_clock", asks.ACCEPTED, c.Raise(clock="9/resolve")),
    row("same_signer", (asks.collect(), asks.exclude()), asks.exclude()),
    row("supervisor_signature", HALF_SIGNED, asks.hang_up(), town.WATER_WORKER),
    row("unit_signature", (*asks.ACCEPTED, asks.hang_up()), asks.hang_up(), town.SECOND_SUPERVISOR),
    row("not_your_unit", asks.ACCEPTED, asks.hang_up(), town.person(Role.SUPERVISOR, town.WATER)),
    row("not_your_unit", asks.ACCEPTED, asks.hang_up(), town.STREET_WORKER),
    row("already_excluded", EXCLUDED, asks.exclude()),
    row("not_excluded", (asks.collect(),), asks.include()),
    row("unknown_entry", asks.ACCEPTED, asks.answer_entry()),
    row("unknown_entry", asks.ACCEPTED, asks.withdraw_entry()),
    row("entry_withdrawn", (*ENTRY, asks.withdraw_entry()), asks.withdraw_entry()),
    row("entry_withdrawn", (*ENTRY, asks.withdraw_entry()), asks.appeal_entry()),
    row("merge_into_itself", asks.SCREENED, c.Merge(into=CASE)),
    row("unknown_case", asks.SCREENED, c.Merge(into=OTHER)),
    row("leads_others", asks.SCREENED, asks.refuse(), None, led=True),
    row("merge_of_leader", asks.SCREENED, c.Merge(into=THIRD), None, led=True),
    row("split_empty", TWO_CLAIMS, c.SplitOff(parts=((1,), (2,)))),
    row("no_clock", asks.ACCEPTED, asks.reach()),
    row("no_review", asks.CLOSED, asks.ask_review()),
    row("no_review", (*PETITION_CLOSED, asks.ask_review()), asks.move_policy("demo")),
    row("review_too_late", PETITION_CLOSED, asks.ask_review(), at=LATER),
    row("review_too_late", REVIEWED, asks.ask_recheck(), at=LATER),
    row("reviewed_already", REVIEWED, asks.ask_review()),
    row("review_first", PETITION_CLOSED, asks.ask_recheck()),
    row("no_review_open", (*PETITION_CLOSED, asks.ask_review()), asks.answer_recheck()),
    row("no_review_open", RECHECK, asks.answer_review(), town.SUPERVISOR),
    row("not_your_unit", REVIEW, asks.answer_review(), town.WATER_CLERK),
    row("hearing_too_early", RECHECK, asks.hear(town.MONDAY, town.MONDAY + town.SECOND)),
    row("happened_in_future", RECHECK, asks.hear(SOON, LATER)),
    row("answered_for_good", FINAL, asks.ask_review()),
    row("answered_for_good", FINAL, asks.ask_recheck()),
    row("answered_for_good", FINAL, asks.reopen(), town.STREET_WORKER),
    row("objection_too_late", PETITION[:3], asks.object_(), at=LATER),
    row("split_empty", TWO_CLAIMS, c.SplitOff(parts=((),))),
]  # fmt: skip


@pytest.mark.parametrize("one", ROWS, ids=lambda one: f"{one[0]}-{type(one[2]).VERB}")
def test_a_refusal_has_its_stable_code_and_changes_nothing(one: Row) -> None:
    code, steps, command, by, when = one
    story = given(*steps)
    if when.pop("led", False):
        story.also(asks.collect(), c.Merge(into=CASE), case=OTHER).also(asks.collect(), case=THIRD)
    before = dict(story.world.cases)
    story.when(command, by, **when).refused(code)
    assert story.world.cases == before


@pytest.mark.parametrize(
    ("code", "leading"),
    [
        ("merge_into_merged", (asks.collect(), c.Merge(into=THIRD))),
        ("merge_into_closed", asks.CLOSED),
        ("merge_into_closed", (asks.collect(), asks.refuse())),
        ("merge_into_resolved", asks.RESOLVED),
        ("merge_into_resolved", asks.VISITED),
        ("merge_into_resolved", asks.REVIEWED[:-1]),
        ("claims_unmatched", (asks.collect("water", "noise"),)),
    ],
)
def test_a_case_follows_only_one_that_is_still_in_hand(code: str, leading: tuple[Given, ...]) -> None:
    story = given().also(asks.collect(), case=THIRD).also(*leading, case=OTHER).also(asks.collect())
    story.when(c.Merge(into=OTHER)).refused(code)


def test_cases_cannot_follow_each_other_in_a_circle() -> None:
    story = given(asks.collect()).also(asks.collect(), c.Merge(into=CASE), case=OTHER)
    story.when(c.Merge(into=OTHER)).refused("merge_of_leader")


def test_every_listed_code_is_refused_by_some_example() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    exercised = {code for code in REFUSALS if f'"{code}"' in here}
    assert exercised == set(REFUSALS)


def test_every_code_that_the_domain_raises_is_listed_and_every_listed_one_is_raised() -> None:
    raised = {
        code
        for path in DOMAIN.rglob("*.py")
        for code in re.findall(r'Refused\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert raised == set(REFUSALS)


def test_a_docstring_names_only_codes_that_exist() -> None:
    for kind in c.CASE_COMMANDS:
        said = re.search(r"Refused: ([a-z_, \n]+)\.", kind.__doc__ or "")
        for code in re.findall(r"[a-z_]+", said[1]) if said else []:
            assert code in REFUSALS or code in {"wrong_stage", "not_your_unit"}, (kind, code)


def test_a_command_that_was_not_sealed_is_a_fault_and_not_a_refusal() -> None:
    story = given(*asks.ACCEPTED)
    context = c.Context(
        case=CASE,
        command=CASE,
        actor=town.WATER_WORKER,
        at=story.world.now,
        now=story.world.now,
        book=story.world.book,
    )
    with pytest.raises(ValueError, match="sealed"):
        decide(asks.progress(), story.world.case(), context)


def test_each_command_is_refused_to_every_role_that_the_table_does_not_name() -> None:
    for kind in c.CASE_COMMANDS:
        command = EXAMPLES[kind][0] if EXAMPLES[kind] else kind(clock="1/dispatch")  # type: ignore[call-arg]
        for actor in town.PEOPLE:
            if actor.role in roles(kind.VERB) or actor.role is Role.SYSTEM:
                continue
            steps: tuple[Given, ...] = () if kind is c.Collect else (asks.collect(),)
            Story(*steps).when(command, actor).refused("role_not_allowed")
    assert set(USUALLY) == set(c.CASE_COMMANDS)


def test_a_case_is_not_judged_by_another_text_than_its_own() -> None:
    story = given(*asks.ACCEPTED)
    hashes = dict.fromkeys(story.world.book.hashes, "0" * 64)
    story.world.book = replace(story.world.book, hashes=hashes)
    story.when(asks.suspend(), town.WATER_HEAD).refused("policy_text_differs")
