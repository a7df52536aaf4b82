"""The rungs that follow when a clock runs, and the entries of the accountability ledger."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from domain.case.events.base import CaseEvent, ClockKey, StaffId, UnitId
from domain.personal import Commitment


class RungTaken(CaseEvent):
    """A step of the ladder.

    Attributes:
        clock: The obligation that is late or will be.
        unit: Unit that owes it.
        by_ladder: By a timer under the policy; False when a supervisor did it by hand.
        told: Units that the policy has told of it beside those that it concerns; None: nobody else.
    """

    clock: ClockKey
    unit: UnitId
    by_ladder: bool
    note: Commitment | None = None
    told: tuple[UnitId, ...] | None = None


class Reminded(RungTaken):
    """The unit was told (催办)."""

    NAME: ClassVar[str] = "case.reminded"


class Supervised(RungTaken):
    """The unit above took it on its list (督办).

    Attributes:
        listed: Whether as listed supervision (挂牌督办), which a supervisor orders by hand.
        rectify_by: By when it is to be put right; None: no date was set.
    """

    NAME: ClassVar[str] = "case.supervised"

    supervisor: UnitId
    listed: bool = False
    rectify_by: AwareDatetime | None = None


class Raised(RungTaken):
    """The unit above is responsible now (提级)."""

    NAME: ClassVar[str] = "case.raised"

    to: UnitId


class HeldAccountable(RungTaken):
    """An entry stands in the unit's accountability ledger (问责)."""

    NAME: ClassVar[str] = "case.held_accountable"

    entry: int = Field(ge=1)
    set_by: StaffId


class AccountabilityAnswered(CaseEvent):
    """The unit gave its answer to an entry."""

    NAME: ClassVar[str] = "case.accountability_answered"

    entry: int = Field(ge=1)
    words: Commitment


class AccountabilityAppealed(CaseEvent):
    """The unit asks that an entry be withdrawn."""

    NAME: ClassVar[str] = "case.accountability_appealed"

    entry: int = Field(ge=1)
    words: Commitment


class AccountabilityWithdrawn(CaseEvent):
    """An entry was taken back; it stays in the ledger, marked so."""

    NAME: ClassVar[str] = "case.accountability_withdrawn"

    entry: int = Field(ge=1)
    reason: Commitment
