"""`echowall demo` from the outside: it ends well, says so on its last line, and never hangs when it can't."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from interfaces.boston.rows import HEADER, read_raw
from interfaces.demo.stories import FEWEST
from tests.interfaces.cli.conftest import SAMPLE, Ended, environment, run_program

KEYS = {
    "cases": int, "events": int, "lived": int, "struck_off": int, "reopened": int, "rungs": dict,
    "trial_balance": int, "ledgers_equal_rebuild": bool, "rungs_exactly_once": bool, "parked": int,
    "seconds": float,
}  # fmt: skip
"""What the last line has at least."""
LIVED = 40


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every fifth row of the sample: as many as a demonstration with few cases needs."""
    file = tmp_path_factory.mktemp("rows") / "rows.csv.gz"
    with gzip.open(file, "wb") as packed:
        packed.write(",".join(HEADER).encode() + b"\n")
        packed.writelines(printed for number, (_, printed) in enumerate(read_raw(SAMPLE)) if number % 5 == 0)
    return file


def demo(folder: Path, rows: Path, *more: str, seconds: float = 1_100, **variables: str) -> Ended:
    arguments = ("demo", "--json", "--data-dir", str(folder / "demo"), "--sample", str(rows), *more)
    return run_program(arguments, environment(folder, **variables), seconds=seconds)


@pytest.mark.postgres
@pytest.mark.temporal
@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_the_demonstration_keeps_every_promise_whatever_its_surroundings_say(
    data_folder: Path, rows: Path
) -> None:
    # Keys that don't exist, a namespace that nobody made: the demonstration has its own.
    ended = demo(
        data_folder,
        rows,
        "--cases",
        str(LIVED),
        ECHOWALL_VAULT_KEY_FILE="/no/such/vault.key",
        ECHOWALL_TOKEN_KEY_FILE="/no/such/token.key",
        ECHOWALL_DEFAULT_POLICY="no-such-policy",
        TEMPORAL_NAMESPACE="elsewhere",
        TEMPORAL_TLS="true",
    )
    assert ended.code == 0, ended.out + ended.err
    last: dict[str, Any] = json.loads(ended.out.splitlines()[-1])
    assert {name: type(last.get(name)) for name in KEYS} == KEYS
    assert (last["cases"], last["lived"], last["struck_off"]) == (1_000, LIVED, LIVED)
    assert last["trial_balance"] == last["parked"] == 0
    assert last["ledgers_equal_rebuild"] is last["rungs_exactly_once"] is True
    assert last["events"] > 5 * last["cases"]
    assert 0 < last["reopened"] < LIVED
    # Eight neglected cases, each with every rung on three clocks; four of them in the outage.
    assert set(last["rungs"]) == {"remind", "supervise", "raise", "hold_accountable"}
    assert all(24 <= last["rungs_expected"][rung] <= found for rung, found in last["rungs"].items())
    assert last["rungs_due_while_down"] >= 4
    assert "BROKEN" not in ended.err
    assert "kept  rungs due while Temporal was down" in ended.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [((), "is not empty"), (("--cases", str(FEWEST - 1)), "20")],
    ids=["a folder that is in use", "too few cases"],
)
def test_what_it_cannot_begin_with_is_bad_usage(
    tmp_path: Path, rows: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "something").touch()
    ended = demo(tmp_path, rows, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert complaint in ended.err
