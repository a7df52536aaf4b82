"""The JSON shapes of the ledgers' rows; each names the case, its version and the position that support it."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.case.buckets import Bucket
from domain.case.stage import Channel, Kind, Stage, Urgency
from domain.organisation import Level
from domain.policy import Obligation, Rung
from projections.entries.view import Status


class RowShape(BaseModel):
    """A row as a ledger holds it."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class CaseRow(RowShape):
    """A row that a case supports."""

    case: UUID = Field(validation_alias="case_id")
    version: int
    position: int


class WorklistRow(CaseRow):
    """A case on the worklist."""

    stage: Stage
    unit: str
    bucket: Bucket
    desk: str
    handler: str | None
    visitor: str | None
    place: str
    category: str
    kind: Kind | None
    key: bool
    urgency: Urgency
    channel: Channel
    round: int
    claims: int
    policy_id: str
    policy_version: int
    collected_at: AwareDatetime
    since: AwareDatetime
    due_at: AwareDatetime | None
    due_obligation: Obligation | None
    due_clock: str | None
    provisional: bool
    excluded: bool


class BalanceRow(RowShape):
    """One account: a unit's bucket and the cases on it."""

    unit: str
    bucket: Bucket
    cases: int
    position: int


class StatementRow(CaseRow):
    """One posting on an account."""

    amount: int = Field(description="+1 in, -1 out")
    counter_unit: str
    counter_bucket: str
    at: AwareDatetime
    recorded_at: AwareDatetime


class ClockRow(CaseRow):
    """One open clock on the escalation board; what is overdue follows from the limit, not from a timer."""

    clock: str
    obligation: Obligation
    owner: str
    started_at: AwareDatetime
    due_at: AwareDatetime | None
    provisional: bool
    paused: bool
    promised: bool
    rungs: list[Rung]
    lapsed: int = Field(description="Rungs that fell due before the case was imported")
    next_action: str | None
    next_at: AwareDatetime | None
    next_provisional: bool


class LateRow(ClockRow):
    """The same with what is late at the moment of asking."""

    overdue: bool
    over_seconds: int = Field(description="Time by the clock since the limit; 0 before it")


class UnitCountRow(RowShape):
    """The open clocks of one unit."""

    unit: str
    level: Level | None
    open: int
    overdue: int
    due_soon: int
    paused: int


class WeekRow(RowShape):
    """Rungs taken on one unit's clocks in one week."""

    week: date = Field(description="Its Monday")
    unit: str
    rung: Rung
    taken: int
    by_hand: int


class RungRow(CaseRow):
    """One rung that was taken."""

    clock: str
    rung: Rung
    unit: str
    to_unit: str | None
    at: AwareDatetime
    recorded_at: AwareDatetime
    by_ladder: bool
    told: list[str] = Field(description="Units that the policy has told; empty: the rung's own way")


class EntryRow(CaseRow):
    """One accountability entry."""

    entry: int
    unit: str
    clock: str
    set_by: str
    status: Status
    set_at: AwareDatetime
    answered_at: AwareDatetime | None
    appealed_at: AwareDatetime | None
    withdrawn_at: AwareDatetime | None


class Listing(BaseModel):
    """What every list says of itself."""

    position: int = Field(description="Position of the log that the list shows")


class Paged(Listing):
    """A list in pages."""

    next: str | None = Field(description="Cursor of the next page; null: this is the last one")


class Worklist(Paged):
    """A page of the worklist."""

    items: list[WorklistRow]


class Accounts(Listing):
    """Accounts with cases on them."""

    items: list[BalanceRow]


class Statement(Paged):
    """A page of an account's postings, oldest first."""

    items: list[StatementRow]


class TrialBalance(Listing):
    """The sum over all accounts, which is zero, and what would be wrong."""

    total: int
    cases: int
    astray: int = Field(description="Cases that stand on no account or on several")
    unbalanced: int
    sound: bool


class Board(Paged):
    """A page of the escalation board, the earliest limit first; clocks without one last."""

    at: AwareDatetime = Field(description="Moment for which lateness is told")
    items: list[LateRow]


class UnitCounts(Listing):
    """What units owe, and how much of it is late or soon will be."""

    at: AwareDatetime
    within_hours: int
    items: list[UnitCountRow]


class Weeks(Listing):
    """Figures of escalation by week."""

    since: AwareDatetime
    until: AwareDatetime
    zone: str
    items: list[WeekRow]


class Rungs(Paged):
    """A page of the rungs taken, in the order of the log."""

    items: list[RungRow]


class Entries(Paged):
    """A page of accountability entries."""

    items: list[EntryRow]
