"""A batch made ready without a connection: what each ledger will write, and what it refuses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from projections.changes import Run
from projections.ledger import Ledger
from projections.parking import Refusal
from projections.tail import MODULUS, Batch, Part, digest

Aside = Mapping[UUID, Collection[str]]
"""Names of the ledgers that have set a stream aside, by stream."""
_SET_ASIDE: Final = "An earlier event of the stream stands aside."


@dataclass(frozen=True, slots=True)
class Folded:
    """What a batch gives one ledger.

    Attributes:
        ready: The rows of each stream that has some, with its events.
        refusals: Events that the ledger doesn't take.
    """

    ready: Sequence[tuple[Part, Any]]
    refusals: Sequence[Refusal]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one ledger does with a batch.

    Attributes:
        packed: What it writes; None: nothing.
        applied: Number of events that it takes; `digest` is their order-free hash.
    """

    ledger: str
    packed: Any
    refusals: Sequence[Refusal]
    applied: int
    digest: int


@dataclass(frozen=True, slots=True)
class Sheaf:
    """A batch, or one shard of it, for all ledgers; can be pickled.

    Attributes:
        after: Position that the ledgers must have reached for it.
        position: Position that they have reached with it.
        events: Number of its events.
    """

    after: int
    position: int
    events: int
    sheets: Sequence[Sheet]


def sheaf(ledgers: Sequence[Ledger[Any, Any]], batch: Batch, after: int, aside: Aside) -> Sheaf:
    """Make a batch ready under what stands aside."""
    sheets = [_sheet(ledger, batch, fold_batch(ledger, batch, aside)) for ledger in ledgers]
    return Sheaf(after, batch.position, batch.events, sheets)


def fold_batch(ledger: Ledger[Any, Any], batch: Batch, aside: Aside) -> Folded:
    """Fold every stream of a batch as far as the ledger takes it."""
    ready: list[tuple[Part, Any]] = []
    refusals: list[Refusal] = []
    for part in batch.parts:
        if aside and ledger.name in aside.get(part.stream, ()):
            refusals.append(Refusal(part.raws, _SET_ASIDE))
            continue
        taken, error, rows = fold_part(ledger, part)
        if taken < len(part.raws):
            refusals.append(Refusal(part.raws[taken:], error))
        if rows is not None:
            ready.append((part, rows))
    return Folded(ready, refusals)


def fold_part(ledger: Ledger[Any, Any], part: Part) -> tuple[int, str, Any]:
    """Fold as many events of a stream as the ledger takes.

    Returns:
        The number of events taken, why the next one was refused (empty: none was), and the rows if any.
    """
    if part.run is None:
        return 0, part.error or _SET_ASIDE, None
    run, error = part.run, part.error or ""
    if ledger.of_cases != run.is_case:
        return len(run.changes), error, None
    try:
        return len(run.changes), error, ledger.fold(run)
    except Exception as fault:  # whatever a fold raises, its case stands aside and the others go on
        return _longest(ledger, run, _told(fault))


def applied(batch: Batch, refusals: Sequence[Refusal]) -> tuple[int, int]:
    """Return the number of events of a batch that were not refused, and their hash."""
    if not refusals:
        return batch.events, batch.digest
    count = sum(len(one.raws) for one in refusals)
    refused = sum(digest(one.raws) for one in refusals)
    return batch.events - count, (batch.digest - refused) % MODULUS


def _sheet(ledger: Ledger[Any, Any], batch: Batch, folded: Folded) -> Sheet:
    rows = [one for _, one in folded.ready]
    packed = ledger.pack(rows) if rows else None
    return Sheet(ledger.name, packed, folded.refusals, *applied(batch, folded.refusals))


def _longest(ledger: Ledger[Any, Any], run: Run, error: str) -> tuple[int, str, Any]:
    """Fold the longest beginning of a run that the ledger takes; the whole was refused for `error`."""
    for count in range(len(run.changes) - 1, 0, -1):
        try:
            return count, error, ledger.fold(run.upto(count))
        except Exception as fault:  # the fault of the first event that is refused is the one to tell
            error = _told(fault)
    return 0, error, None


def _told(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"
