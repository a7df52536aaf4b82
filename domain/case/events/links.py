"""What binds cases: one repair for many reports, and one report that holds several issues."""

from typing import ClassVar
from uuid import UUID

from domain.case.events.base import CaseEvent, ClaimId, Record, UnitId


class ClaimBond(Record):
    """Which claim of the leading case a claim of this one belongs to: that one's answer will be its own."""

    claim: ClaimId
    leading: ClaimId


class Merged(CaseEvent):
    """This case waits for the leading one; it keeps its clocks and its own return visit (并案).

    Attributes:
        unit: Unit on whose account the case stands while merged.
        claims: One bond for each claim; empty in old events, where the leading case's first answer counts.
        late: The limit had passed by then: who owed the resolution still does, and nothing moves that limit.
    """

    NAME: ClassVar[str] = "case.merged"

    into: UUID
    unit: UnitId
    claims: tuple[ClaimBond, ...] = ()
    late: bool = False


class Unmerged(CaseEvent):
    """The merge was undone, and the case stands as it did before (撤销并案)."""

    NAME: ClassVar[str] = "case.unmerged"

    out_of: UUID


class LeaderMoved(CaseEvent):
    """The leading case went to another unit, and this merged one stands on that unit's account with it.

    Attributes:
        raised: By a raise: the duty moved, and who owes this resident's answer since before still does.
        late: As of a merge: the limit had passed by then.
    """

    NAME: ClassVar[str] = "case.leader_moved"

    unit: UnitId
    raised: bool = False
    late: bool = False


class FollowerTaken(CaseEvent):
    """Another case follows this one from now on."""

    NAME: ClassVar[str] = "case.follower_taken"

    follower: UUID


class FollowerReleased(CaseEvent):
    """Another case no longer follows this one."""

    NAME: ClassVar[str] = "case.follower_released"

    follower: UUID


class SplitPart(Record):
    """The claims that go into one new case."""

    case: UUID
    claims: tuple[ClaimId, ...]


class Split(CaseEvent):
    """Some claims went into cases of their own (拆分); the others stay."""

    NAME: ClassVar[str] = "case.split"

    parts: tuple[SplitPart, ...]
