"""The rungs, by the ladder or by a supervisor's hand, and the unit's answer to an accountability entry."""

from typing import ClassVar

from pydantic import Field

from domain.actor import Role
from domain.case.commands.base import STAFF, CaseCommand, Relation
from domain.case.events.base import ClockKey, Instant
from domain.personal import Personal


class TakeRung(CaseCommand):
    """Take a step of the ladder for one open clock. Refused: no_clock.

    Given by the ladder it is nothing when the rung was taken, is not yet due, or the clock is no longer open.
    """

    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.SUPERVISOR})
    RELATION: ClassVar[Relation] = Relation.SUPERVISOR

    clock: ClockKey
    note: Personal | None = None


class Remind(TakeRung):
    """Tell the unit (催办)."""

    VERB: ClassVar[str] = "remind"


class Supervise(TakeRung):
    """Put it on the list of the unit above (督办), by hand also as listed supervision (挂牌督办) with a date.

    Refused: until_in_past.
    """

    VERB: ClassVar[str] = "supervise"

    listed: bool = False
    rectify_by: Instant | None = None


class Raise(TakeRung):
    """Make the unit above responsible (提级)."""

    VERB: ClassVar[str] = "raise"


class HoldAccountable(TakeRung):
    """Enter the lateness in the unit's accountability ledger (问责)."""

    VERB: ClassVar[str] = "hold-accountable"


class AnswerAccountability(CaseCommand):
    """Answer an entry against one's unit. Refused: unknown_entry, entry_withdrawn."""

    VERB: ClassVar[str] = "answer-accountability"
    ROLES: ClassVar[frozenset[Role]] = STAFF

    entry: int = Field(ge=1, le=10_000)
    words: Personal


class AppealAccountability(CaseCommand):
    """Ask that an entry be withdrawn. Refused: unknown_entry, entry_withdrawn."""

    VERB: ClassVar[str] = "appeal-accountability"
    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.UNIT_HEAD})

    entry: int = Field(ge=1, le=10_000)
    words: Personal


class WithdrawAccountability(CaseCommand):
    """Take an entry back; it stays in the ledger, marked so. Refused: unknown_entry, not_your_unit."""

    VERB: ClassVar[str] = "withdraw-accountability"
    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.SUPERVISOR})

    entry: int = Field(ge=1, le=10_000)
    reason: Personal
