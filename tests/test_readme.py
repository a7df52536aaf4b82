"""What the README says is so: its commands exist, its links lead somewhere, its case is lived as written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from engine.settings import Settings
from interfaces import compose
from interfaces.boston.importer import run_import
from interfaces.cli.main import run
from interfaces.up.people import people
from projections.projector import Projector

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SAMPLE = ROOT / "samples" / "boston" / "boston_311_2015_sample.csv.gz"
STEP = re.compile(r"^say (?P<path>\S+)\s+\$(?P<who>[A-Z_]+) '(?P<body>.*?)' +#", re.M | re.S)


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 200


def test_its_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) >= 10
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_its_folders_are_all_there_and_nothing_more() -> None:
    table = README[README.index("| folder |") : README.index("## To read")]
    named = set(re.findall(r"`([a-z]+)/`", table.replace("engine/data/", "").replace("scenarios/", ""))) | {
        "tests"
    }
    packages = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} - {"tests"}
    assert packages <= named


def test_its_targets_of_make_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`?make ([a-z]+)`?", README)) - {"and"} <= targets


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"^echowall ([a-z -]+?)(?= +[-$#]|$)", README, re.M)))
)
def test_its_commands_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "--help"]) == 0


@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_its_case_is_lived_as_written(database: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path).model_copy(update={"database_url": database})
    compose.migrate(settings)
    with compose.open_program(settings) as program:
        run_import(program.engine, SAMPLE, until_now=True, errors=tmp_path / "errors.csv")
        Projector(database, program.engine.store, program.engine.rules.current).catch_up()
    tokens = {person.role: person.token for person in people(settings)}
    with compose.open_program(settings) as program:
        steps = list(STEP.finditer(README))
        assert len(steps) == 7
        with TestClient(compose.app(program)) as client:
            answer: dict[str, Any] = {}
            for step in steps:
                headers = {
                    "Authorization": f"Bearer {tokens[step['who'].lower()]}",
                    "Idempotency-Key": str(uuid4()),
                    **({"If-Match": f'"{answer["version"]}"'} if answer else {}),
                }
                path = step["path"].strip('"').replace("$ID", str(answer.get("case")))
                given = client.post(f"/v1/cases{path}", json=json.loads(step["body"]), headers=headers)
                assert given.status_code in (200, 201), (step[0], given.text)
                answer = given.json()
        case = program.engine.case(UUID(answer["case"]))
        assert case is not None
        assert case.stage.value == "closed"
