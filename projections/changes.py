"""What one batch of events did to one stream: the value that every ledger folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from domain.case.book import Rulebook
from domain.case.state import Case
from domain.records import quick
from engine.envelope import Recorded
from projections.outlook import Prospect, prospects


@quick
@dataclass(frozen=True, slots=True)
class Change:
    """One event, with the case before and after it; both None for an event of the rules."""

    recorded: Recorded
    before: Case | None
    after: Case | None

    @property
    def position(self) -> int:
        """Place of the event in the log."""
        position = self.recorded.position
        if position is None:
            raise ValueError("an event read from the log has a position")
        return position


@dataclass(frozen=True)
class Run:
    """The changes of one stream in one batch, in order; at least one.

    Attributes:
        book: Policies and calendars under which limits are derived.
    """

    stream: UUID
    changes: Sequence[Change]
    book: Rulebook

    @property
    def is_case(self) -> bool:
        """Whether the stream is a case; the others hold the rules: organisation, calendars, policies."""
        return self.changes[0].after is not None

    @property
    def last(self) -> Change:
        """The newest change."""
        return self.changes[-1]

    @property
    def case(self) -> Case:
        """The case after the newest change.

        Raises:
            ValueError: The stream is no case.
        """
        case = self.last.after
        if case is None:
            raise ValueError("a stream of the rules is no case")
        return case

    @property
    def is_new(self) -> bool:
        """Whether the case began in this batch."""
        return self.changes[0].before is None

    @cached_property
    def prospects(self) -> tuple[Prospect, ...]:
        """The open clocks with what is derived from them; computed once for all ledgers."""
        return prospects(self.case, self.book)

    def upto(self, count: int) -> "Run":
        """Return the run of the first changes only."""
        return Run(self.stream, self.changes[:count], self.book)
