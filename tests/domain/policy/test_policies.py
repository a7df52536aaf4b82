"""The shipped policies, the refusals of a wrong one, and the published schema."""

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import jsonschema_rs
import pytest

from domain.calendar import (
    CalendarInvalid,
    Counting,
    Duration,
    Overlay,
    TimeUnit,
    parse_calendar,
    read_calendar,
)
from domain.policy import (
    POLICY_FAULTS,
    Obligation,
    Offset,
    Policy,
    PolicyInvalid,
    Rung,
    RungRule,
    Status,
    content_hash,
    differences,
    parse_policy,
)
from domain.policy.terms import OPTIONAL
from engine.amendments import read_amendment
from engine.errors import AmendmentInvalid

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "engine" / "data" / "policies").glob("*.toml"))
SCHEMA = ROOT / "docs" / "policy.schema.json"


def text(name: str) -> str:
    return (ROOT / "engine" / "data" / "policies" / f"{name}.toml").read_text(encoding="utf-8")


def offsets(policy: Policy) -> list[Offset]:
    """The places of the rungs; none of these policies has one by share."""
    found = [rung.at for rung in policy.ladder if isinstance(rung.at, Offset)]
    assert len(found) == len(policy.ladder)
    return found


def limit(policy: Policy, obligation: Obligation) -> str:
    rule = policy.rules_for(obligation)
    assert rule is not None
    return str(rule.limit)


RESOLVE = """[obligations.resolve]
limit = "6 second"

[obligations.resolve.extension]
max = "6 second"
times = 1
approver = "parent"
"""


def test_six_policies_are_shipped() -> None:
    assert [file.stem for file in FILES] == [
        "beijing-style-draft", "boston-2015", "demo", "digital-city-hours", "hotline-five-working-days",
        "letters-and-visits-2022",
    ]  # fmt: skip


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_policy_names_itself_and_a_shipped_calendar(file: Path) -> None:
    policy = parse_policy(file.read_text(encoding="utf-8"))
    calendar_file = ROOT / "engine" / "data" / "calendars" / f"{policy.calendar}.toml"
    assert policy.id == file.stem
    assert parse_calendar(calendar_file.read_text(encoding="utf-8")).id == policy.calendar


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_obligation_of_a_shipped_policy_has_a_whole_ladder_or_is_left_out(file: Path) -> None:
    policy = parse_policy(file.read_text(encoding="utf-8"))
    for obligation in Obligation:
        rungs = [rule.rung for rule in policy.ladder_for(obligation)]
        assert rungs == ([] if policy.rules_for(obligation) is None else list(Rung))
        if obligation not in OPTIONAL:
            assert (policy.rules_for(obligation) is None) == (obligation in policy.without)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_policy_fits_the_published_schema(file: Path) -> None:
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    document["effective_from"] = document["effective_from"].isoformat()
    jsonschema_rs.validate(json.loads(SCHEMA.read_text(encoding="utf-8")), document)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_policy_reads_back_from_its_stored_form(file: Path) -> None:
    policy = parse_policy(file.read_text(encoding="utf-8"))
    assert Policy.model_validate_json(policy.model_dump_json()) == policy


def test_the_published_schema_is_current() -> None:
    current = json.dumps(Policy.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
    assert SCHEMA.read_text(encoding="utf-8") == current


def test_the_schema_refuses_what_is_unknown() -> None:
    document = tomllib.loads(text("demo")) | {"effective_from": "2015-01-01", "mood": "good"}
    assert not jsonschema_rs.is_valid(json.loads(SCHEMA.read_text(encoding="utf-8")), document)


def test_the_hotline_gives_five_working_days_by_its_regulation_and_marks_the_rest_local() -> None:
    policy = parse_policy(text("hotline-five-working-days"))
    assert limit(policy, Obligation.RESOLVE) == "5 working_day"
    verified = [one for one, rule in policy.obligations.items() if rule.status is Status.VERIFIED]
    assert verified == [Obligation.RESOLVE]
    assert policy.effective_from == date(2018, 9, 1)
    assert [str(at.by) for at in offsets(policy)] == [
        "1 working_day", "0 working_day", "2 working_day", "5 working_day",
    ]  # fmt: skip


def test_boston_takes_the_target_of_the_record_and_reaches_nobody() -> None:
    policy = parse_policy(text("boston-2015"))
    rule = policy.rules_for(Obligation.RESOLVE)
    assert rule is not None
    assert (rule.limit, rule.external_target, str(rule.fallback)) == (None, True, "30 natural_day")
    assert policy.visit.tries_before_unreachable == 0
    assert policy.without == (Obligation.CONTACT,)


def test_the_demonstration_has_every_limit_in_seconds() -> None:
    policy = parse_policy(text("demo"))
    assert {one.value: limit(policy, one) for one in Obligation if one not in OPTIONAL} == {
        "dispatch": "3 second",
        "accept": "3 second",
        "contact": "4 second",
        "resolve": "6 second",
        "visit": "6 second",
        "answer_whistle": "4 second",
        "answer_objection": "4 second",
    }
    assert {at.unit for at in offsets(policy)} == {TimeUnit.SECOND}


def test_an_obligation_may_have_a_ladder_of_its_own() -> None:
    own = 'limit = "3 second"\nladder = [{ rung = "supervise", at = "after 1 second" }]'
    policy = parse_policy(text("demo").replace('limit = "3 second"', own, 1))
    at = Offset(when="after", amount=1, unit=TimeUnit.SECOND)
    assert policy.ladder_for(Obligation.DISPATCH) == (RungRule(rung=Rung.SUPERVISE, at=at),)
    assert policy.ladder_for(Obligation.ACCEPT) == policy.ladder


def test_rungs_of_the_hotline_fall_on_working_days() -> None:
    policy = parse_policy(text("hotline-five-working-days"))
    china = parse_calendar((ROOT / "engine/data/calendars/china.toml").read_text(encoding="utf-8"))
    friday_over = china.instant(date(2026, 2, 28))
    falls = [china.local_day(at.moment(friday_over, china).at).isoformat() for at in offsets(policy)]
    assert falls == ["2026-02-27", "2026-02-28", "2026-03-03", "2026-03-06"]


def test_counting_of_a_rule_is_the_calendars_counting() -> None:
    counted = 'limit = "3 second"\nfirst_day_counted = true\nroll_on_holiday = false'
    rule = parse_policy(text("demo").replace('limit = "3 second"', counted, 1)).rules_for(Obligation.DISPATCH)
    assert rule is not None
    assert rule.counting == Counting(first_day_counted=True, roll_on_holiday=False)


@pytest.mark.parametrize(
    ("right", "wrong", "code", "place"),
    [
        ('status = "local"', 'status = "verified"', "policy_unverified", "source"),
        ('status = "local"', 'status = "verified"\narticle = " "', "policy_unverified", "source"),
        (
            'limit = "4 second"',
            'limit = "4 second"\nstatus = "verified"',
            "policy_unverified",
            "obligations.contact",
        ),
        ('[obligations.contact]\nlimit = "4 second"', "", "policy_incomplete", "contact"),
        (RESOLVE, "", "policy_silent", "resolve"),
        (
            '[obligations.resolve]\nlimit = "6 second"',
            "[obligations.resolve]\nexternal_target = true",
            "policy_silent",
            "resolve",
        ),
        (
            '[obligations.visit]\nlimit = "6 second"',
            "[obligations.visit]\nexternal_target = true",
            "policy_silent",
            "visit",
        ),
        ('[obligations.dispatch]\nlimit = "3 second"', "", "policy_silent", "dispatch"),
        (
            '[obligations.contact]\nlimit = "4 second"',
            "[obligations.contact]",
            "policy_invalid",
            "give a limit",
        ),
        (
            'limit = "4 second"',
            'limit = "4 second"\nfallback = "9 second"',
            "policy_invalid",
            "external target only",
        ),
        (
            'limit = "4 second"',
            'limit = "4 second"\nfallback = "9 second"\nexternal_target = true',
            "policy_invalid",
            "not both",
        ),
        ('limit = "4 second"', 'limit = "0 second"', "policy_invalid", "at least 1"),
        ('limit = "4 second"', 'limit = "four seconds"', "policy_invalid", "obligations.contact.limit"),
        (
            'limit = "4 second"',
            'limit = "4 second"\nmood = "good"',
            "policy_invalid",
            "obligations.contact.mood",
        ),
        ('limit = "4 second"', 'limit = "4 second"\npaused_by = ["holiday"]', "policy_invalid", "paused_by"),
        (
            'calendar = "always"',
            'calendar = "always"\nwithout = ["accept"]',
            "policy_invalid",
            "listed in without",
        ),
        ('calendar = "always"', 'calendar = "always"\nmood = "good"', "policy_invalid", "mood"),
        ('"after 2 second"', '"before 2 second"', "policy_invalid", "before supervise"),
        ('"after 2 second"', '"after 5 second"', "policy_invalid", "before raise"),
        ('rung = "raise"', 'rung = "remind"', "policy_invalid", "each rung once"),
        ('"after 2 second"', '"at 2 second"', "policy_invalid", "write an offset"),
        ('"after 2 second"', '"after 9999999999999 second"', "policy_invalid", "ladder"),
        ("satisfied_from = 3", "satisfied_from = 6", "policy_invalid", "satisfied_from"),
        ('"awaits_resident"', '"Awaits resident"', "policy_invalid", "suspension_reasons"),
        ('date = "2026"', 'date = "last year"', "policy_invalid", "source.date"),
        ("version = 1", "version = ", "policy_invalid", "not TOML"),
    ],
)
def test_a_wrong_policy_is_refused_by_code_and_place(right: str, wrong: str, code: str, place: str) -> None:
    assert right in text("demo")
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(text("demo").replace(right, wrong, 1))
    assert refused.value.code == code
    assert place in str(refused.value)
    assert code in POLICY_FAULTS


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(text("demo").replace("version = 1", "version = 0").replace('"600 second"', '"soon"'))
    assert all(place in str(refused.value) for place in ("version:", "hang_up_max:", "suspension_max:"))


def test_the_hash_of_a_policy_is_that_of_its_text_whatever_ends_its_lines() -> None:
    assert content_hash("a\r\nb\n") == content_hash("a\nb\n") != content_hash("a b\n")
    assert len(content_hash("")) == 64


def test_an_offset_reads_back_from_its_fields() -> None:
    offset = Offset.model_validate("before 1 working_day")
    assert offset.by == Duration(amount=1, unit=TimeUnit.WORKING_DAY)
    assert Offset.model_validate_json(offset.model_dump_json()) == offset


def test_the_examples_of_the_guide_are_valid() -> None:
    policy, section, calendar, statutory, unit, amendment = re.findall(
        r"```toml\n(.*?)```", (ROOT / "docs" / "policies.md").read_text("utf-8"), re.DOTALL
    )
    assert parse_policy(policy + section).id == "our-street"
    assert parse_calendar(calendar + statutory).id == "china"
    inherited = read_calendar(unit)
    assert isinstance(inherited, Overlay)
    assert inherited.unit == "yuhua.east"
    assert read_amendment(amendment).years == {2027}


def test_the_guide_names_every_fault_of_a_policy() -> None:
    guide = (ROOT / "docs" / "policies.md").read_text("utf-8")
    assert [code for code in POLICY_FAULTS if f"| `{code}` |" not in guide] == []


def test_differences_are_told_limit_by_limit_and_rung_by_rung() -> None:
    older, newer = (
        parse_policy(text("demo")),
        parse_policy(
            text("demo")
            .replace('limit = "4 second"', 'limit = "5 second"', 1)
            .replace('{ rung = "raise", at = "after 2 second"', '{ rung = "raise", at = "after 3 second"')
            .replace('"awaits_resident", ', "")
            .replace(
                "[obligations.visit]",
                "[obligations.answer_review]\nlimit = '9 second'\n\n[obligations.visit]",
            )
        ),
    )
    told = {one.place: (one.before, one.after) for one in differences(older, newer)}
    assert told == {
        "obligations.contact.limit": ("4 second", "5 second"),
        "obligations.answer_review.limit": (None, "9 second"),
        "obligations.answer_review.external_target": (None, "False"),
        "obligations.answer_review.first_day_counted": (None, "False"),
        "obligations.answer_review.roll_on_holiday": (None, "True"),
        "obligations.answer_review.paused_by": (None, "suspension, hang_up"),
        "obligations.answer_review.takes_whole_days": (None, "hearing"),
        "obligations.answer_review.starts": (None, "assignment"),
        "obligations.answer_review.status": (None, "local"),
        "obligations.answer_review.article": (None, ""),
        "ladder.raise.at": ("after 2 second", "after 3 second"),
        "suspension_reasons": ("awaits_resident, awaits_works_by_others", "awaits_works_by_others"),
    }
    assert [one.place for one in differences(older, newer)][:1] == ["obligations.answer_review.article"]
    assert differences(older, older) == ()


@pytest.mark.parametrize(
    ("wrong", "fault"), [("a=" + "[" * 20_000, "nested too deeply"), ("version=" + "9" * 5_000, "too long")]
)
def test_toml_that_cannot_be_read_is_a_fault_of_the_file(wrong: str, fault: str) -> None:
    with pytest.raises(PolicyInvalid, match=fault):
        parse_policy(wrong)
    with pytest.raises(CalendarInvalid, match=fault):
        read_calendar(wrong)
    with pytest.raises(AmendmentInvalid, match=fault):
        read_amendment(wrong)
