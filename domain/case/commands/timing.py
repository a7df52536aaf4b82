"""What stops, moves or replaces a limit."""

from typing import ClassVar

from pydantic import Field

from domain.actor import Role
from domain.calendar import Duration
from domain.case.commands.base import STAFF, CaseCommand, Relation, Words
from domain.case.events.base import Attachment, Code, Instant
from domain.personal import Personal
from domain.policy import Obligation


class Suspend(CaseCommand):
    """Stop the clock until a date (中止). The head who gives the command approves it thereby.

    Refused: reason_not_listed, until_in_past, until_too_late, suspension_over_limit, evidence_missing,
    entered_too_late.
    """

    VERB: ClassVar[str] = "suspend"
    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.UNIT_HEAD})
    RELATION: ClassVar[Relation] = Relation.HANDLER

    reason: Code
    until: Instant
    evidence: tuple[Attachment, ...] = Field(default=(), max_length=50)


class Resume(CaseCommand):
    """Let the clock go on (恢复); the ladder does so on the date that was set."""

    VERB: ClassVar[str] = "resume"
    ROLES: ClassVar[frozenset[Role]] = STAFF
    RELATION: ClassVar[Relation] = Relation.HANDLER


class AskExtension(CaseCommand):
    """Ask for more time (延期).

    Refused: no_clock, extension_not_allowed, extension_over_limit, extension_too_late, extension_asked.
    """

    VERB: ClassVar[str] = "ask-extension"
    ROLES: ClassVar[frozenset[Role]] = STAFF
    RELATION: ClassVar[Relation] = Relation.HANDLER

    obligation: Obligation = Obligation.RESOLVE
    by: Duration
    reason: Personal


class GrantExtension(CaseCommand):
    """Move the limit as asked. Refused: no_extension_asked, own_request."""

    VERB: ClassVar[str] = "grant-extension"
    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.UNIT_HEAD, Role.SUPERVISOR})
    RELATION: ClassVar[Relation] = Relation.APPROVER


class RefuseExtension(CaseCommand):
    """Leave the limit where it is, with the reason. Refused: no_extension_asked, own_request."""

    VERB: ClassVar[str] = "refuse-extension"
    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.UNIT_HEAD, Role.SUPERVISOR})
    RELATION: ClassVar[Relation] = Relation.APPROVER

    reason: Personal


class HangUp(CaseCommand):
    """Sign that the issue can't be solved now (挂账); the second person's signature carries it out.

    Refused: same_signer, unit_signature, supervisor_signature, until_in_past, until_too_late,
    entered_too_late, reason_not_listed, evidence_missing.
    """

    VERB: ClassVar[str] = "hang-up"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.SUPERVISOR}
    RELATION: ClassVar[Relation] = Relation.SIGNER

    reason: Code
    until: Instant
    evidence: tuple[Attachment, ...] = Field(default=(), max_length=50)


class TakeDown(CaseCommand):
    """Sign that the case comes back before its date (摘账); the ladder takes it down on the date."""

    VERB: ClassVar[str] = "take-down"
    ROLES: ClassVar[frozenset[Role]] = STAFF | {Role.SUPERVISOR}
    RELATION: ClassVar[Relation] = Relation.SIGNER

    reason: Code = "solvable"


class ReceiveTarget(CaseCommand):
    """Record the limit that came with the case from outside. Refused: no_clock."""

    VERB: ClassVar[str] = "receive-target"
    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.ADMINISTRATOR})

    obligation: Obligation = Obligation.RESOLVE
    due: Instant
    source: Words


class Recalibrate(CaseCommand):
    """Record which running clocks an amendment of their calendar moved; none moved: nothing."""

    VERB: ClassVar[str] = "recalibrate"
    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.ADMINISTRATOR})

    cause: Words


class MovePolicy(CaseCommand):
    """Put the case under another policy, with a reason. Refused: unknown_policy."""

    VERB: ClassVar[str] = "move-policy"
    ROLES: ClassVar[frozenset[Role]] = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
    RELATION: ClassVar[Relation] = Relation.SUPERVISOR

    policy: str = Field(pattern=r"^[a-z0-9-]+$", max_length=100)
    reason: Personal
