"""A case as its events alone tell it, and the rows that every ledger must have of it.

Of the projector's code this uses none: the domain says what a case is and when something is due, and the
tables here say what follows in each column.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from domain.calendar import Moment
from domain.case.book import Rulebook
from domain.case.clocks import Clock, promised, standstill
from domain.case.events import CaseEvent
from domain.case.evolve import evolve
from domain.case.rungs import lapsed, rung_moments
from domain.case.stage import HoldKind
from domain.case.state import Case
from engine.codec import Raw, decode_raw
from engine.envelope import Recorded

_ACCOUNTS: Final = {
    "collected": "to_screen",
    "screened": "to_assign",
    "assigned": "to_accept",
    "accepted": "in_hand",
    "suspended": "suspended",
    "hung_up": "hung_up",
    "resolved": "to_visit",
    "visited": "to_visit",
    "closed": "struck_off",
    "refused": "refused",
    "merged": "merged",
    "under_review": "under_review",
}
"""The bucket of each stage; a table of its own, so that a fault in the domain's shows."""
_ACTIONS: Final = {
    "remind": "remind",
    "supervise": "supervise",
    "raise": "raise",
    "hold_accountable": "hold-accountable",
}
Row = tuple[Any, ...]


class Unreadable(Exception):
    """The stored events of a case can't be folded."""


class Transfer(NamedTuple):
    """A change of account, as two postings must tell it."""

    position: int
    left: tuple[str, str]
    taken: tuple[str, str]
    version: int
    at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One event, with the case before and after it; `before` is None of the first."""

    recorded: Recorded
    before: Case | None
    after: Case


@dataclass(frozen=True, slots=True)
class Fresh:
    """A case folded from the log.

    Attributes:
        position: Of its last event.
        steps: Every event, oldest first.
        transfers: Every change of its account, oldest first.
    """

    case: Case
    position: int
    steps: Sequence[Step]
    transfers: Sequence[Transfer]


def fresh(raws: Sequence[Raw]) -> Fresh:
    """Fold the stored events of one case.

    Raises:
        Unreadable: Some event can't be read, doesn't follow from those before, or is none of a case.
    """
    case: Case | None = None
    steps: list[Step] = []
    transfers = []
    stood = ("(outside)", "outside")
    try:
        for raw in raws:
            recorded = decode_raw(raw)
            before, case = case, _after(case, recorded)
            steps.append(Step(recorded, before, case))
            stands = _account(case)
            if stands != stood:
                transfers.append(_transfer(raw.position, stood, stands, recorded))
                stood = stands
    except Exception as fault:  # whatever a broken history raises, the audit goes on with the next case
        raise Unreadable(f"{type(fault).__name__}: {fault}") from fault
    if case is None:
        raise Unreadable("There are no events.")
    return Fresh(case, raws[-1].position, steps, transfers)


def _after(case: Case | None, recorded: Recorded) -> Case:
    if not isinstance(recorded.event, CaseEvent):
        raise Unreadable(f"{recorded.name} is no event of a case.")
    if recorded.version != (0 if case is None else case.version) + 1:
        raise Unreadable(f"The history before version {recorded.version} has a gap.")
    return evolve(case, recorded.event)


def _account(case: Case) -> tuple[str, str]:
    return case.responsible, _ACCOUNTS[case.stage.value]


def _transfer(position: int, left: tuple[str, str], taken: tuple[str, str], recorded: Recorded) -> Transfer:
    return Transfer(position, left, taken, recorded.version, recorded.happened, recorded.recorded_at)


def postings(found: Fresh) -> list[Row]:
    """Return what POSTINGS must be of a case, by position, what was given up first."""
    rows: list[Row] = []
    for one in found.transfers:
        for amount, (unit, bucket) in ((-1, one.left), (1, one.taken)):
            rows.append((one.position, amount, unit, bucket, one.version, one.at, one.recorded_at))
    return rows


POSTINGS: Final = ("position", "amount", "unit", "bucket", "version", "at", "recorded_at")
_STANDING: Final[dict[str, Callable[[Fresh], Any]]] = {
    "version": lambda found: found.case.version,
    "position": lambda found: found.position,
    "stage": lambda found: found.case.stage.value,
    "unit": lambda found: _account(found.case)[0],
    "bucket": lambda found: _account(found.case)[1],
    "desk": lambda found: found.case.duties.desk,
    "handler": lambda found: found.case.duties.handler,
    "visitor": lambda found: found.case.duties.visitor,
    "place": lambda found: found.case.intake.place.unit,
    "category": lambda found: found.case.intake.category,
    "kind": lambda found: _value(found.case.intake.kind),
    "key": lambda found: found.case.intake.key,
    "urgency": lambda found: found.case.intake.urgency.value,
    "channel": lambda found: found.case.intake.channel.value,
    "round": lambda found: found.case.round,
    "claims": lambda found: len(found.case.claims),
    "policy_id": lambda found: found.case.policy.id,
    "policy_version": lambda found: found.case.policy.version,
    "policy_hash": lambda found: found.case.policy.hash,
    "collected_at": lambda found: found.case.collected_at,
    "since": lambda found: found.case.since,
    "excluded": lambda found: found.case.excluded,
    "units": lambda found: sorted(found.case.units),
    "reporter": lambda found: found.case.intake.reporter,
}
_LIMIT: Final = ("due_at", "due_obligation", "due_clock", "provisional")
WORKLIST: Final = (*_STANDING, *_LIMIT)
"""Columns of the worklist beside the case; those of the limit last."""


def worklist(found: Fresh, book: Rulebook | None) -> Row:
    """Return what WORKLIST must be of a case; without rules the columns of the limit are left out."""
    row = tuple(read(found) for read in _STANDING.values())
    if book is None:
        return row
    ahead = []
    for clock in _open(found.case):
        due = book.due(found.case, clock)
        if due is not None:
            ahead.append((due.at, clock.key, clock.obligation.value, due.provisional))
    if not ahead:
        return (*row, None, None, None, False)
    at, key, obligation, provisional = min(ahead)
    return (*row, at, obligation, key, provisional)


CLOCKS: Final = (
    "clock",
    "version",
    "position",
    "obligation",
    "owner",
    "started_at",
    "rungs",
    "due_at",
    "provisional",
    "paused",
    "promised",
    "lapsed",
    "next_action",
    "next_at",
    "next_provisional",
)
"""Columns of the clocks beside the case; those that follow from policy and calendar last."""


def clocks(found: Fresh, book: Rulebook | None) -> list[Row]:
    """Return what CLOCKS must be of a case, by clock; without rules what follows from them is left out."""
    case = found.case
    rows = []
    for clock in _open(case):
        rungs = [one.rung.value for one in case.rungs if one.clock == clock.key]
        row = (clock.key, case.version, found.position, clock.obligation.value, clock.owner, clock.started_at)
        rows.append((*row, rungs) if book is None else (*row, rungs, *_under(case, clock, book)))
    return sorted(rows, key=lambda row: row[0])


def _under(case: Case, clock: Clock, book: Rulebook) -> Row:
    policy, due = book.rules(case), book.due(case, clock)
    moments = [(moment, rung.value) for rung, moment in rung_moments(case, clock, book)]
    coming = [(moment, _ACTIONS[rung]) for moment, rung in moments if not lapsed(case, moment.at)]
    if case.hold is not None:
        back = "resume" if case.hold.kind is HoldKind.SUSPENSION else "take-down"
        coming.append((Moment(case.hold.until, provisional=False), back))
    at, action = min(coming, key=lambda one: one[0].at, default=(None, None))
    return (
        None if due is None else due.at,
        due is not None and due.provisional,
        standstill(clock, policy) is not None,
        promised(clock, policy),
        sum(1 for moment, _ in moments if lapsed(case, moment.at)),
        action,
        None if at is None else at.at,
        at is not None and at.provisional,
    )


LAPSED: Final = ("clock", "version", "position", "rungs")


def lapsed_rows(found: Fresh, book: Rulebook | None) -> list[Row]:
    """Return what LAPSED must be of a case, by clock: rungs due before its import, while the clock ran."""
    case, rows = found.case, list[Row]()
    if book is None or case.intake.origin is None:
        return rows
    for clock in case.clocks:
        end = clock.ended_at
        if end is not None and end <= clock.started_at:
            continue
        moments = [moment.at for _, moment in rung_moments(case, clock, book, until=end)]
        count = sum(1 for one in moments if lapsed(case, one) and (end is None or one < end))
        if count:
            rows.append((clock.key, case.version, found.position, count))
    return sorted(rows, key=lambda row: row[0])


EXCLUSIONS: Final = ("version", "position", "until")


def exclusions(found: Fresh, book: Rulebook | None) -> list[Row]:
    """Return what EXCLUSIONS must be of a case: one row while it is excluded until a date."""
    until = found.case.excluded_until
    return [] if until is None else [(found.case.version, found.position, until)]


def _open(case: Case) -> list[Clock]:
    return [clock for clock in case.clocks if clock.ended_at is None]


def _value(given: Any) -> Any:
    return None if given is None else given.value
