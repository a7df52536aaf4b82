"""Puts units into their table, each with its way from the top."""

from collections.abc import Sequence
from itertools import chain
from typing import Final

from projections.copying import Table, upsert
from projections.ledger import Cursor
from projections.units.fold import Established

UNITS: Final = Table(
    "units",
    {
        "unit": "text",
        "version": "bigint",
        "position": "bigint",
        "parent": "text",
        "level": "text",
        "name_en": "text",
        "name_zh": "text",
        "path": "text[]",
    },
)


def pack(rows: Sequence[Sequence[Established]]) -> Sequence[Established]:
    """Put the units together."""
    return list(chain.from_iterable(rows))


def write(cursor: Cursor, units: Sequence[Established]) -> None:
    """Write units; parents are written before or with their children."""
    if not units:
        return
    parents = {one.parent for one in units if one.parent is not None}
    found = cursor.execute("SELECT unit, path FROM units WHERE unit = ANY(%s)", (list(parents),)).fetchall()
    paths: dict[str, list[str]] = dict(found)
    written = []
    for one in units:
        above = [] if one.parent is None else paths.get(one.parent, [one.parent])
        paths[one.unit] = [*above, one.unit]
        written.append((*one, paths[one.unit]))
    upsert(cursor, UNITS, ("unit",), UNITS.pack(written))
