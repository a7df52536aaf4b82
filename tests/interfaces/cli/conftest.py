"""A migrated database with a few real cases, and the program run on it as a user would."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from interfaces.cli import main

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "samples" / "boston" / "boston_311_2015_sample.csv.gz"


@dataclass(frozen=True)
class Ended:
    """How one run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON object on standard output."""
        return json.loads(self.out)

    @property
    def refusal(self) -> Any:
        """The JSON object on standard error."""
        return json.loads(self.err)["error"]


Program = Callable[..., Ended]


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a user of that data folder, free of what the test session itself was told."""
    ours = ("ECHOWALL_", "DATABASE_URL", "TEMPORAL_", "PORT", "LOG_LEVEL")
    base = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**base, "PYTHONPATH": str(ROOT), "ECHOWALL_DATA_DIR": str(data_dir), **more}


def run_program(arguments: tuple[str, ...], variables: Mapping[str, str], seconds: float = 120) -> Ended:
    done = subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", *arguments],
        capture_output=True,
        text=True,
        env=variables,
        timeout=seconds,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def run_here(arguments: tuple[str, ...], variables: Mapping[str, str]) -> Ended:
    """The same in this process, which spares a start of Python for each of many commands."""
    out, err = io.StringIO(), io.StringIO()
    usual = patch("os.nice", return_value=0)  # what gives way does so for good, and other tests run here, too
    with patch.dict(os.environ, variables, clear=True), usual, redirect_stdout(out), redirect_stderr(err):
        code = main.run(arguments)
    return Ended(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def few_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first rows of the sample, as a plain file."""
    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    with gzip.open(SAMPLE, "rt", encoding="utf-8", newline="") as sample, file.open("w", newline="") as rows:
        rows.writelines(line for line, _ in zip(sample, range(31), strict=False))
    return file


@pytest.fixture(scope="module")
def program(database: str, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program on this module's database."""
    variables = environment(tmp_path_factory.mktemp("data"), DATABASE_URL=database)

    def run(*arguments: str, **more: str) -> Ended:
        return run_here(arguments, {**variables, **more})

    return run


@pytest.fixture(scope="module")
def installed(program: Program, few_rows: Path) -> Program:
    """The program on a database that was migrated and holds a few imported cases."""
    first, again = program("migrate", "--json"), program("migrate", "--json")
    assert first.code == again.code == 0
    assert first.data["applied"]
    assert again.data == {"applied": []}
    imported = program("import", "boston", str(few_rows), "--until-now", "--json")
    assert imported.code == 0, imported.err
    assert list(imported.data)[:6] == ["rows", "cases", "new", "reported", "reported_only", "seconds"]
    assert imported.data["rows"] == imported.data["cases"] + imported.data["reported_only"]
    assert imported.data["new"] == imported.data["cases"] > 0
    assert imported.err == ""  # no progress where standard error is no terminal
    return program
