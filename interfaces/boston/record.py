"""What one row of the Boston file says once it is read: the shape that the import works from."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.case.stage import Channel

ZONE: Final = ZoneInfo("America/New_York")
"""The file's moments are wall-clock times of this zone without an offset."""

SNAPSHOT_END: Final = datetime(2016, 1, 13, tzinfo=ZONE)
"""The moment at which the city judged the cases that were still open; all verdicts bear it out."""

CHANNELS: Final[dict[str, Channel]] = {
    "Constituent Call": Channel.HOTLINE,
    "Citizens Connect App": Channel.WEB,
    "Self Service": Channel.WEB,
    "Twitter": Channel.WEB,
    "Employee Generated": Channel.PATROL,
    "City Worker App": Channel.PATROL,
    "Maximo Integration": Channel.IMPORT,
}
"""The city's sources in our words; Maximo is an asset system that hands its cases over: an import already."""


class Flag(StrEnum):
    """The city's own verdict on a case's target."""

    ONTIME = "ONTIME"
    OVERDUE = "OVERDUE"


class Status(StrEnum):
    """Whether the city still works on a case."""

    OPEN = "Open"
    CLOSED = "Closed"


class ClosureKind(StrEnum):
    """What the closure text says was done; `closure.HEADS` says by which words it is told."""

    RESOLVED = "resolved"
    NOTED = "noted"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    REFERRED = "referred"
    ADMINISTRATIVE = "administrative"
    AUTOMATIC = "automatic"
    INTERNAL = "internal"
    CORRECTED = "corrected"
    VIOLATION = "violation"
    NO_VIOLATION = "no_violation"
    NO_BASIS = "no_basis"
    NO_ACCESS = "no_access"
    REINSPECTION = "reinspection"
    PERMIT = "permit"
    UNSTATED = "unstated"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Closure:
    """Why the city closed a case.

    Attributes:
        text: The clerk's words without the printed "Case Closed" and its date; empty when nothing is said.
        at: The closing moment as printed inside the text, UTC; None when none is printed. An open case that
            has one was closed then and opened again.
        duplicate_of: Id of the case that this one repeats, when the text names one other than itself. It may
            lie outside the file.
    """

    kind: ClosureKind
    text: str
    at: datetime | None = None
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """What the case is about, in the city's four steps from wide to narrow; none is empty."""

    subject: str
    reason: str
    type: str
    title: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Who works on the case: the department's code and the queue's name as printed; None if none is named."""

    department: str | None
    queue: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is; each part is None when the row doesn't say, or says something that can't be true.

    Attributes:
        precinct: Four digits, ward first: `1703` is precinct 3 of ward 17.
        point: Latitude and longitude in degrees (WGS 84), four decimals.
    """

    address: str | None = None
    street: str | None = None
    zip: str | None = None
    neighbourhood: str | None = None
    ward: int | None = None
    precinct: str | None = None
    point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class BostonCase:
    """One clean row. All moments are UTC.

    Attributes:
        target: When the city meant to be done; None when it set itself no limit.
        closed: Never before `opened`; None while the case is open, or if it closed at an unknown moment.
        flag: The city's verdict at SNAPSHOT_END; None when it gave none.
        closure: None when nothing was ever written; an open case may carry the text of an earlier closing.
    """

    id: str
    opened: datetime
    target: datetime | None
    closed: datetime | None
    flag: Flag | None
    status: Status
    channel: Channel
    matter: Matter
    desk: Desk
    place: Place
    closure: Closure | None


def shift_to_now(case: BostonCase, delta: timedelta) -> BostonCase:
    """Return the case with all its moments moved by one delta, so that each span between them stays.

    Take `delta = now - SNAPSHOT_END` for the whole file to let it end now.
    """

    def moved(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment + delta

    closure = None if case.closure is None else replace(case.closure, at=moved(case.closure.at))
    return replace(
        case,
        opened=case.opened + delta,
        target=moved(case.target),
        closed=moved(case.closed),
        closure=closure,
    )
