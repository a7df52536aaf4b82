"""Page and picture of a case's life are current, and show every stage and every way between them."""

from xml.etree import ElementTree

from domain.case.commands import CASE_COMMANDS
from domain.case.stage import Stage
from tests.support.case_life import DOCS, moves, page, picture

ADVICE = "run: python -m tests.support.case_life"


def test_the_page_is_current() -> None:
    assert (DOCS / "case-life.md").read_text(encoding="utf-8") == page(), ADVICE


def test_the_picture_is_current() -> None:
    assert (DOCS / "case-life.svg").read_text(encoding="utf-8") == picture(), ADVICE


def test_the_page_names_every_command_and_the_picture_every_stage_and_way() -> None:
    assert all(f"`{kind.VERB}`" in page() for kind in CASE_COMMANDS)
    drawn = [
        text.text or "" for text in ElementTree.fromstring(picture()).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert {stage.value.replace("_", " ") for stage in Stage} <= set(drawn)
    labels = {verb for text in drawn for verb in text.split(" / ")}
    assert {verb for verbs in moves().values() for verb in verbs} <= labels
