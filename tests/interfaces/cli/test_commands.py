"""One installation looked after from the command line, by the real program on a real database."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain.actor import Actor, Role
from engine.settings import Settings
from interfaces.cli.outcome import Exit
from interfaces.tokens import DevelopmentTokens, TokenKey
from tests.interfaces.cli.conftest import ROOT, Ended, Program

pytestmark = pytest.mark.postgres

PLACE = "boston.east-boston.ward-1.precinct-0101"
STREET = "boston.east-boston"
WORKS = "boston.dept-pwdx"
COLLECT = {
    "channel": "visit",
    "claims": ["The lamp before my door is dark."],
    "category": "Street Light Outages",
    "place": {"unit": PLACE},
}
LIFE: tuple[tuple[str, object, str, str], ...] = (
    ("screen", {"kind": "issue"}, "case_worker", STREET),
    ("assign", {"unit": WORKS}, "case_worker", STREET),
    ("accept", {}, "unit_head", WORKS),
    ("contact", {"means": "telephone"}, "unit_head", WORKS),
    (
        "resolve",
        {"answers": [{"claim": 1, "outcome": "solved", "measure": "A new lamp."}]},
        "unit_head",
        WORKS,
    ),
    (
        "visit",
        {"reached": True, "judgements": [{"claim": 1, "solved": True, "satisfaction": 5}]},
        "visitor",
        STREET,
    ),
    ("strike-off", {}, "visitor", STREET),
)


def do(program: Program, case: str, verb: str, body: object, role: str, unit: str, *more: str) -> Ended:
    actor = ("--role", role, "--unit", unit, "--actor", f"{role} of {unit}")
    return program("case", "do", case, verb, "--body", json.dumps(body), *actor, *more, "--json")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--role", "case_worker"), "unit_required"),
        (("--role", "case_worker", "--unit", "nope"), "unit_unknown"),
    ],
)
def test_whoever_speaks_for_no_unit_of_ours_is_refused_as_by_the_api(
    installed: Program, options: tuple[str, ...], code: str
) -> None:
    given = installed("case", "do", "new", "collect", "--body", json.dumps(COLLECT), *options, "--json")
    assert (given.code, given.refusal["code"]) == (Exit.REFUSED, code)
    case = do(installed, "new", "collect", COLLECT, "case_worker", STREET).data["case"]
    seen = installed("case", "show", case, *options, "--json")
    assert (seen.code, seen.refusal["code"]) == (Exit.REFUSED, code)


def test_a_token_is_for_a_unit_that_exists(installed: Program) -> None:
    issued = installed("token", "--role", "case_worker", "--unit", "nope", "--json")
    assert (issued.code, issued.refusal["code"]) == (Exit.REFUSED, "unit_unknown")
    # Where no database is named nobody can know.
    assert installed("token", "--role", "case_worker", "--unit", "nope", DATABASE_URL="").code == Exit.OK


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"claims": [{"text": "a", "commitment": "0" * 64}]}, "claims.0: a personal value is a plain string"),
        ({"claims": "dark"}, "claims: "),
        ({"place": {"unit": PLACE, "latitude": 1}}, "place: a point has"),
        ({"happened_at": "yesterday"}, "happened_at: Write RFC 3339"),
    ],
)
def test_a_body_is_read_as_the_api_reads_it(installed: Program, change: dict[str, object], told: str) -> None:
    ended = do(installed, "new", "collect", {**COLLECT, **change}, "case_worker", STREET)
    assert (ended.code, ended.refusal["code"]) == (Exit.BAD_USAGE, "bad_usage")
    assert told in ended.refusal["message"]


def test_when_it_happened_is_said_once(installed: Program) -> None:
    at = "2026-01-05T09:00:00+08:00"
    body = {**COLLECT, "happened_at": at}
    collected = do(installed, "new", "collect", body, "case_worker", STREET)
    assert collected.code == 0, collected.err
    case = collected.data["case"]
    events = installed("case", "history", case, "--json").data["events"]
    assert datetime.fromisoformat(events[0]["happened_at"]) == datetime.fromisoformat(at)
    twice = do(installed, "new", "collect", body, "case_worker", STREET, "--at", "2026-01-05T09:00:00Z")
    assert twice.code == Exit.BAD_USAGE
    later = installed("replay", case, "--version", "999999", "--json")
    assert (later.code, later.refusal["code"]) == (Exit.BAD_USAGE, "bad_usage")


def test_a_span_beyond_a_month_is_bad_usage(installed: Program) -> None:
    assert installed("ledger", "escalations", "--within", "99999999999").code == Exit.BAD_USAGE


def test_a_file_that_cannot_be_read_is_bad_usage(installed: Program, tmp_path: Path) -> None:
    bad, deep, lost = tmp_path / "bad.toml", tmp_path / "deep.toml", tmp_path / "lost.toml"
    bad.write_bytes(b'id = "\xff"')
    deep.write_text("a=" + "[" * 20_000)
    text = (ROOT / "engine" / "data" / "policies" / "demo.toml").read_text("utf-8")
    lost.write_text(text.replace('calendar = "always"', 'calendar = "nope"'), "utf-8")
    for arguments in (
        ("policy", "adopt", str(bad), "--reason", "x"),
        ("policy", "diff", "demo", str(bad)),
        ("whatif", "--policy", str(bad)),
        ("whatif", "--calendar", str(bad)),
        ("calendar", "amend", str(bad)),
    ):
        assert installed(*arguments, "--json").refusal["code"] == "bad_usage", arguments
    for arguments in (("whatif", "--policy", str(deep)), ("whatif", "--policy", str(lost))):
        refused = installed(*arguments, "--json")
        assert (refused.code, refused.refusal["code"]) == (Exit.REFUSED, "policy_invalid"), arguments
    for file in (bad, deep):
        checked = installed("policy", "check", str(file), "--json")
        assert (checked.code, checked.data["files"][0]["code"]) == (Exit.CHECK_FAILED, "policy_invalid")


def test_a_second_import_records_nothing_new(installed: Program, few_rows: Path) -> None:
    again = installed("import", "boston", str(few_rows), "--until-now", "--json")
    assert again.data["new"] == 0


def test_a_case_is_lived_replayed_and_found_in_the_ledgers(installed: Program) -> None:
    command = str(uuid4())
    collect = (COLLECT, "grid_worker", PLACE, "--command-id", command)
    collected = do(installed, "new", "collect", *collect)
    assert collected.code == 0, collected.err
    case = collected.data["case"]
    repeated = do(installed, case, "collect", *collect)
    assert repeated.data["repeated"] is True
    assert repeated.data["version"] == collected.data["version"]

    hidden = installed("case", "show", case, "--role", "case_worker", "--unit", WORKS, "--json")
    assert (hidden.code, hidden.refusal["code"]) == (3, "unknown_case")
    early = do(installed, case, "accept", {}, "case_worker", STREET)
    assert (early.code, early.refusal["code"]) == (3, "wrong_stage")
    stale = do(installed, case, "screen", {"kind": "issue"}, "case_worker", STREET, "--version", "7")
    assert (stale.code, stale.refusal["code"]) == (3, "version_stale")

    answers = [do(installed, case, *step) for step in LIFE]
    assert [answer.code for answer in answers] == [0] * len(LIFE), answers
    shown = installed("case", "show", case, "--json").data
    assert (shown["stage"], shown["unit"], shown["bucket"]) == ("closed", WORKS, "struck_off")
    assert shown["claims"][0]["words"]["text"] is None  # the administrator sees commitments

    history = installed("case", "history", case, "--json").data["events"]
    assert [event["name"] for event in history][:2] == ["case.collected", "case.screened"]
    assert {event["policy"]["id"] for event in history} == {shown["policy"]["id"]}
    assert all(event["calendar"] for event in history)
    assert f"{shown['policy']['id']}@1, calendar" in installed("case", "history", case).out
    past = installed("replay", case, "--version", "2", "--json").data["state"]
    assert (past["stage"], past["version"]) == ("screened", 2)
    before = installed("replay", case, "--recorded-at", "2000-01-01T00:00:00Z", "--json")
    assert before.data["state"] is None

    assert installed("rebuild", "--json").code == 0
    at = ("--at-least", str(answers[-1].data["position"]), "--json")
    accounts = installed("ledger", "accounts", "--unit", WORKS, *at).data["accounts"]
    assert {"unit": WORKS, "bucket": "struck_off"}.items() <= {**accounts[0]}.items()
    _statement_tells_the_way_of(case, installed, at)
    balance = installed("ledger", "trial-balance", *at)
    assert (balance.code, balance.data["total"], balance.data["sound"]) == (0, 0, True)
    work = installed("ledger", "worklist", "--role", "case_worker", "--of", STREET, *at).data["rows"]
    assert case in {row["case_id"] for row in work}
    for ledger in ("escalations", "entries", "rungs", "whistles", "alarms"):
        assert installed("ledger", ledger, *at).data["rows"] is not None
    for question in (("whistles", "--units"), ("alarms", "--units"), ("escalations", "--within", "24")):
        assert installed("ledger", *question, *at).code == 0
    for misasked in (
        ("whistles", "--side", "neither"),
        ("whistles", "--side", "called", "--units"),
        ("escalations", "--level", "planet"),
    ):
        assert installed("ledger", *misasked, *at).code == 2
    reconciled = installed("reconcile", "--json")
    assert reconciled.code == 0, reconciled.out
    assert reconciled.data["equal_to_rebuild"] is True
    sampled = installed("reconcile", "--sample", "1", "--json")
    assert (sampled.code, sampled.data["cases"], sampled.data["equal_to_rebuild"]) == (0, 1, None)
    assert installed("parked", "--json").data == {"parked": []}
    assert installed("unpark", "--json").data == {"freed": 0, "kept": 0}


def _statement_tells_the_way_of(case: str, installed: Program, at: tuple[str, ...]) -> None:
    """It came to the account of the unit's open work from another one, and went on from there."""
    came_and_went = installed("ledger", "statement", WORKS, "in_hand", *at).data
    mine = [row for row in came_and_went["rows"] if row["case_id"] == case]
    assert [row["amount"] for row in mine] == [1, -1]
    assert mine[1]["counter_unit"] is not None
    first = installed("ledger", "statement", WORKS, "in_hand", "--limit", "1", *at).data
    rest = installed("ledger", "statement", WORKS, "in_hand", "--after", first["next"], *at).data
    assert first["rows"] + rest["rows"] == came_and_went["rows"]
    own = installed("ledger", "statement", WORKS, "in_hand", "--role", "unit_head", "--of", WORKS, *at).data
    assert own == came_and_went
    for elsewhere in ((STREET, "--role", "unit_head", "--of", WORKS), ("nowhere",)):
        unit, *reader = elsewhere
        refused = installed("ledger", "statement", unit, "in_hand", *reader, *at)
        assert (refused.code, refused.refusal["code"]) == (3, "unknown_unit")
    assert installed("ledger", "statement", WORKS, "in_the_drawer", *at).code == 2


def test_a_resident_reads_the_own_cases_and_no_ledger_of_the_staff(installed: Program) -> None:
    resident = ("--role", "resident", "--actor", "resident@home", "--json")
    for ledger in ("accounts", "escalations", "rungs", "entries", "whistles", "alarms"):
        refused = installed("ledger", ledger, *resident)
        assert (refused.code, refused.refusal["code"]) == (3, "role_not_allowed")
    assert installed("ledger", "worklist", *resident).data["rows"] == []


def test_reconcile_ends_with_one_and_names_the_first_difference(installed: Program, database: str) -> None:
    import psycopg

    assert installed("rebuild").code == 0
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE ledger.balances SET cases = cases + 1 WHERE cases > 0")
    ended = installed("reconcile", "--json")
    assert (ended.code, ended.data["sound"]) == (1, False)
    assert ended.data["differences"]
    assert installed("rebuild").code == 0
    assert installed("reconcile").code == 0


def test_a_token_is_accepted_by_the_verifier_of_the_api(installed: Program, tmp_path: Path) -> None:
    issued = installed(
        "token",
        "--role",
        "case_worker",
        "--unit",
        STREET,
        "--hours",
        "2",
        "--json",
        ECHOWALL_DATA_DIR=str(tmp_path),
    )
    assert issued.code == 0, issued.err
    key = TokenKey.load(Settings(data_dir=tmp_path).token_key_path)
    actor = asyncio.run(DevelopmentTokens(key).actor(issued.data["token"]))
    assert actor == Actor(id=f"case_worker@{STREET}", role=Role.CASE_WORKER, unit=STREET)


def test_no_development_token_is_made_where_an_identity_provider_is_named(installed: Program) -> None:
    ended = installed("token", "--role", "auditor", ECHOWALL_OIDC_ISSUER="https://id.example/realms/city")
    assert ended.code == 2
    assert "https://id.example/realms/city" in ended.err
    ended = installed("token", "--role", "auditor", ECHOWALL_OIDC_ISSUER="http://id.example")
    assert ended.code == 2
    assert "ECHOWALL_OIDC_ISSUER: " in ended.err


def test_doctor_says_what_is_wrong_and_what_to_do(
    installed: Program, program: Program, tmp_path: Path
) -> None:
    program("token", "--role", "auditor")
    ended = installed("doctor", "--json")
    found = {check["name"]: check for check in ended.data["checks"]}
    # No relay runs beside these tests: the doctor says so once the first event, or a step, is a minute late.
    wrong = {name for name, check in found.items() if not check["ok"]} - {"relay", "steps overdue"}
    assert (ended.code, wrong) == (1, {"temporal"})
    assert not [
        name for name, check in found.items() if check["warning"] and not name.startswith("calendar ")
    ]
    assert "TEMPORAL_ADDRESS" in found["temporal"]["advice"]

    vault, tokens = tmp_path / "vault.key", tmp_path / "token.key"
    vault.write_text("00" * 32)
    vault.chmod(0o644)
    keys = {"ECHOWALL_VAULT_KEY_FILE": str(vault), "ECHOWALL_TOKEN_KEY_FILE": str(tokens)}
    ended = installed("doctor", "--json", **keys)
    found = {check["name"]: check for check in ended.data["checks"]}
    assert found["vault key"]["advice"] == f"Run chmod 600 {vault}."
    assert not found["token key"]["ok"]

    vault.chmod(0o600)
    found = {check["name"]: check for check in installed("doctor", "--json", **keys).data["checks"]}
    assert (found["vault key"]["ok"], found["vault"]["ok"], found["vault"]["found"]) == (
        True,
        False,
        "key_missing",
    )


def test_doctor_finds_a_database_that_was_not_migrated(empty_database: str, program: Program) -> None:
    ended = program("doctor", "--json", DATABASE_URL=empty_database)
    found = {check["name"]: check for check in ended.data["checks"]}
    assert ended.code == 1
    assert found["migrations"]["advice"] == "Run `echowall migrate`."
    assert program("ledger", "accounts", "--json", DATABASE_URL=empty_database).code == 4


@pytest.mark.temporal
def test_timers_are_rebuilt_and_doctor_is_content_with_temporal(
    installed: Program, temporal_address: str
) -> None:
    assert do(installed, "new", "collect", COLLECT, "case_worker", STREET).code == 0
    before = installed("rebuild-timers", "--check", "--json", TEMPORAL_ADDRESS=temporal_address)
    assert (before.code, before.data["whole"], before.data["running"]) == (1, False, 0)
    rebuilt = installed("rebuild-timers", "--json", TEMPORAL_ADDRESS=temporal_address)
    assert rebuilt.code == 0, rebuilt.err
    assert rebuilt.data["parked"] == 0
    assert rebuilt.data["planned"] > 0
    assert installed("rebuild-timers", "--check", TEMPORAL_ADDRESS=temporal_address).code == 0
    installed("token", "--role", "auditor")
    checks = installed("doctor", "--json", TEMPORAL_ADDRESS=temporal_address).data["checks"]
    assert {check["name"] for check in checks if not check["ok"]} <= {"relay", "steps overdue"}  # none runs
    away = installed("rebuild-timers", "--json", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert (away.code, away.refusal["code"]) == (4, "timers_unavailable")
