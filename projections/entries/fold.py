"""From events to accountability entries and to what was said about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.case.events import (
    AccountabilityAnswered,
    AccountabilityAppealed,
    AccountabilityWithdrawn,
    HeldAccountable,
)
from domain.records import quick
from projections.changes import Change, Run
from projections.ledger import LedgerRefused

_ACTS: Final[dict[type[Any], str]] = {
    AccountabilityAnswered: "answered",
    AccountabilityAppealed: "appealed",
    AccountabilityWithdrawn: "withdrawn",
}
"""What each event does about an entry; to look its class up costs less than asking for one after another."""
_TOLD: Final = frozenset({HeldAccountable, *_ACTS})


class Stamp(NamedTuple):
    """When something was done, and the event that says so."""

    at: datetime
    version: int
    position: int


class NewEntry(NamedTuple):
    """An entry as it was set."""

    case_id: UUID
    entry: int
    version: int
    position: int
    unit: str
    clock: str
    set_by: str
    set_at: datetime
    set_version: int
    set_position: int


@dataclass(frozen=True, slots=True)
class Acts:
    """What was done about one entry, the latest of each kind; None: nothing in this run."""

    case_id: UUID
    entry: int
    answered: Stamp | None = None
    appealed: Stamp | None = None
    withdrawn: Stamp | None = None


@quick
@dataclass(frozen=True, slots=True)
class Rows:
    """What one case gives."""

    entries: Sequence[NewEntry]
    acts: Sequence[Acts]


def fold(run: Run) -> Rows | None:
    """Return the entries set in the run, and what was done about these and older ones; None for neither.

    Raises:
        LedgerRefused: ledger_refused, for an entry that is set twice or spoken of before it was set.
    """
    told = [change for change in run.changes if type(change.recorded.event) in _TOLD]
    if not told:
        return None
    entries = [_new(change, change.recorded.event) for change in told if _sets(change)]
    done: dict[int, dict[str, Stamp]] = {}
    for change in told:
        if (act := _act(change)) is not None:
            entry, kind = act
            _known(change, entry)
            done.setdefault(entry, {})[kind] = _stamp(change)
    return Rows(entries, [Acts(run.stream, entry, **stamps) for entry, stamps in done.items()])


def _sets(change: Change) -> bool:
    return type(change.recorded.event) is HeldAccountable


def _new(change: Change, event: object) -> NewEntry:
    if not isinstance(event, HeldAccountable):
        raise TypeError("only case.held_accountable sets an entry")
    if change.before is not None and any(one.number == event.entry for one in change.before.entries):
        raise LedgerRefused(f"Entry {event.entry} was set before; look into the case's events.")
    stamp = _stamp(change)
    return NewEntry(
        change.recorded.stream,
        event.entry,
        stamp.version,
        stamp.position,
        event.unit,
        event.clock,
        event.set_by,
        *stamp,
    )


def _act(change: Change) -> tuple[int, str] | None:
    event: Any = change.recorded.event
    kind = _ACTS.get(type(event))
    return None if kind is None else (event.entry, kind)


def _known(change: Change, entry: int) -> None:
    if change.before is None or all(one.number != entry for one in change.before.entries):
        raise LedgerRefused(f"Entry {entry} was never set; look into the case's events.")


def _stamp(change: Change) -> Stamp:
    return Stamp(change.recorded.happened, change.recorded.version, change.position)
