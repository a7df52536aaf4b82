"""What a decision on a leading case means for the cases that follow it: one repair for many reports."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from domain.calendar import Duration
from domain.case.clocks import Clock, find, find_open
from domain.case.commands import Context
from domain.case.decide.closing import visiting_unit
from domain.case.events import (
    AnyCaseEvent,
    Assigned,
    ClaimAnswered,
    ExtensionGranted,
    HungUp,
    LeaderMoved,
    Merged,
    ObjectionRuled,
    Raised,
    Resolved,
    Resumed,
    Suspended,
    TakenDown,
    TimingEvent,
)
from domain.case.evolve import evolve
from domain.case.stage import Stage
from domain.case.state import Case
from domain.policy import Obligation

Caused = dict[UUID, tuple[AnyCaseEvent, ...]]


def followers(case: Case, others: Mapping[UUID, Case]) -> Iterator[Case]:
    """Yield those of the other cases that follow this one."""
    for other in others.values():
        if other.stage is Stage.MERGED and other.links.leading == case.id:
            yield other


def is_late(case: Case, context: Context) -> bool:
    """Whether the limit of the repair has passed by now: then nobody else comes to owe it, or moves it."""
    clock = _repair(case)
    due = None if clock is None else context.book.due(case, clock)
    return case.links.late or (due is not None and due.at <= context.latest)


def taken_over(merged: Merged, case: Case, leading: Case) -> tuple[TimingEvent, ...]:
    """Return what the leading case was given before, for the case that follows it from now on.

    Nothing to a case that is late by then: its limit stays where it was.
    """
    repair, led = _repair(evolve(case, merged)), _repair(leading)
    if merged.late or repair is None:
        return ()
    granted = led.extensions if led is not None and _adds_up(repair, led.extensions) else ()
    given: tuple[TimingEvent, ...] = tuple(
        ExtensionGranted(at=merged.at, clock=repair.key, by=one) for one in granted
    )
    if leading.hold is None or leading.hold.until <= merged.at:
        return given
    return (*given, leading.hold.decision.model_copy(update={"at": max(merged.at, leading.hold.since)}))


def held_with(event: Suspended | HungUp, case: Case, others: Mapping[UUID, Case], context: Context) -> Caused:
    """Let the repair stand still for every case that follows and is not late yet, from when it follows on."""
    return {
        one.id: (event.model_copy(update={"at": max(event.at, one.since)}),)
        for one in followers(case, others)
        if one.since < event.until and not is_late(one, context)
    }


def released_with(event: Resumed | TakenDown, case: Case, others: Mapping[UUID, Case]) -> Caused:
    """Let the repair go on for every case that stood still with its leader."""
    standing = ((one, _repair(one)) for one in followers(case, others))
    return {
        one.id: (event,)
        for one, clock in standing
        if clock is not None and clock.holds and clock.holds[-1].end is None
    }


def granted_with(
    event: ExtensionGranted, case: Case, others: Mapping[UUID, Case], context: Context
) -> Caused:
    """Grant the time for the repair to every case whose limit had not passed when it was asked for."""
    led = find(case.clocks, event.clock)
    if led is None or led.obligation is not Obligation.RESOLVE:
        return {}
    asked_at = case.ask.at if case.ask is not None else event.at
    result: Caused = {}
    for one in followers(case, others):
        clock = _repair(one)
        if clock is None or one.links.late or not _adds_up(clock, (event.by,)):
            continue
        due = context.book.due(one, clock)
        if due is None or due.at >= asked_at:
            result[one.id] = (event.model_copy(update={"clock": clock.key}),)
    return result


def moved_with(
    event: Assigned | ObjectionRuled | Raised,
    before: Case,
    others: Mapping[UUID, Case],
    context: Context,
) -> Caused:
    """Put every case that follows on the account of the unit that has the leading one, if that changed."""
    after, raised = evolve(before, event), isinstance(event, Raised)
    if before.duties.bearer == after.duties.bearer:
        return {}
    return {
        one.id: (
            LeaderMoved(
                at=event.at,
                unit=after.duties.bearer,
                raised=raised,
                late=not raised and is_late(one, context),
            ),
        )
        for one in followers(before, others)
    }


def resolved_with(event: Resolved, before: Case, others: Mapping[UUID, Case], context: Context) -> Caused:
    """Resolve every case that follows: one repair, and a return visit for each resident."""
    leading = evolve(before, event)
    repaired = leading.duties.bearer
    handled_by = (repaired, *sorted(leading.worked - {repaired}))
    return {
        other.id: (
            Resolved(
                at=max(event.at, other.since),
                answers=_answers_for(other, event),
                visited_by=visiting_unit(_handled_also(other, handled_by), context),
                evidence=event.evidence,
                with_case=leading.id,
                handled_by=handled_by,
                unit=event.unit,
                workers=tuple(sorted(leading.duties.workers)),
            ),
        )
        for other in followers(before, others)
    }


def _repair(case: Case) -> Clock | None:
    return find_open(case.clocks, Obligation.RESOLVE)


def _adds_up(clock: Clock, more: tuple[Duration, ...]) -> bool:
    """Whether more time is granted in the unit of what was granted before; days of two kinds don't add up."""
    return len({one.unit for one in (*clock.extensions, *more)}) <= 1


def _answers_for(other: Case, event: Resolved) -> tuple[ClaimAnswered, ...]:
    """Give each claim the answer of the leading claim to which it belongs; the first where none was named."""
    answers = {answer.claim: answer for answer in event.answers}
    bonds = {bond.claim: bond.leading for bond in other.links.claims}
    first = event.answers[0]
    given = ((claim.id, answers.get(bonds.get(claim.id, first.claim), first)) for claim in other.claims)
    return tuple(
        ClaimAnswered(claim=id_, outcome=answer.outcome, measure=answer.measure) for id_, answer in given
    )


def _handled_also(case: Case, units: tuple[str, ...]) -> Case:
    return replace(case, duties=replace(case.duties, handled=case.duties.handled | set(units)))
