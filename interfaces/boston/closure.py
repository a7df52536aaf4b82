"""Reads the closure text: what was done, when, and which case a duplicate repeats."""

import re
from datetime import datetime
from typing import Final

from interfaces.boston.findings import Findings
from interfaces.boston.moments import parse_iso, settle
from interfaces.boston.record import Closure, ClosureKind

COLUMN: Final = "CLOSURE_REASON"

HEADS: Final[tuple[tuple[str, ClosureKind], ...]] = (
    ("case resolved", ClosureKind.RESOLVED),
    ("case noted", ClosureKind.NOTED),
    ("case note", ClosureKind.NOTED),
    ("case invalid", ClosureKind.INVALID),
    ("duplicate of existing case", ClosureKind.DUPLICATE),
    ("case referred", ClosureKind.REFERRED),
    ("internal case", ClosureKind.INTERNAL),
    ("bulk item automation", ClosureKind.AUTOMATIC),
    ("adclsd:", ClosureKind.ADMINISTRATIVE),
    ("newown:", ClosureKind.ADMINISTRATIVE),
    ("corr:", ClosureKind.CORRECTED),
    ("viocor:", ClosureKind.CORRECTED),
    ("novio:", ClosureKind.NO_VIOLATION),
    ("nobase:", ClosureKind.NO_BASIS),
    ("vioiss:", ClosureKind.VIOLATION),
    ("violfnd:", ClosureKind.VIOLATION),
    ("ticket:", ClosureKind.VIOLATION),
    ("abated:", ClosureKind.VIOLATION),
    ("tsop:", ClosureKind.VIOLATION),
    ("roa:", ClosureKind.REFERRED),
    ("reinsp:", ClosureKind.REINSPECTION),
    ("noacc:", ClosureKind.NO_ACCESS),
    ("tfa:", ClosureKind.NO_ACCESS),
    ("permis:", ClosureKind.PERMIT),
    ("closed:", ClosureKind.PERMIT),
)
"""How a text begins (lower case) for each kind; the inspectors' codes end in a colon."""

_PRINTED = re.compile(
    r"Case Closed(?:\. Closed date : (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)?)?\s*", re.ASCII
)
_SAYS_DUPLICATE = re.compile(
    r"[\W_]*(?:this (?:case )?(?:is |was |has been )?|it is |case is |closed as |closed |possible )?(?:an? )?"
    r"(?:dup\b|dupe\b|duplic)",
    re.IGNORECASE,
)
_MAY_REPEAT = frozenset({ClosureKind.RESOLVED, ClosureKind.NOTED, ClosureKind.INVALID})
_NUMBER = re.compile(r"(?<!\d)(?:(1010\d{8})|(1\d{6})|(\d{6}))(?!\d)", re.ASCII)
_OTHER_SYSTEM = re.compile(r"\bISD\b")


def read_closure(text: str, own_id: str, found: Findings) -> tuple[Closure | None, datetime | None]:
    """Return the closure of a cleaned text, and the wall-clock time printed in it; None and None for no text.

    Reports duplicate_short, duplicate_self and duplicate_unnamed.
    """
    if not text:
        return None, None
    match = _PRINTED.match(text)
    wall = parse_iso(match[1]) if match and match[1] else None
    words = text[match.end() :].strip() if match else text
    kind = kind_of(words)
    repeats = _repeats(words, own_id, found) if kind is ClosureKind.DUPLICATE else None
    said = "" if kind is ClosureKind.UNSTATED else words
    return Closure(kind, said, None if wall is None else settle(wall)[0], repeats), wall


def kind_of(words: str) -> ClosureKind:
    """Return what the words say was done.

    Resolved, noted or invalid cases of which the words go on to say that they are duplicates are duplicates.
    """
    if not re.search(r"\w", words) or words.lower() == "case closed":
        return ClosureKind.UNSTATED
    lower = words.lower()
    for head, kind in HEADS:
        if lower.startswith(head):
            repeats = kind in _MAY_REPEAT and _SAYS_DUPLICATE.match(words, len(head))
            return ClosureKind.DUPLICATE if repeats else kind
    return ClosureKind.OTHER


def _repeats(words: str, own_id: str, found: Findings) -> str | None:
    """Return the id of the case that is repeated: the first number in the words that names another case.

    Short numbers are the last digits of ids of this system: of those in the file of 2015, 97 in 100 name a
    case of the same type or precinct. Numbers of the inspectors' own system ("ISD") look alike and are left.
    """
    itself = False
    for match in [] if _OTHER_SYSTEM.search(words) else _NUMBER.finditer(words):
        full, seven, six = match.groups()
        named = full or (f"10100{seven}" if seven else f"101001{six}")
        if named == own_id:
            itself = True
            continue
        if not full:
            found.add("duplicate_short", COLUMN, match[0], named)
        return named
    found.add("duplicate_self" if itself else "duplicate_unnamed", COLUMN, words)
    return None
