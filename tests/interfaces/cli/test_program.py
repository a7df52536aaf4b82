"""The program as such: quick help, JSON everywhere, and exit codes that scripts may rely on."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from engine.settings import variables
from interfaces.cli import outcome, tree
from interfaces.cli.main import run
from tests.interfaces.cli.conftest import ROOT, environment, run_program

HEAVY = (
    "typer",
    "pydantic",
    "pydantic_settings",
    "psycopg",
    "eventsourcing",
    "temporalio",
    "fastapi",
    "uvicorn",
    "cryptography",
    "joserfc",
    "structlog",
    "rich",
)
OPERATIONS = ROOT / "docs" / "operations.md"


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for name, one in inner.items():
        yield from leaves(one, (*path, name))


COMMANDS = dict(leaves(get_command(tree.application())))


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom interfaces.cli.main import run\ncode = run(['--help'])\n"
        f"heavy = [name for name in {HEAVY} if name in sys.modules]\n"
        "print(heavy, file=sys.stderr)\nsys.exit(code or len(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert "rebuild-timers" in done.stdout


def test_help_takes_less_than_a_fifth_of_a_second_of_a_core() -> None:
    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "interfaces.cli.main", "--help"], cwd=ROOT, capture_output=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(5)) < 0.2


def test_the_page_of_help_is_the_one_that_typer_would_print(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    tree.application()(args=["--help"], prog_name=tree.NAME, standalone_mode=False)
    assert capsys.readouterr().out == tree.page()
    for option in tree.HELP_OPTIONS:
        assert run([option]) == 0
        assert capsys.readouterr().out == tree.page()


@pytest.mark.parametrize("name", tree.COMMANDS)
def test_a_command_is_found_without_the_modules_of_others(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = get_command(tree.application(name))
    assert run([name, "--help"]) == 0
    assert f"Usage: {tree.NAME} {name}" in capsys.readouterr().out
    others = {one for one, entry in tree.COMMANDS.items() if entry.module != tree.COMMANDS[name].module}
    assert not others & set(getattr(alone, "commands", {}))


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["case"],
        ["case", "dance"],
        ["doctor", "--loudly"],
        ["token"],
        ["up", "--port", "99999"],
        ["import", "boston", "/no/such/file"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_an_object_for_whoever_asked_for_json(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--json"]) == outcome.Exit.BAD_USAGE
    told = json.loads(capsys.readouterr().err)
    assert told["error"]["code"] == "bad_usage"
    assert told["error"]["message"]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_can_print_json_and_explains_itself(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert any("--json" in parameter.opts for parameter in command.params)
    assert command.help


def test_a_refusal_names_its_code_and_ends_with_three(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain.errors import Refused

    def refuse(*_: object) -> None:
        raise Refused("unknown_case")

    monkeypatch.setattr("interfaces.cli.policy.settings_or_none", refuse)
    assert run(["policy", "show"]) == outcome.Exit.REFUSED
    assert capsys.readouterr().err.startswith("unknown_case: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["token", "--role", "king"],
        ["token", "--role", "system"],
        ["token", "--role", "case_worker"],
        ["case", "do", "new", "dance"],
        ["case", "do", "new", "collect", "--body", '{"claims": 1}'],
        ["case", "do", "new", "collect", "--body", "@/no/such/file"],
        ["case", "do", "7", "accept"],
        ["case", "show", "7"],
        ["replay", "787e1a87-b345-5fe6-acd5-c68a012064b2", "--recorded-at", "2026-01-01T00:00:00"],
        ["import", "boston", "/no/such/file"],
        ["policy", "show", "no-such-policy"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_two_and_without_a_traceback(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == outcome.Exit.BAD_USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err
    assert "Traceback" not in printed.err


def test_a_server_that_is_away_is_unavailable_and_no_fault(tmp_path: Path) -> None:
    nowhere = environment(tmp_path, DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    ended = run_program(("migrate", "--json"), nowhere)
    assert ended.code == outcome.Exit.UNAVAILABLE
    assert ended.refusal["code"] == "unavailable"


def test_a_misspelt_variable_is_refused_by_name(tmp_path: Path) -> None:
    ended = run_program(("policy", "show"), environment(tmp_path, ECHOWALL_POLICY_DIRECTORY="/tmp"))
    assert ended.code == outcome.Exit.BAD_USAGE
    assert "ECHOWALL_POLICY_DIRECTORY" in ended.err


def test_a_fault_of_ours_shows_no_traceback_unless_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("interfaces.cli.policy.settings_or_none", fail)
    assert run(["policy", "show"]) == outcome.Exit.FAULT
    assert "internal_error: ZeroDivisionError" in capsys.readouterr().err
    monkeypatch.setenv("LOG_LEVEL", "debug")
    with pytest.raises(ZeroDivisionError):
        run(["policy", "show"])


def test_a_policy_file_that_cannot_serve_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = ROOT / "engine" / "data" / "policies" / "demo.toml"
    broken = tmp_path / "broken.toml"
    broken.write_text(sound.read_text("utf-8").replace("version = 1", "version = 0"), "utf-8")
    assert run(["policy", "check", str(sound), "--json"]) == outcome.Exit.OK
    assert '"ok": true' in capsys.readouterr().out
    assert run(["policy", "check", str(sound), str(broken), "--json"]) == outcome.Exit.CHECK_FAILED
    assert '"code": "policy_invalid"' in capsys.readouterr().out


def test_the_page_lists_every_variable_and_every_exit_code() -> None:
    page = OPERATIONS.read_text("utf-8")
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert rows == set(variables().values())
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert codes == {code.value for code in outcome.Exit}


def test_the_page_names_every_command() -> None:
    page = OPERATIONS.read_text("utf-8")
    missing = [" ".join(path) for path in COMMANDS if f"`echowall {' '.join(path)}" not in page]
    assert missing == []
