"""All that the rest asks of an event store, so that another one can take its place.

Whoever implements it promises: acknowledged means flushed; a batch is recorded whole or not at all;
positions are read in one order by everybody, and once a reader has passed a position, nothing appears at or
below it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.records import quick
from engine.codec import Raw
from engine.envelope import Recorded
from engine.store.horizon import Figures


class CommandRow(NamedTuple):
    """What is remembered of a command.

    Attributes:
        fingerprint: Keyed hash of the request, by which another request under the same id is noticed.
        stream: The case to which it was given.
        version: That case's version after it.
        events: Names of what it recorded on that case; empty when all was so already.
        last: Stream and version of its last event on any stream (of the case, when it recorded none).
    """

    id: UUID
    fingerprint: bytes
    stream: UUID
    version: int
    events: tuple[str, ...]
    last: tuple[UUID, int]
    recorded_at: datetime


class Answered(NamedTuple):
    """The answer that a command got the first time."""

    command: UUID
    fingerprint: bytes
    stream: UUID
    version: int
    events: tuple[str, ...]
    position: int


class PersonRow(NamedTuple):
    """A person of the vault, with their wrapped key.

    Attributes:
        account: By which a resident with an account is found; None: there is none, or it was not read.
    """

    person: UUID
    wrapped_key: bytes
    account: UUID | None = None


class ValueRow(NamedTuple):
    """One sealed personal value."""

    commitment: bytes
    person: UUID
    field: str
    salt: bytes
    sealed: bytes


@quick
@dataclass(frozen=True, slots=True)
class VaultRows:
    """What goes into the vault with a batch; `cases` says whose each new case is."""

    persons: Sequence[PersonRow] = ()
    cases: Sequence[tuple[UUID, UUID]] = ()
    values: Sequence[ValueRow] = ()


@quick
@dataclass(frozen=True, slots=True)
class Append:
    """A batch for one transaction: events of one or several streams, in order, and what belongs to them."""

    events: Sequence[Recorded] = ()
    commands: Sequence[CommandRow] = ()
    vault: VaultRows = VaultRows()


class Loaded(NamedTuple):
    """A stream with whose it is.

    Attributes:
        owner: The person behind the case; None when the vault knows of none, or they were erased.
    """

    events: Sequence[Recorded]
    owner: PersonRow | None


class Store(Protocol):
    """The event log."""

    def append(self, batch: Append) -> Sequence[int]:
        """Record a batch; return one position an event, the same on a repeat after a lost acknowledgement.

        Raises:
            Conflict: conflict, when a stream has moved on, a command id is known, or a person was erased.
            Unavailable: unavailable; the batch may or may not be recorded, and may be repeated as it is.
        """

    def load(self, stream: UUID) -> Sequence[Recorded]:
        """Return a stream's events in order; empty when there is none."""

    def load_owned(self, stream: UUID) -> Loaded:
        """Return the same with whose the case is, in one round trip."""

    def load_many(
        self, streams: Iterable[UUID], up_to_position: int | None = None
    ) -> dict[UUID, list[Recorded]]:
        """Return the events of several streams with one query; streams without events are absent."""

    def cases(self) -> Sequence[UUID]:
        """Return the ids of all cases in the order in which they were recorded."""

    def versions(self, streams: Sequence[UUID]) -> Sequence[int]:
        """Return the number of events of each of some streams, in their order, with one query."""

    def read(self, after: int, limit: int) -> Sequence[Recorded]:
        """Return the next events of the log in position order; empty when none is final yet.

        An event is held back while one below it may still appear. With nothing else to return this waits a
        moment for the writers in flight, so that whoever has appended reads what they wrote. An empty answer
        is therefore no sign of the log's end: whoever follows asks again, and whoever wants all that is there
        now reads up to `head` with `read_raw`.
        """

    def read_raw(self, after: int, limit: int, upto: int | None = None) -> Sequence[Raw]:
        """Return the same without decoding, for readers that must get past an unreadable event.

        Args:
            after: Position of the last event that the reader knows.
            limit: Most events.
            upto: What stands up to it is returned at once, whoever writes meanwhile. Nothing is missed up to
                a position that is final, as `horizon` gives it or as somebody else has read it; up to `head`
                it is what was recorded by now, and an event of a writer in flight may be missing.
        """

    def head(self) -> int:
        """Return the position of the newest event; 0 for an empty log.

        It tells how far others are behind, and ends a look at all that is recorded now. An event below it may
        still appear: whoever wants to go on from a place without having read up to it takes `horizon`.
        """

    def horizon(self) -> int:
        """Return the position of the newest event below which nothing can appear; 0 for an empty log."""

    def count(self) -> int:
        """Return the number of events."""

    def answer(self, command: UUID) -> Answered | None:
        """Return what a command was answered; None for an unknown one."""

    def answers(self, commands: Iterable[UUID]) -> dict[UUID, Answered]:
        """Return the same for many with one query; unknown ones are absent."""

    def figures(self) -> Figures:
        """Return how far readers may read, and which transaction holds them back, if any does.

        Raises:
            Unavailable: unavailable.
        """
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until `read` finds something beyond a position, `timeout` seconds; return whether it does."""

    def close(self) -> None:
        """Give back every connection."""
