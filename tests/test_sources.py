"""What docstrings name as their source is in the tree."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIPPED = ("domain", "engine", "projections", "workers", "interfaces")


def test_every_page_that_a_docstring_names_is_there() -> None:
    named = {
        page
        for folder in SHIPPED
        for file in (ROOT / folder).rglob("*.py")
        for page in re.findall(r"\bdocs/[\w/-]+\.md\b", file.read_text("utf-8"))
    }
    assert len(named) > 5
    assert {page for page in named if not (ROOT / page).is_file()} == set()
