"""What binds cases."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from domain.actor import Role
from domain.case.commands.base import OFFICE, CaseCommand, Relation
from domain.case.events.base import ClaimId
from domain.case.events.links import ClaimBond


class Merge(CaseCommand):
    """Let this case follow a leading one (并案).

    Refused: merge_into_itself, merge_into_merged, merge_into_closed, merge_into_resolved,
    merge_of_leader, unknown_case, claims_unmatched, unknown_claim, claim_twice.

    Attributes:
        claims: For each claim of this case the claim of the leading one whose answer will be its own. May be
            left out where the leading case has a single claim.
    """

    VERB: ClassVar[str] = "merge"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.DESK

    into: UUID
    claims: tuple[ClaimBond, ...] = Field(default=(), max_length=1_000)


class Unmerge(CaseCommand):
    """Undo the merge; the case stands as it did before (撤销并案)."""

    VERB: ClassVar[str] = "unmerge"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.DESK


class SplitOff(CaseCommand):
    """Put some claims into cases of their own (拆分); the others stay here.

    Refused: split_empty, unknown_claim, claim_twice, leads_others.

    Attributes:
        parts: The claims of each new case. The ids of the new cases follow from the command's id.
    """

    VERB: ClassVar[str] = "split"
    ROLES: ClassVar[frozenset[Role]] = OFFICE
    RELATION: ClassVar[Relation] = Relation.DESK

    parts: tuple[tuple[ClaimId, ...], ...] = Field(min_length=1, max_length=50)
