"""An organisation as a table, so that a district enters its own units without a program."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from domain.organisation import Level, Organisation, UnitEstablished
from engine.errors import OrganisationInvalid

COLUMNS: Final = ("unit", "parent", "level", "name_en", "name_zh")
"""The heading of such a table; the top unit's `parent` is empty."""


def read_units(text: str, known: Organisation, at: datetime) -> list[UnitEstablished]:
    """Return the units of a CSV table that are not known yet, parents before children.

    The rows may stand in any order. A known unit may stand there as it is; a unit is never changed, since
    cases were judged by where it stands.

    Args:
        text: With COLUMNS as its first line; a byte order mark before it is passed over.
        known: The units that are there.
        at: When the new ones are established.

    Raises:
        OrganisationInvalid: organisation_invalid; the message names the line and what to mend. Nothing of the
            file is taken then.
    """
    rows: dict[str, UnitEstablished] = {}
    for line, row in _rows(text):
        unit = _unit(line, row, at)
        if unit.unit in rows:
            raise OrganisationInvalid(f"Line {line}: {unit.unit} stands twice; remove one.")
        _same(line, unit, known)
        rows[unit.unit] = unit
    return _in_order([one for one in rows.values() if not known.knows(one.unit)], known)


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    if reader.fieldnames is None or tuple(reader.fieldnames) != COLUMNS:
        raise OrganisationInvalid(f"Let the first line be {','.join(COLUMNS)}.")
    try:
        for row in reader:
            if None in row or None in row.values():
                raise OrganisationInvalid(f"Line {reader.line_num}: give {len(COLUMNS)} values.")
            yield reader.line_num, row
    except csv.Error as error:
        raise OrganisationInvalid(f"Line {reader.line_num}: no CSV: {error}.") from None


def _unit(line: int, row: Mapping[str, str], at: datetime) -> UnitEstablished:
    values = {name: value.strip() or None for name, value in row.items()}
    if values["level"] not in frozenset(Level):
        raise OrganisationInvalid(f"Line {line}: choose a level of {', '.join(Level)}.")
    try:
        return UnitEstablished.model_validate({"at": at, **values})
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise OrganisationInvalid(f"Line {line}: {faults}.") from None


def _same(line: int, unit: UnitEstablished, known: Organisation) -> None:
    there = known.units.get(unit.unit)
    if there is None:
        return
    if (there.parent, there.level, there.name_en, there.name_zh) != (
        unit.parent,
        unit.level,
        unit.name_en,
        unit.name_zh,
    ):
        raise OrganisationInvalid(
            f"Line {line}: {unit.unit} is there with another parent, level or name and is never changed; "
            "establish a new unit under another id."
        )


def _in_order(units: list[UnitEstablished], known: Organisation) -> list[UnitEstablished]:
    """Put parents before children; whoever never finds its parent hangs in the air or in a circle."""
    if sum(one.parent is None for one in units) + bool(known.units) > 1:
        raise OrganisationInvalid("Only one unit has no parent; name the unit above each of the others.")
    there, placed, waiting = set(known.units), list[UnitEstablished](), units
    while waiting:
        ready = [one for one in waiting if one.parent is None or one.parent in there]
        if not ready:
            names = ", ".join(one.unit for one in waiting[:5])
            raise OrganisationInvalid(f"{names}: no parent of these is established or comes in the file.")
        placed += ready
        there |= {one.unit for one in ready}
        waiting = [one for one in waiting if one.unit not in there]
    return placed
