"""The dirt that Boston's rows may carry: one stable code a kind, and what becomes of it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EXCERPT: Final = 80
"""Longest value printed in a finding, in characters."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Fate(StrEnum):
    """What the import does about a kind of dirt."""

    MENDED = "mended"
    """The right value is certain and taken."""
    GAP = "gap"
    """The value is missing or can't be true; the case is made without it."""
    KEPT = "kept"
    """Doubtful, and kept as it stands."""
    REFUSED = "refused"
    """No case can be made: the row is reported only."""


CODES: Final[dict[str, tuple[Fate, str]]] = {
    # The row
    "row_shape": (Fate.REFUSED, "The row has more or fewer fields than the header."),
    "id_blank": (Fate.REFUSED, "The row has no case id."),
    "id_form": (Fate.REFUSED, "The case id is not a number of 6 to 20 digits."),
    "id_repeated": (Fate.REFUSED, "The case id stands further up already: the first row counts."),
    "value_unfit": (Fate.REFUSED, "A value doesn't fit a case."),
    # Moments
    "opened_blank": (Fate.REFUSED, "The row has no opening time."),
    "opened_form": (Fate.REFUSED, "The opening time can't be read."),
    "target_missing": (Fate.GAP, "The city set no target: no limit runs."),
    "target_form": (Fate.GAP, "The target can't be read: no limit runs."),
    "target_at_opening": (Fate.KEPT, "The target is the opening moment itself: late from the first second."),
    "target_before_opened": (Fate.KEPT, "The target lies before the opening: late from the first second."),
    "closed_form": (Fate.GAP, "The closing time can't be read."),
    "closed_before_opened": (Fate.MENDED, "Closed up to a minute before it was opened: closed at opening."),
    "closed_long_before_opened": (Fate.MENDED, "Closed over a minute before it opened: closed at opening."),
    "closed_blank": (Fate.GAP, "Closed without a closing time: the one in the text, if any."),
    "closed_text_differs": (Fate.KEPT, "The text prints another closing time; the column's is kept."),
    "moment_ambiguous": (Fate.MENDED, "In the hour that autumn repeats: the first that keeps the order."),
    "moment_nonexistent": (Fate.MENDED, "In the hour that spring leaves out: one hour later."),
    # Status and flag
    "status_unknown": (Fate.MENDED, "Neither Open nor Closed: told by whether a closing time is there."),
    "open_with_closed": (Fate.GAP, "Open, with a closing time: opened again, the time isn't taken."),
    "open_with_closure": (Fate.KEPT, "Open, with a closure text: it was opened again."),
    "flag_blank": (Fate.GAP, "The city gave no verdict on the target."),
    "flag_unknown": (Fate.GAP, "The verdict is neither ONTIME nor OVERDUE."),
    # Closure
    "closure_empty": (Fate.GAP, "Closed, and the text says nothing."),
    "duplicate_short": (Fate.MENDED, "The repeated case is named by its last six or seven digits."),
    "duplicate_unnamed": (Fate.GAP, "Closed as a duplicate of a case that isn't named."),
    "duplicate_self": (Fate.GAP, "Closed as a duplicate of itself."),
    # The matter and the desk
    "label_blank": (Fate.MENDED, "Subject, reason or type is empty: the next wider one that is known."),
    "title_blank": (Fate.MENDED, "The title is empty: the type."),
    "title_note": (Fate.MENDED, "A clerk's working note stands in place of the title: the type."),
    "type_comma": (Fate.MENDED, "The export lost the comma of the type's name and left two blanks."),
    "no_queue_department": (Fate.GAP, "No queue was assigned: the case goes to the city's own desk."),
    "department_blank": (Fate.GAP, "No department: the case goes to the city's own desk."),
    "department_unknown": (Fate.GAP, "The axis has no such department: the city's own desk."),
    "queue_blank": (Fate.GAP, "No queue: the case goes to the department."),
    "queue_unknown": (Fate.GAP, "The axis has no such queue: the department."),
    "source_unknown": (Fate.MENDED, "A source that isn't listed: channel import."),
    # The place
    "place_blank": (Fate.GAP, "No location at all."),
    "address_form": (Fate.KEPT, "The location isn't of the form street, town, state."),
    "street_blanks": (Fate.MENDED, "Blanks in a row inside the street's name: one."),
    "zip_form": (Fate.MENDED, "A postal code that went through a number: five digits with the leading zero."),
    "zip_blank": (Fate.GAP, "An address without its postal code (crossings have none by nature)."),
    "zip_retired": (Fate.MENDED, "A postal code that was replaced in 1998."),
    "zip_unknown": (Fate.GAP, "Not a postal code."),
    "neighbourhood_blank": (Fate.GAP, "No neighbourhood."),
    "neighbourhood_form": (Fate.MENDED, "The short postal name of a neighbourhood: its full name."),
    "neighbourhood_postal": (Fate.GAP, "A postal town that is no neighbourhood."),
    "neighbourhood_unknown": (Fate.GAP, "The axis has no such neighbourhood: the city."),
    "ward_blank": (Fate.GAP, "No ward; the precinct tells it, if there is one."),
    "ward_form": (Fate.MENDED, "A bare ward number, with or without zero."),
    "ward_unknown": (Fate.GAP, "Not a ward from 1 to 22."),
    "precinct_blank": (Fate.GAP, "No precinct."),
    "precinct_form": (Fate.MENDED, "A precinct that went through a number: four digits, ward first."),
    "precinct_suffix": (Fate.MENDED, "A precinct with a letter: without it."),
    "precinct_ward": (Fate.GAP, "The precinct lies in another ward than the row's: the ward."),
    "precinct_unknown": (Fate.GAP, "Not a precinct of the axis: the ward."),
    "point_default": (Fate.GAP, "The stand-in point of a row that wasn't located."),
    "point_form": (Fate.GAP, "Coordinates that can't be read."),
    "point_outside": (Fate.GAP, "A point outside Boston."),
    "point_differs": (Fate.KEPT, "The two printed points differ; the columns' is kept."),
    # Text
    "text_control": (Fate.MENDED, "Control characters: blanks."),
    "text_lost_character": (Fate.KEPT, "A character that the source lost (U+FFFD)."),
    "text_cut": (Fate.KEPT, "As long as the source allows (4,000): its end may be missing."),
    "text_long": (Fate.MENDED, "Longer than a case may hold: cut at the limit."),
}
"""Code to its usual fate and its meaning; docs/boston.md prints the same table and a test compares them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of dirt in one row.

    Attributes:
        code: A key of CODES.
        column: The header's name of the column.
        value: What stood there, at most EXCERPT characters, printable.
        mended: What is taken instead; None when nothing is.
    """

    code: str
    column: str
    value: str
    mended: str | None = None


class Findings:
    """Collects a row's findings in the order in which they are met."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def add(self, code: str, column: str, value: str, mended: str | None = None) -> None:
        """Note one.

        Raises:
            KeyError: The code is not one of CODES.
        """
        self._found.append(finding(code, column, value, mended))

    def all(self) -> tuple[Finding, ...]:
        """Return what was met so far."""
        return tuple(self._found)


def finding(code: str, column: str, value: str, mended: str | None = None) -> Finding:
    """Return a piece of dirt with its values as they may be printed.

    Raises:
        KeyError: The code is not one of CODES.
    """
    CODES[code]
    return Finding(code, column, excerpt(value), None if mended is None else excerpt(mended))


def excerpt(value: str) -> str:
    """Return the value as it may be printed on one line: no control characters, at most EXCERPT long."""
    return _UNPRINTABLE.sub(" ", value[:EXCERPT])
