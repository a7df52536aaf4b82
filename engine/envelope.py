"""What is known of an event beside itself: who, by which command and rules, when recorded, and where."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actor import Actor
from domain.calendar import CalendarAmended
from domain.case.book import Grounds
from domain.case.events import AnyCaseEvent
from domain.organisation import UnitEstablished
from domain.policy import PolicyAdopted
from domain.records import quick

AnyEvent = AnyCaseEvent | UnitEstablished | CalendarAmended | PolicyAdopted


@quick
@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log.

    Attributes:
        stream: Id of the case, or one of engine.ids.RULES.
        version: 1 for the first event of the stream.
        command: Id of the command that led to it.
        recorded_at: When the engine took it; when it happened in the world is `happened`.
        position: Place in the log, rising in the order of commits, with gaps; None before it is stored.
        grounds: Policy and calendar by which an event of a case was decided; None for an event of the rules,
            and in logs that are older than this note.
    """

    stream: UUID
    version: int
    event: AnyEvent
    actor: Actor
    command: UUID
    recorded_at: datetime
    position: int | None = None
    grounds: Grounds | None = None

    @property
    def happened(self) -> datetime:
        """When it happened in the world."""
        return self.event.at

    @property
    def name(self) -> str:
        """Stored name of the event, such as `case.assigned`."""
        return self.event.NAME
