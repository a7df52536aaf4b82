"""From events of the organisation to the units that they establish."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.organisation import UnitEstablished
from projections.changes import Run


class Established(NamedTuple):
    """A unit as its event describes it."""

    unit: str
    version: int
    position: int
    parent: str | None
    level: str
    name_en: str
    name_zh: str


def fold(run: Run) -> Sequence[Established]:
    """Return the units established in the run, in order; of two events about one unit the later counts."""
    found: dict[str, Established] = {}
    for change in run.changes:
        event = change.recorded.event
        if isinstance(event, UnitEstablished):
            found[event.unit] = Established(
                unit=event.unit,
                version=change.recorded.version,
                position=change.position,
                parent=event.parent,
                level=event.level,
                name_en=event.name_en,
                name_zh=event.name_zh,
            )
    return list(found.values())
