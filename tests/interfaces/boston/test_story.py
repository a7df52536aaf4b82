from datetime import UTC, datetime

import pytest

from domain.case.commands import Assign, Collect, Progress, ReceiveTarget, Refuse, Resolve, Screen
from domain.case.stage import Kind, Outcome, Why
from engine.request import Request
from interfaces.boston.outcomes import NO_WORDS, OUTCOMES, kind_of, outcome_of
from interfaces.boston.record import Closure, ClosureKind, Matter
from interfaces.boston.story import Row, requests
from tests.interfaces.boston.rows_of import ROOT, mended

OPENED = datetime(2015, 6, 1, 13, tzinfo=UTC)
TARGET = datetime(2015, 6, 8, 12, 30, tzinfo=UTC)
CLOSED = datetime(2015, 6, 3, 20, 17, 43, tzinfo=UTC)
IMPORTED = datetime(2026, 1, 1, tzinfo=UTC)


def told(**changes: str) -> list[Request]:
    case = mended(**changes).case
    assert case is not None
    return requests(Row(case, "boston.dorchester", "boston.desk"), IMPORTED)


def test_a_closed_row_is_told_from_collection_to_strike_off_each_at_its_moment() -> None:
    story = told()
    verbs = [(request.command.VERB, request.at) for request in story]
    assert verbs == [
        ("collect", OPENED),
        ("screen", OPENED),
        ("assign", OPENED),
        ("receive-target", OPENED),
        ("resolve", CLOSED),
        ("strike-off", CLOSED),
    ]
    assert len({request.command_id for request in story}) == len(story)
    assert [one.command_id for one in told()] == [one.command_id for one in story], "so that twice is once"


def test_collection_holds_what_the_row_says() -> None:
    collect = told()[0].command
    assert isinstance(collect, Collect)
    assert [claim.text for claim in collect.claims] == ["Street Light Outages"]
    assert (collect.category, collect.policy) == ("Street Light Outages", "boston-2015")
    assert (collect.place.latitude, collect.place.longitude) == (42.2851, -71.0702)
    assert collect.address is not None and collect.address.text == "12 Ashmont St, Dorchester, MA, 02124"
    assert collect.origin is not None
    assert (collect.origin.reference, collect.origin.imported_at) == ("101001240735", IMPORTED)


def test_the_queue_is_the_rule_by_which_it_was_assigned() -> None:
    assign = told()[2].command
    assert isinstance(assign, Assign)
    assert (assign.unit, assign.why) == ("boston.desk", Why.RULE)
    assert assign.rule == "Boston queue: PWDx_Street Light Outages"


def test_a_target_comes_from_outside_and_none_comes_of_none() -> None:
    target = told()[3].command
    assert isinstance(target, ReceiveTarget)
    assert (target.due, target.source) == (TARGET, "boston-311")
    assert not any(isinstance(one.command, ReceiveTarget) for one in told(TARGET_DT=""))


def test_an_open_row_stays_with_its_unit() -> None:
    story = told(CASE_STATUS="Open", CLOSED_DT="", CLOSURE_REASON="", OnTime_Status="OVERDUE")
    assert story[-1].command.VERB == "receive-target"


def test_what_was_said_at_an_earlier_closing_of_an_open_row_is_kept_as_a_note() -> None:
    note = told(CASE_STATUS="Open", CLOSED_DT="")[-1]
    assert isinstance(note.command, Progress)
    assert (note.command.note.text, note.at) == ("Case Resolved Bulb replaced.", CLOSED)


def test_a_row_closed_before_it_opened_is_closed_at_its_opening() -> None:
    story = told(CLOSED_DT="06/01/2015 08:59:30 AM", CLOSURE_REASON="Case Closed. Case Noted seen")
    assert {request.at for request in story} == {OPENED}


@pytest.mark.parametrize(
    ("words", "turn_to"),
    [
        ("Duplicate of Existing Case 101001239909", "case 101001239909"),
        ("Duplicate of Existing Case", "the existing case"),
    ],
)
def test_a_duplicate_is_refused_with_its_words_and_the_case_to_turn_to(words: str, turn_to: str) -> None:
    story = told(CLOSURE_REASON=f"Case Closed. Closed date : 2015-06-03 16:17:43.5 {words}")
    refuse = story[-1].command
    assert isinstance(refuse, Refuse)
    assert (refuse.reason, refuse.turn_to, story[-1].at) == ("duplicate", turn_to, CLOSED)
    assert refuse.explanation.text == words


def test_a_closing_without_words_says_so_and_claims_no_solution() -> None:
    for text in ("", "Case Closed. Closed date : 2015-06-03 16:17:43.5 "):
        resolve = told(CLOSURE_REASON=text)[-2].command
        assert isinstance(resolve, Resolve)
        answer = resolve.answers[0]
        assert (answer.outcome, answer.measure.text) == (Outcome.EXPLAINED, NO_WORDS)


@pytest.mark.parametrize(
    ("kind", "text", "outcome"),
    [
        (ClosureKind.RESOLVED, "Case Resolved Bulb replaced.", Outcome.SOLVED),
        (
            ClosureKind.RESOLVED,
            "Case Resolved It will be referred for permanent repair.",
            Outcome.PLANNED,
        ),
        (ClosureKind.NOTED, "Case Noted It is scheduled for spring.", Outcome.PLANNED),
        (ClosureKind.AUTOMATIC, "Bulk Item Automation", Outcome.PLANNED),
        (ClosureKind.NO_VIOLATION, "NOVIO: scheduled for nothing", Outcome.EXPLAINED),
    ],
)
def test_the_outcome_follows_from_the_closing(kind: ClosureKind, text: str, outcome: Outcome) -> None:
    assert outcome_of(Closure(kind, text)) is outcome


def test_every_closing_has_an_outcome_and_the_page_prints_it() -> None:
    assert set(OUTCOMES) == set(ClosureKind) - {ClosureKind.DUPLICATE}
    page = (ROOT / "docs" / "boston.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| ")]
    printed = {cells[0].strip(): cells[-1].strip() for cells in rows}
    assert all(printed[kind] == outcome for kind, outcome in OUTCOMES.items())


@pytest.mark.parametrize(
    ("reason", "kind", "expected"),
    [
        ("Sanitation", "Schedule a Bulk Item Pickup SS", Kind.NEED),
        ("Recycling", "Recycling Cart Return", Kind.NEED),
        ("Trees", "New Tree Requests", Kind.NEED),
        ("Street Lights", "Street Light Outages", Kind.ISSUE),
        ("Housing", "Bed Bugs", Kind.ISSUE),
        ("Highway Maintenance", "News Boxes", Kind.ISSUE),
    ],
)
def test_requests_are_needs_and_defects_are_issues(reason: str, kind: str, expected: Kind) -> None:
    assert kind_of(Matter("Public Works Department", reason, kind, kind)) is expected


def test_screening_says_need_or_issue_and_never_key() -> None:
    screen = told()[1].command
    assert isinstance(screen, Screen)
    assert (screen.kind, screen.key) == (Kind.ISSUE, False)
