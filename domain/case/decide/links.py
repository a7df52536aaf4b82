"""Decide bonds between cases, and what a decision on one case means for the others it touches."""

from collections.abc import Mapping
from typing import assert_never
from uuid import UUID, uuid5

from domain.case.clocks import find_open
from domain.case.commands import (
    AnyCaseCommand,
    Assign,
    Context,
    GrantExtension,
    HangUp,
    LinkCommand,
    Merge,
    Raise,
    Resolve,
    Resume,
    RuleObjection,
    SplitOff,
    Suspend,
    TakeDown,
    Unmerge,
)
from domain.case.decide.closing import named_once
from domain.case.decide.followers import (
    Caused,
    granted_with,
    held_with,
    is_late,
    moved_with,
    released_with,
    resolved_with,
    taken_over,
)
from domain.case.events import (
    AnyCaseEvent,
    Assigned,
    CarriedClock,
    ClaimBond,
    ClaimRaised,
    Collected,
    ExtensionGranted,
    FollowerReleased,
    FollowerTaken,
    HungUp,
    LinkEvent,
    Merged,
    ObjectionRuled,
    PastHold,
    Raised,
    Resolved,
    Resumed,
    Split,
    SplitPart,
    Suspended,
    TakenDown,
    TimingEvent,
    Unmerged,
)
from domain.case.stage import ANSWERED, FINAL, Stage
from domain.case.state import Case
from domain.errors import Refused
from domain.policy import Obligation


def linked(command: AnyCaseCommand, case: Case | None) -> tuple[UUID, ...]:
    """Return the ids of the other cases that a decision has to look at."""
    if case is None:
        return ()
    match command:
        case Merge():
            return () if command.into == case.id else (command.into,)
        case Unmerge():
            return (case.links.leading,) if case.links.leading else ()
        case Resolve() | Assign() | RuleObjection() | Raise() | SplitOff():
            return case.links.followers
        case Suspend() | Resume() | HangUp() | TakeDown() | GrantExtension():
            return case.links.followers
        case _:
            return ()


def split_case(command: UUID, part: int) -> UUID:
    """Return the id of the new case for one part (from 1) of a split; the same command gives the same ids."""
    return uuid5(command, f"split/{part}")


def decide_links(
    command: LinkCommand, case: Case, context: Context, others: Mapping[UUID, Case]
) -> tuple[LinkEvent | TimingEvent, ...]:
    """Decide a command that binds cases."""
    match command:
        case Merge():
            return _merge(command, case, context, others)
        case Unmerge():
            if case.links.leading is None:
                return ()
            return (Unmerged(at=context.at, out_of=case.links.leading),)
        case SplitOff():
            return (_split(command, case, context, others),)
        case _:
            assert_never(command)


def _merge(
    command: Merge, case: Case, context: Context, others: Mapping[UUID, Case]
) -> tuple[Merged | TimingEvent, ...]:
    if command.into == case.id:
        raise Refused("merge_into_itself")
    leading = others.get(command.into)
    if leading is None:
        raise Refused("unknown_case", str(command.into))
    if leading.stage is Stage.MERGED:
        raise Refused("merge_into_merged")
    if leading.stage in FINAL:
        raise Refused("merge_into_closed")
    if leading.stage in ANSWERED:
        raise Refused("merge_into_resolved")
    merged = Merged(
        at=context.at,
        into=leading.id,
        unit=leading.duties.bearer,
        claims=_matched(command.claims, case, leading),
        late=is_late(case, context),
    )
    return (merged, *taken_over(merged, case, leading))


def _matched(bonds: tuple[ClaimBond, ...], case: Case, leading: Case) -> tuple[ClaimBond, ...]:
    """Return to which claim of the leading case each claim belongs: to its only one, if nobody says."""
    if not bonds and len(leading.claims) == 1:
        return tuple(ClaimBond(claim=claim.id, leading=leading.claims[0].id) for claim in case.claims)
    for bond in bonds:
        named_once((bond.leading,), leading)
    if named_once((bond.claim for bond in bonds), case) != {claim.id for claim in case.claims}:
        raise Refused("claims_unmatched")
    return bonds


def _split(command: SplitOff, case: Case, context: Context, others: Mapping[UUID, Case]) -> Split:
    moved = named_once((claim for part in command.parts for claim in part), case)
    if any(not part for part in command.parts) or len(moved) == len(case.claims):
        raise Refused("split_empty")
    if any(bond.leading in moved for other in others.values() for bond in other.links.claims):
        raise Refused("leads_others")
    return Split(
        at=context.at,
        parts=tuple(
            SplitPart(case=split_case(context.command, number), claims=claims)
            for number, claims in enumerate(command.parts, 1)
        ),
    )


def consequences(
    events: tuple[AnyCaseEvent, ...], case: Case | None, others: Mapping[UUID, Case], context: Context
) -> Mapping[UUID, tuple[AnyCaseEvent, ...]]:
    """Return what a decision's events bring about on other cases, to be stored in the same transaction.

    Args:
        events: The events decided on `case`.
        case: The case before them.
        others: The cases that `linked` named.
        context: That of the decision.
    """
    if case is None:
        return {}
    result: Caused = {}
    for event in events:
        match event:
            case Merged():
                result[event.into] = (FollowerTaken(at=event.at, follower=case.id),)
            case Unmerged():
                result[event.out_of] = (FollowerReleased(at=event.at, follower=case.id),)
            case Split():
                result.update({part.case: (_collected(case, part, event),) for part in event.parts})
            case _ if others:
                result.update(_passed_on(event, case, others, context))
            case _:
                pass
    return result


def _passed_on(event: AnyCaseEvent, case: Case, others: Mapping[UUID, Case], context: Context) -> Caused:
    """Return what an event of a leading case brings about on those that follow it."""
    match event:
        case Resolved():
            return resolved_with(event, case, others, context)
        case Assigned() | ObjectionRuled() | Raised():
            return moved_with(event, case, others, context)
        case Suspended() | HungUp():
            return held_with(event, case, others, context)
        case Resumed() | TakenDown():
            return released_with(event, case, others)
        case ExtensionGranted():
            return granted_with(event, case, others, context)
        case _:
            return {}


def _collected(case: Case, part: SplitPart, event: Split) -> Collected:
    """Return the beginning of a split-off case: what was owed runs on from when it began, so no day is won.

    What the desk did in time is done: it owes the dispatch of the part from the split on.
    """
    dispatch = find_open(case.clocks, Obligation.DISPATCH)
    words = {claim.id: claim.words for claim in case.claims}
    return Collected(
        at=event.at,
        case=part.case,
        channel=case.intake.channel,
        claims=tuple(ClaimRaised(id=claim, words=words[claim]) for claim in part.claims),
        category=case.intake.category,
        place=case.intake.place,
        urgency=case.intake.urgency,
        desk=case.duties.desk,
        policy=case.policy,
        name=case.intake.resident.name,
        telephone=case.intake.resident.telephone,
        address=case.intake.resident.address,
        reporter=case.intake.reporter,
        origin=case.intake.origin,
        split_from=case.id,
        clock_from=dispatch.started_at if dispatch else None,
        carried=_carried(case, Obligation.RESOLVE),
        carried_promise=_carried(case, Obligation.PROMISE),
        handled_by=tuple(sorted(case.worked)),
        workers=tuple(sorted(case.duties.workers)),
    )


def _carried(case: Case, obligation: Obligation) -> CarriedClock | None:
    clock = find_open(case.clocks, obligation)
    if clock is None:
        return None
    return CarriedClock(
        unit=clock.owner,
        started_at=clock.started_at,
        holds=tuple(
            PastHold(kind=one.kind, start=one.start, end=one.end or one.until) for one in clock.holds
        ),
        extensions=clock.extensions,
        target=clock.target,
        target_at=clock.target_at,
        accepted_at=clock.accepted_at,
    )
