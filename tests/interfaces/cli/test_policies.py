"""Policies compared, adopted and tried out from the command line, on a real database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from interfaces.cli.outcome import Exit
from tests.interfaces.cli.conftest import ROOT, Program

pytestmark = pytest.mark.postgres


def _longer(folder: Path, version: int = 2) -> Path:
    """The hotline's policy with ten working days, in force from today on."""
    text = (ROOT / "engine" / "data" / "policies" / "hotline-five-working-days.toml").read_text("utf-8")
    text = text.replace('[obligations.resolve]\nlimit = "5', '[obligations.resolve]\nlimit = "10')
    text = text.replace("version = 1", f"version = {version}", 1)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    file = folder / "longer.toml"
    file.write_text(text.replace("effective_from = 2018-09-01", f"effective_from = {today}"), "utf-8")
    return file


def test_two_policies_are_compared_limit_by_limit(installed: Program, tmp_path: Path) -> None:
    program = installed
    ended = program("policy", "diff", "hotline-five-working-days", str(_longer(tmp_path)))
    assert ended.code == 0
    assert "obligations.resolve.limit  5 working_day -> 10 working_day" in ended.out.splitlines()
    data = program("policy", "diff", "hotline-five-working-days@1", str(_longer(tmp_path)), "--json").data
    assert {one["place"] for one in data["differences"]} == {
        "obligations.resolve.limit", "version", "effective_from",
    }  # fmt: skip
    assert program("policy", "diff", "nobody", "demo").code == Exit.BAD_USAGE
    assert program("policy", "diff", "demo", "demo").out == "They say the same.\n"


def test_a_policy_is_adopted_once_and_with_a_reason(installed: Program, tmp_path: Path) -> None:
    file = str(_longer(tmp_path))
    assert installed("policy", "adopt", file).code == Exit.BAD_USAGE
    first = installed("policy", "adopt", file, "--reason", "Council, 3 May", "--json").data
    assert [(one["id"], one["version"]) for one in first["adopted"]] == [("hotline-five-working-days", 2)]
    again = installed("policy", "adopt", file, "--reason", "Again", "--json")
    assert again.data == {"adopted": [], "known": 1}
    # The text stands in the log, whatever becomes of the file.
    Path(file).unlink()
    shown = installed("policy", "show", "hotline-five-working-days", "--json").data
    assert (shown["version"], shown["in_force"], shown["adopted"]) == (2, True, True)
    assert shown["obligations"]["resolve"]["limit"]["amount"] == 10
    former = installed("policy", "show", "hotline-five-working-days@1", "--json").data
    assert (former["version"], former["in_force"], former["adopted"]) == (1, False, True)
    listed = installed("policy", "show", "--json").data["policies"]
    assert [(one["version"], one["in_force"]) for one in listed if one["id"] == shown["id"]] == [
        (1, False), (2, True),
    ]  # fmt: skip
    diff = installed(
        "policy", "diff", "hotline-five-working-days@1", "hotline-five-working-days", "--json"
    ).data
    assert "obligations.resolve.limit" in {one["place"] for one in diff["differences"]}
    all_ = installed("policy", "adopt", "--installed", "--reason", "Text for the log", "--json").data
    assert all_["adopted"] == []  # the import has recorded what was installed
    assert all_["known"] >= 6


def test_what_if_tells_what_another_policy_would_make_late(installed: Program, tmp_path: Path) -> None:
    file = str(_longer(tmp_path, version=3))
    ended = installed("whatif", "--policy", file, "--jobs", "2", "--json")
    assert ended.code == 0, ended.err
    assert ended.data["cases"] >= 30
    none = installed("whatif", "--policy", file, "--from", "2200-01-01", "--json").data
    assert (none["cases"], none["all"]) == (0, {})
    lines = installed("whatif", "--policy", file, "--unit", "boston.dept-pwdx").out
    assert "By unit:" in lines
    assert installed("whatif").code == Exit.BAD_USAGE
    assert installed("whatif", "--policy", file, "--unit", "nowhere").code == Exit.BAD_USAGE
    assert installed("whatif", "--policy", file, "--from", "soon").code == Exit.BAD_USAGE
