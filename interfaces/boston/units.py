"""The units of which Boston's organisation is made."""

import re
from dataclasses import dataclass
from typing import Final

from domain.organisation import Level

ROOT: Final = "boston"
CITY_DESK: Final = "boston.desk"
"""Answers for cases that no department has."""
THIRD_PARTY: Final = "boston.third-party"
"""Visits where the city itself handled a case. No row names it; the rules of the visit ask for it."""


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """One unit to be established.

    Attributes:
        id: Dotted path from the city down; it is also the path by which subtrees are matched.
        parent: Id of the unit above; None for the city.
        key: What rows call it: a neighbourhood's, department's or queue's printed name, a ward's number, a
            precinct's four digits; empty for the city and its desk.
    """

    id: str
    parent: str | None
    level: Level
    name_en: str
    name_zh: str
    key: str = ""


def slug(text: str) -> str:
    """Return lower-case ASCII letters and digits joined by single hyphens; never empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"
