"""docs/errors.md tells every code there is, with its status, and no other."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from domain.errors import REFUSALS, DomainError
from domain.policy import POLICY_FAULTS
from interfaces.http.codes import HTTP_CODES, status_of

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"
ROW = re.compile(r"^\| `([a-z0-9_]+)` \| ([0-9]{3}|–) \| (.+) \|$", re.M)
ROOTS = {"domain_error", "engine_error"}
PACKAGES = ("domain", "engine", "projections", "workers", "interfaces")


def classes(root: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for one in root.__subclasses__():
        yield one
        yield from classes(one)


def codes() -> set[str]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    of_classes = {one.__dict__["code"] for one in classes() if isinstance(one.__dict__.get("code"), str)}
    return (of_classes | set(REFUSALS) | set(POLICY_FAULTS) | set(HTTP_CODES)) - ROOTS


def test_every_code_stands_on_the_page_once_and_no_other_does() -> None:
    told = [row[0] for row in ROW.findall(PAGE.read_text())]
    assert len(told) == len(set(told))
    assert set(told) == codes()


def test_every_code_that_the_api_answers_has_its_status_there() -> None:
    for code, status, advice in ROW.findall(PAGE.read_text()):
        assert advice.strip()
        if status == "–":
            assert status_of(code) == 500, code
        else:
            assert status_of(code) == int(status), code


def test_codes_are_snake_case() -> None:
    assert [code for code in codes() if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", code)] == []
