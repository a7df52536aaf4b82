"""The policy file carries every rule of the Regulations that this project read, each with its article."""

from typing import Any

import pytest

from domain.case import commands as c
from domain.case.clocks import find, promised
from domain.case.commands import BY_VERB
from domain.case.events import (
    ExtensionAsked,
    ExtensionGranted,
    RecheckAnswered,
    RefusedToTake,
    Resolved,
    StruckOff,
    Supervised,
)
from domain.case.stage import Outcome
from domain.policy import Obligation, Policy, Status, parse_policy
from tests.support import asks, town
from tests.support.given import given

REGULATIONS = "Letters and Visits Regulations 2022, "
ROWS = {
    "lv.register": "Art. 22",
    "lv.assign.report": "Art. 22(3)",
    "lv.notice": "Art. 23",
    "lv.notice.transferred": "Art. 23",
    "lv.objection": "Art. 23",
    "lv.joint": "Art. 24",
    "lv.duplicate": "Art. 19",
    "lv.group": "Art. 20",
    "lv.routes": "Art. 31",
    "lv.outcomes": "Art. 32",
    "lv.handle": "Art. 34",
    "lv.extend": "Art. 34",
    "lv.review": "Art. 35",
    "lv.recheck": "Art. 36",
    "lv.final": "Arts. 36, 37",
    "lv.recusal": "Art. 28",
    "lv.secret": "Art. 30",
    "lv.mediate": "Art. 33",
    "lv.urgent": "Art. 25",
    "lv.supervise": "Arts. 38-41",
    "lv.faults": "Arts. 43-46",
}
"""Every rule of the Regulations that was read, by article. Source: the text issued on 25 February 2022."""
POLICY = parse_policy((town.DATA / "policies" / "letters-and-visits-2022.toml").read_text("utf-8"))


def shipped(name: str) -> Policy:
    return parse_policy((town.DATA / "policies" / f"{name}.toml").read_text("utf-8"))


def test_the_file_carries_exactly_the_rules_that_were_read() -> None:
    assert set(POLICY.provisions) == set(ROWS)


@pytest.mark.parametrize(("row", "article"), ROWS.items())
def test_a_rule_names_its_article_and_what_holds_it(row: str, article: str) -> None:
    provision = POLICY.provisions[row]
    assert (provision.status, provision.article) == (Status.VERIFIED, REGULATIONS + article)
    document = POLICY.model_dump(mode="json")
    for place in provision.held_by:
        kind, _, name = place.partition(":")
        if kind == "command":
            assert name in BY_VERB
        elif kind != "duty":
            assert _at(document, place) is not None, place
    if "section" in provision.values:
        assert provision.values["section"] in {one.name for one in POLICY.sections}
    if "reason" in provision.values:
        assert provision.values["reason"] in POLICY.refusal_reasons


def _at(document: Any, place: str) -> Any:
    for part in place.split("."):
        document = document[part]
    return document


@pytest.mark.parametrize(
    ("obligation", "limit", "article"),
    [
        (Obligation.DISPATCH, "15 natural_day", "Art. 22"),
        (Obligation.CONTACT, "15 natural_day", "Art. 23"),
        (Obligation.ANSWER_REVIEW, "30 natural_day", "Art. 35"),
        (Obligation.ANSWER_RECHECK, "30 natural_day", "Art. 36"),
    ],
)
def test_a_limit_of_the_regulations_is_what_they_say(
    obligation: Obligation, limit: str, article: str
) -> None:
    rule = POLICY.obligations[obligation]
    assert (str(rule.limit), rule.status) == (limit, Status.VERIFIED)
    assert article in rule.article


def test_sixty_days_extension_and_windows_are_as_the_regulations_say() -> None:
    named = {one.name: one for one in POLICY.sections}
    assert set(named) == {"route_31_6", "route_31_6_unreachable", "unreachable"}
    section = named["route_31_6"]
    assert (
        named["route_31_6_unreachable"].obligations[Obligation.RESOLVE]
        == section.obligations[Obligation.RESOLVE]
    )
    rule = section.obligations[Obligation.RESOLVE]
    assert (str(rule.limit), rule.starts, rule.paused_by) == ("60 natural_day", "acceptance", ())
    assert rule.extension is not None
    more = rule.extension
    assert (str(more.max), more.times, more.approver, more.notice) == ("30 natural_day", 1, "head", True)
    for asked in (Obligation.ANSWER_REVIEW, Obligation.ANSWER_RECHECK):
        assert str(POLICY.obligations[asked].window) == "30 natural_day"
    assert POLICY.objection is not None
    assert str(POLICY.objection.within) == "5 working_day"


@pytest.mark.parametrize(
    ("category", "rungs"),
    [
        # Sixty days are promised to matters of Art. 31(6) alone; the fallback only calls the others to mind.
        ("water", ["remind", "supervise"]),
        ("route_31_6", ["remind", "supervise", "raise", "hold-accountable"]),
    ],
)
def test_nobody_is_held_accountable_for_sixty_days_that_the_regulations_do_not_set(
    category: str, rungs: list[str]
) -> None:
    world = given(
        asks.collect(category=category, policy=asks.PETITION), asks.screen(), asks.assign(), c.Accept()
    ).world
    taken = []
    while (step := world.plan()) is not None:
        world.step()
        if step.clock == "1/resolve":
            taken.append(step.action.value)
    assert taken == rungs
    entries = {entry.clock for entry in world.case().entries}
    assert ("1/resolve" in entries) is (category == "route_31_6")


def petition(**more: Any) -> tuple[c.AnyCaseCommand, ...]:
    return asks.collect(policy=asks.PETITION, **more), asks.screen(), asks.assign(), c.Accept()


@pytest.mark.parametrize(
    ("given_by", "owed"),
    [
        ({"telephone": "555-0100"}, True),
        ({"telephone": None, "address": "Pine Street 7"}, True),
        # A name alone says nothing of where to write to.
        ({"telephone": None, "name": "Li"}, False),
        ({"telephone": None}, False),
        ({"telephone": None, "category": "route_31_6"}, False),
    ],
)
def test_a_notice_is_owed_unless_name_or_address_is_unclear(given_by: dict[str, Any], owed: bool) -> None:
    world = given(*petition(**given_by)).world
    case = world.case()
    clock = find(case.clocks, "1/contact")
    assert clock is not None
    due = world.book.due(case, clock)
    # 15 natural days from Monday 2 March 2026, the first not counted: the end of Tuesday 17.
    assert (due.at if due else None) == (town.wall("2026-03-18 00:00") if owed else None)
    resolve = find(case.clocks, "1/resolve")
    assert resolve is not None
    assert promised(resolve, world.book.rules(case)) is (given_by.get("category") == "route_31_6")
    while (step := world.plan()) is not None:
        world.step()
        assert owed or step.clock != "1/contact"


def test_an_opinion_may_refuse_support_and_lists_facts_reasons_and_basis() -> None:
    answer = {
        "claim": 1, "outcome": "not_supported", "measure": "The claim is not supported.",
        "facts": "The wall was built in 2019.", "reasons": "No permit was asked for.", "basis": "Art. 64",
    }  # fmt: skip
    case = (
        given(*petition(category="route_31_6"))
        .when(c.Resolve.model_validate({"answers": [answer]}))
        .then(Resolved)
    )
    assert case.claims[0].outcome == "not_supported"
    provision = POLICY.provisions["lv.outcomes"]
    assert set(provision.values["outcomes"]) <= set(Outcome)  # type: ignore[arg-type]
    assert set(provision.values["opinion_lists"]) - {"claim"} <= set(answer)  # type: ignore[arg-type]


def test_listed_supervision_is_ordered_by_hand_with_a_date_for_the_rectification() -> None:
    story = given(*petition())
    by = town.wall("2026-03-20 18:00")
    order = {"clock": "1/resolve", "listed": True, "rectify_by": by}
    story.when(c.Supervise.model_validate(order)).then(Supervised)
    (event,) = story.came
    assert isinstance(event, Supervised)
    assert (event.listed, event.rectify_by, event.by_ladder) == (True, by, False)
    story.when(c.Supervise.model_validate({**order, "rectify_by": town.MONDAY})).refused("until_in_past")


def test_an_extension_is_asked_once_up_to_thirty_days_and_decided_within_a_limit() -> None:
    story = given(*petition(category="route_31_6"))
    story.when(asks.ask_extension("31 natural_day")).refused("extension_over_limit")
    story.when(asks.ask_extension("30 natural_day")).then(ExtensionAsked)
    decide = find(story.world.case().clocks, "1/decide_extension")
    assert decide is not None
    assert decide.owner == town.WATER
    story.when(c.GrantExtension(), by=town.WATER_HEAD).then(ExtensionGranted)
    story.when(asks.ask_extension("1 natural_day")).refused("extension_over_limit")
    given(*petition()).when(asks.ask_extension("30 natural_day")).refused("extension_not_allowed")


def test_what_is_final_is_not_taken_up_again_and_a_refusal_may_say_so() -> None:
    closed = (
        given(*asks.REVIEWED, asks.ask_recheck())
        .when(asks.answer_recheck(True))
        .then(RecheckAnswered, StruckOff)
    )
    assert closed.final
    again = given(asks.collect(policy=asks.PETITION))
    for reason in ("final_after_recheck", "already_accepted", "other_route"):
        given(asks.collect(policy=asks.PETITION)).when(asks.refuse(reason=reason)).then(RefusedToTake)
    again.when(asks.refuse(reason="because")).refused("reason_not_listed")


def test_the_only_pause_is_the_hearing_of_a_re_examination() -> None:
    stopped = {
        one: rule.paused_by
        for one, rule in POLICY.obligations.items()
        if one is not Obligation.VISIT and rule.paused_by
    }
    assert stopped == {Obligation.ANSWER_RECHECK: ("hearing",)}


def test_what_the_text_leaves_open_is_a_local_choice() -> None:
    assert set(POLICY.switches) == {"days", "first_day", "last_day", "acceptance"}
    assert {one.status for one in POLICY.switches.values()} == {Status.LOCAL}
    unsettled = (Obligation.ACCEPT, Obligation.VISIT, Obligation.ANSWER_WHISTLE, Obligation.ANSWER_OBJECTION)
    assert {POLICY.obligations[one].status for one in unsettled} == {Status.LOCAL}
    assert {rung.status for rung in POLICY.ladder} == {Status.LOCAL}


@pytest.mark.parametrize(
    ("name", "most"), [("beijing-style-draft", Status.DRAFT), ("digital-city-hours", Status.REPORTED)]
)
def test_a_file_claims_no_more_than_was_read(name: str, most: Status) -> None:
    policy = shipped(name)
    rules = [*policy.obligations.values(), *policy.sections, *policy.ladder, policy.source]
    rules += [rule for section in policy.sections for rule in section.obligations.values()]
    assert {rule.status for rule in rules} <= {most, Status.LOCAL}
    assert policy.source.status is most


def test_the_drafts_four_classes_have_two_hours_a_day_seven_days_and_fifteen() -> None:
    policy = shipped("beijing-style-draft")
    limits = {one.name: str(one.obligations[Obligation.RESOLVE].limit) for one in policy.sections}
    assert limits == {"danger": "2 urgent_hour", "lifelines": "24 urgent_hour", "complex": "15 natural_day"}
    assert str(policy.obligations[Obligation.RESOLVE].limit) == "7 natural_day"


def test_the_burst_pipe_has_three_limits_in_two_units() -> None:
    (pipe,) = shipped("digital-city-hours").sections
    assert {one.value: str(rule.limit) for one, rule in pipe.obligations.items()} == {
        "secure": "3 urgent_hour", "repair": "8 urgent_hour", "resolve": "5 working_day",
    }  # fmt: skip
