"""Reads the log once for all ledgers: decodes a batch, folds the cases it touches, keeps what was folded."""

import hashlib
import struct
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.case.book import Rulebook
from domain.case.events import CaseEvent
from domain.case.evolve import evolve
from domain.case.stage import FINAL
from domain.case.state import Case
from domain.records import quick
from engine.codec import Raw, decode_raw
from engine.envelope import Recorded
from engine.errors import EventUnreadable, UnknownEvent
from engine.ids import RULES
from engine.store import Store
from projections.changes import Change, Run
from projections.ledger import LedgerRefused

MODULUS: Final = 2**128
"""Hashes of events are added modulo this, so that their order doesn't matter."""
REMEMBERED: Final = 8_000
"""Open cases whose state is kept between batches, some 8 kB each."""
_HEAD: Final = struct.Struct(">q16sq").pack


@quick
@dataclass(frozen=True, slots=True)
class Part:
    """The events of one stream in a batch.

    Attributes:
        raws: All of them; at least one.
        run: What they did, as far as it could be read and folded; None: nothing, or the stream was skipped.
        error: Why the event after the run could not be read or folded; None when all could.
    """

    stream: UUID
    raws: Sequence[Raw]
    run: Run | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some consecutive events of the log, by stream in the order of their first event."""

    position: int
    events: int
    digest: int
    parts: Sequence[Part]


def digest(raws: Iterable[Raw]) -> int:
    """Return the order-free hash of some events: the sum of the first 16 bytes of each one's SHA-256.

    Hashed are position (8 bytes, big-endian), stream (16), version (8), name and the stored bytes.
    """
    return sum(_hash(raw) for raw in raws) % MODULUS


def _hash(raw: Raw) -> int:
    position, stream, version, name, state = raw
    head = _HEAD(position, stream.int.to_bytes(16), version)
    return int.from_bytes(hashlib.sha256(head + name.encode() + state).digest()[:16], "big")


class Tail:
    """Folds batches; a case that it remembers at the right version need not be loaded.

    Args:
        size: Most open cases remembered.
    """

    def __init__(self, store: Store, size: int = REMEMBERED) -> None:
        self._store = store
        self._size = size
        self._cases: OrderedDict[UUID, Case] = OrderedDict()

    def fold(
        self, raws: Sequence[Raw], skip: Collection[UUID], book: Rulebook, position: int | None = None
    ) -> Batch:
        """Return what some events, at least one, that follow each other in the log did.

        The streams in `skip` are taken no further by any ledger: they are counted and not read. `position` is
        that of the batch, where its last event is left to others.
        """
        streams: dict[UUID, list[Raw]] = {}
        for raw in raws:
            streams.setdefault(raw.stream, []).append(raw)
        begun = self._begun({one: rows for one, rows in streams.items() if one not in skip}, raws[0].position)
        parts = [
            Part(one, rows, None, None) if one in skip else part_of(one, rows, begun.get(one), book)
            for one, rows in streams.items()
        ]
        return Batch(position or raws[-1].position, events=len(raws), digest=digest(raws), parts=parts)

    def keep(self, batch: Batch) -> None:
        """Remember the cases as a batch left them; to be called once it is committed."""
        for part in batch.parts:
            if part.stream in RULES:
                continue
            self._cases.pop(part.stream, None)
            if part.run is not None and part.error is None and part.run.case.stage not in FINAL:
                self._cases[part.stream] = part.run.case
        while len(self._cases) > self._size:
            self._cases.popitem(last=False)

    def _begun(self, streams: dict[UUID, list[Raw]], start: int) -> dict[UUID, Case]:
        """Return the cases that began before the batch as they stood then; unreadable ones are absent."""
        found: dict[UUID, Case] = {}
        missing = []
        for stream, raws in streams.items():
            known = self._cases.get(stream)
            if raws[0].version == 1 or stream in RULES:
                continue
            if known is not None and known.version == raws[0].version - 1:
                found[stream] = known
            else:
                missing.append(stream)
        return found | load_cases(self._store, missing, start - 1)


def load_cases(store: Store, streams: Sequence[UUID], upto: int) -> dict[UUID, Case]:
    """Return cases as they stood at a position; those not begun by then, and unreadable ones, are absent."""
    if not streams:
        return {}
    try:
        loaded = store.load_many(streams, up_to_position=upto)
    except (UnknownEvent, EventUnreadable):
        if len(streams) == 1:
            return {}
        half = len(streams) // 2
        return load_cases(store, streams[:half], upto) | load_cases(store, streams[half:], upto)
    folded = {stream: _folded(events) for stream, events in loaded.items()}
    return {stream: case for stream, case in folded.items() if case is not None}


def _folded(events: Sequence[Recorded]) -> Case | None:
    case: Case | None = None
    try:
        for recorded in events:
            case = _after(case, recorded)
    except Exception:  # whatever a broken history raises, its case is set aside with the event that follows
        return None
    return case


def _after(case: Case | None, recorded: Recorded) -> Case:
    if not isinstance(recorded.event, CaseEvent):
        raise LedgerRefused("An event of the rules stands in the stream of a case.")
    if recorded.version != (0 if case is None else case.version) + 1:
        raise LedgerRefused(f"The history before version {recorded.version} has a gap or can't be read.")
    return evolve(case, recorded.event)


def part_of(stream: UUID, raws: Sequence[Raw], case: Case | None, book: Rulebook) -> Part:
    """Fold consecutive events of one stream, as far as they can be read.

    `case` is as it stood before them: None before its first event, and for the streams of the rules.
    """
    changes: list[Change] = []
    error = None
    is_case = stream not in RULES
    try:
        for raw in raws:
            recorded = decode_raw(raw)
            after = _after(case, recorded) if is_case else None
            changes.append(Change(recorded, case, after))
            case = after
    except Exception as fault:  # any fault of one event sets its stream aside and must not stop the others
        error = f"{type(fault).__name__}: {fault}"
    return Part(stream, raws, Run(stream, changes, book) if changes else None, error)
