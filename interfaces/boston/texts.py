"""Cleans free text so that a case may hold it, and reports what was wrong with it."""

import re
from collections.abc import Mapping
from typing import Final

from domain.personal import MAX_TEXT
from interfaces.boston.findings import Findings

MAX_LABEL: Final = 120
"""Longest label of an event (domain.case.events.base.Label), in characters."""

SOURCE_LIMIT: Final = 4_000
"""Longest closure text that the city's system stores, in characters."""

LIMITS: Final[dict[str, int]] = {
    "CLOSURE_REASON": MAX_TEXT,
    "Location": MAX_TEXT,
    "LOCATION_STREET_NAME": MAX_TEXT,
}
"""Columns that may be longer than a label."""

_SUSPECT = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
LOST: Final = "\ufffd"


def clean(raw: Mapping[str, str], column: str, found: Findings) -> str:
    """Return a column's text without control characters and outer blanks, at most as long as its limit.

    Blanks inside stay: the export prints a comma as two blanks or a break, and which it was isn't certain.
    """
    text = raw[column]
    if _SUSPECT.search(text):
        text = _without_control(text, column, found)
    text = text.strip()
    if column == "CLOSURE_REASON" and len(text) == SOURCE_LIMIT:
        found.add("text_cut", column, text[-60:])
    limit = LIMITS.get(column, MAX_LABEL)
    if len(text) > limit:
        found.add("text_long", column, text, f"{limit} of {len(text)} characters")
        return text[:limit].rstrip()
    return text


def _without_control(text: str, column: str, found: Findings) -> str:
    if (control := _CONTROL.search(text)) is not None:
        around = _around(text, control.start())
        found.add("text_control", column, repr(around), _CONTROL.sub(" ", around))
    if (lost := text.find(LOST)) >= 0:
        found.add("text_lost_character", column, _around(text, lost))
    return _CONTROL.sub(" ", text)


def _around(text: str, at: int) -> str:
    return text[max(0, at - 20) : at + 20]
