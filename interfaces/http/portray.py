"""Draws a case for one reader: personal values for those who work on it, staff's ids not for residents."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.actor import Actor, Role
from domain.case.book import Rulebook
from domain.case.buckets import account
from domain.case.clocks import Clock, promised, standstill
from domain.case.decide import allowed
from domain.case.events import (
    CASE_EVENTS,
    AccountabilityAnswered,
    AccountabilityAppealed,
    AccountabilityWithdrawn,
    ExtensionAsked,
    ExtensionRefused,
    PolicyRef,
    RungTaken,
    staff_fields,
)
from domain.case.parts import Claim
from domain.case.plan import Step, plan
from domain.case.rungs import RungDate, ladder_dates
from domain.case.state import Case
from engine.envelope import Recorded
from engine.vault import Vault
from interfaces.http import shapes

READERS: Final = frozenset(
    {Role.GRID_WORKER, Role.CASE_WORKER, Role.UNIT_HEAD, Role.SUPERVISOR, Role.VISITOR, Role.RESIDENT}
)
"""Roles that read the words of a case that they may see; auditors and administrators see commitments."""
_STAFF_IDS: Final = {event.NAME: staff_fields(event) for event in CASE_EVENTS}
"""Fields of each event that hold the id of a member of staff."""
_AMONG_OFFICES: Final = (
    RungTaken,
    AccountabilityAnswered,
    AccountabilityAppealed,
    AccountabilityWithdrawn,
    ExtensionAsked,
    ExtensionRefused,
)
"""Events whose words offices say to each other; residents are told that they happened."""
_HASHES: Final = frozenset({"sha256", "hash"})
_COMMITMENT: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader at one moment.

    Attributes:
        now: The moment for which lateness is told.
    """

    actor: Actor
    book: Rulebook
    now: datetime
    vault: Vault


def portray(case: Case, reader: Reader, *, live: bool = True) -> shapes.CaseShape:
    """Return a case as this reader may see it; the access to personal values is recorded.

    In a replay (not `live`) nothing can be done, and nothing comes next.
    """
    words = _words(_commitments(case), reader, "case")
    intake, place = case.intake, account(case)
    return shapes.CaseShape(
        id=case.id,
        version=case.version,
        stage=case.stage,
        round=case.round,
        collected_at=case.collected_at,
        since=case.since,
        policy=case.policy,
        channel=intake.channel,
        category=intake.category,
        urgency=intake.urgency,
        place=intake.place,
        kind=intake.kind,
        key=intake.key,
        origin=intake.origin,
        unit=place.unit,
        bucket=place.bucket,
        resident=shapes.ResidentShape(
            name=_sealed(intake.resident.name, words),
            telephone=_sealed(intake.resident.telephone, words),
            address=_sealed(intake.resident.address, words),
        ),
        claims=[_claim(claim, words) for claim in case.claims],
        duties=_duties(case),
        clocks=[_clock(case, clock, reader) for clock in case.clocks if clock.open],
        next_step=_step(plan(case, reader.book)) if live else None,
        **_bonds(case),
        tries=case.tries,
        confirmed=case.confirmed,
        excluded=case.excluded,
        excluded_until=case.excluded_until,
        review=_review(case),
        answered_at=case.answered_at,
        final=case.final,
        actions=list(allowed(case, reader.actor, reader.book.organisation)) if live else [],
    )


def tell(event: Recorded, reader: Actor) -> shapes.EventShape:
    """Return an event as this reader may see it."""
    data = event.event.model_dump(mode="json", exclude={"at"})
    grounds = event.grounds
    resident = reader.role is Role.RESIDENT
    own = event.actor.id == reader.id
    return shapes.EventShape(
        version=event.version,
        position=event.position or 0,
        name=event.name,
        happened_at=event.happened,
        recorded_at=event.recorded_at,
        actor=shapes.Who(
            id=event.actor.id if own or not resident else None, role=event.actor.role, unit=event.actor.unit
        ),
        command=event.command,
        policy=grounds and PolicyRef(id=grounds.policy, version=grounds.version, hash=grounds.hash),
        calendar=grounds and grounds.calendar,
        data={name: one for name, one in data.items() if not (resident and name in _STAFF_IDS[event.name])},
    )


def texts(events: Iterable[Recorded], reader: Reader) -> Mapping[str, str]:
    """Return the personal values of events by commitment, as far as this reader may read them."""
    resident = reader.actor.role is Role.RESIDENT
    told = (one.event for one in events if not (resident and isinstance(one.event, _AMONG_OFFICES)))
    found = (one for event in told for one in _hexes(event.model_dump(mode="json")))
    return _words(found, reader, "history")


def _words(commitments: Iterable[str], reader: Reader, purpose: str) -> Mapping[str, str]:
    if reader.actor.role not in READERS:
        return {}
    return reader.vault.open(commitments, reader.actor, purpose)


def _commitments(case: Case) -> Iterator[str]:
    resident = case.intake.resident
    given = (resident.name, resident.telephone, resident.address, *(claim.words for claim in case.claims))
    yield from (one for one in given if one is not None)


def _hexes(value: Any) -> Iterator[str]:
    """Yield the commitments in an event; hashes of files and policies look alike, in known fields."""
    if isinstance(value, str):
        if _COMMITMENT.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in _HASHES:
                yield from _hexes(one)
    elif isinstance(value, list):
        for one in value:
            yield from _hexes(one)


def _sealed(commitment: str | None, words: Mapping[str, str]) -> shapes.Sealed | None:
    return None if commitment is None else shapes.Sealed(commitment=commitment, text=words.get(commitment))


def _claim(claim: Claim, words: Mapping[str, str]) -> shapes.ClaimShape:
    return shapes.ClaimShape(
        id=claim.id,
        words=shapes.Sealed(commitment=claim.words, text=words.get(claim.words)),
        outcome=claim.outcome,
        solved=claim.solved,
        satisfaction=claim.satisfaction,
    )


def _duties(case: Case) -> shapes.DutiesShape:
    duties = case.duties
    return shapes.DutiesShape(
        desk=duties.desk,
        handler=duties.handler,
        co_units=list(duties.co_units),
        visitor=duties.visitor,
        handled=sorted(case.worked),
        designated=duties.designated is not None and duties.designated == duties.handler,
        objection=duties.objection,
    )


def _clock(case: Case, clock: Clock, reader: Reader) -> shapes.ClockShape:
    policy = reader.book.rules(case)
    due = reader.book.due(case, clock)
    return shapes.ClockShape(
        key=clock.key,
        obligation=clock.obligation,
        owner=clock.owner,
        started_at=clock.started_at,
        due_at=due.at if due else None,
        provisional=bool(due and due.provisional),
        paused=standstill(clock, policy) is not None,
        overdue=bool(due and due.at < reader.now),
        promised=promised(clock, policy),
        extensions=list(clock.extensions),
        rungs=[one.rung for one in case.rungs if one.clock == clock.key],
        ladder=[_rung(one) for one in ladder_dates(case, clock, reader.book)],
    )


def _rung(one: RungDate) -> shapes.RungShape:
    over = one.level_over
    return shapes.RungShape(
        rung=one.rung,
        at=one.at,
        provisional=one.provisional,
        taken_at=one.taken_at,
        level_over=None if over is None else over.at,
        level_provisional=over is not None and over.provisional,
    )


def _review(case: Case) -> shapes.ReviewShape | None:
    review = case.review
    if review is None:
        return None
    return shapes.ReviewShape(step=review.step, unit=review.owner, answered=review.answered)


def _step(step: Step | None) -> shapes.StepShape | None:
    if step is None:
        return None
    return shapes.StepShape(
        at=step.wake_at,
        provisional=step.provisional,
        action=step.action.value,
        clock=step.clock,
        unit=step.unit,
    )


def _bonds(case: Case) -> dict[str, Any]:
    """Return what stands beside a case's course: holds, requests, calls, signatures, entries and links."""
    hold, ask = case.hold, case.ask
    return {
        "hold": shapes.HoldShape(kind=hold.kind, since=hold.since, until=hold.until) if hold else None,
        "extension_asked": shapes.AskShape(clock=ask.clock, by=ask.by) if ask else None,
        "calls": [
            shapes.CallShape(
                number=one.number, department=one.department, answer=one.answer, bearer=one.bearer
            )
            for one in case.calls
        ],
        "proposals": [
            shapes.ProposalShape(
                act=one.act, by_supervisor=one.by_supervisor, reason=one.reason, until=one.until
            )
            for one in case.proposals
        ],
        "entries": [
            shapes.EntryShape(
                number=one.number,
                unit=one.unit,
                clock=one.clock,
                answered=one.answered,
                appealed=one.appealed,
                withdrawn=one.withdrawn,
            )
            for one in case.entries
        ],
        "links": shapes.LinksShape(
            leading=case.links.leading,
            claims=list(case.links.claims),
            followers=list(case.links.followers),
            split_from=case.intake.split_from,
        ),
    }
