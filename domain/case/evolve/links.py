"""Fold bonds between cases."""

from datetime import datetime
from typing import assert_never

from domain.case.clocks import (
    Clock,
    Ending,
    accepted,
    end,
    find,
    find_open,
    settle,
    under_new_rules,
)
from domain.case.events import (
    FollowerReleased,
    FollowerTaken,
    LeaderMoved,
    LinkEvent,
    Merged,
    Split,
    Unmerged,
)
from domain.case.evolve.timing import appraisal_proposals
from domain.case.stage import Act, Stage
from domain.case.state import Case, Links
from domain.policy import MILESTONES, Obligation
from domain.records import replace


def evolve_links(case: Case, event: LinkEvent) -> Case:
    """Fold an event of the bonds onto a case."""
    match event:
        case Merged():
            return _merged(case, event)
        case Unmerged():
            return _unmerged(case, event.at)
        case LeaderMoved():
            return _moved(case, event)
        case FollowerTaken():
            return replace(case, links=replace(case.links, followers=(*case.links.followers, event.follower)))
        case FollowerReleased():
            left = tuple(one for one in case.links.followers if one != event.follower)
            return replace(case, links=replace(case.links, followers=left))
        case Split():
            gone = {claim for part in event.parts for claim in part.claims}
            return replace(case, claims=tuple(claim for claim in case.claims if claim.id not in gone))
        case _:
            assert_never(event)


def _merged(case: Case, event: Merged) -> Case:
    """The promise to this resident goes on: the resolve clock keeps running, or begins with the merge.

    The leading case's unit owes it from now on, whoever owed it before; but a limit that had passed by then
    stays with the unit that missed it. Source: decision 0005.
    """
    others = (Obligation.DISPATCH, Obligation.ACCEPT, Obligation.CONTACT, Obligation.ANSWER_OBJECTION)
    clocks = end(case.clocks, event.at, Ending.VOID, (*others, *MILESTONES))
    if find_open(clocks, Obligation.RESOLVE) is None:
        # Undo takes this clock away again, so its key must not be one that a later clock can have.
        key = f"{case.round}/{Obligation.RESOLVE.value}/merged-{case.version}"
        clocks = (
            *clocks,
            Clock(key=key, obligation=Obligation.RESOLVE, owner=event.unit, started_at=event.at),
        )
    # Whoever leads has taken it: nobody owes an acceptance for this case any more.
    clocks = accepted(clocks, event.at)
    if not event.late:
        clocks = _owed_by(event.unit, clocks, event.at)
    duties = replace(case.duties, handler=event.unit, objection=None)
    return replace(
        case,
        stage=Stage.MERGED,
        since=event.at,
        clocks=clocks,
        duties=duties,
        ask=None,
        proposals=appraisal_proposals(case),
        links=Links(leading=event.into, before=case, claims=event.claims, late=event.late),
    )


def _moved(case: Case, event: LeaderMoved) -> Case:
    """Name the unit that has the leading case now; it owes this resident's answer by the same moment."""
    if case.stage is not Stage.MERGED:
        return case
    stays = event.raised or event.late
    clocks = case.clocks if stays else _owed_by(event.unit, case.clocks, event.at)
    links = replace(case.links, late=True) if event.late else case.links
    return replace(case, clocks=clocks, links=links, duties=replace(case.duties, handler=event.unit))


def _owed_by(unit: str, clocks: tuple[Clock, ...], at: datetime) -> tuple[Clock, ...]:
    """Let the unit owe the resolution; what was late before it had the case climbs from now on only."""
    return tuple(
        replace(clock, owner=unit, climbs_from=at)
        if clock.open and clock.obligation is Obligation.RESOLVE and clock.owner != unit
        else clock
        for clock in clocks
    )


def _unmerged(case: Case, at: datetime) -> Case:
    """Restore the case as it stood, but for what cannot be undone.

    Kept are rungs, entries, the policy, what departments answered, and what was signed about the appraisal.
    """
    before = case.links.before
    if before is None:
        return case
    return replace(
        before,
        version=case.version,
        policy=case.policy,
        rungs=case.rungs,
        entries=case.entries,
        excluded=case.excluded,
        excluded_until=case.excluded_until,
        calls=case.calls,
        clocks=_restored(before, case, at),
        proposals=(
            *(one for one in before.proposals if one.act in (Act.HANG_UP, Act.TAKE_DOWN)),
            *appraisal_proposals(case),
        ),
    )


def _restored(before: Case, case: Case, at: datetime) -> tuple[Clock, ...]:
    clocks = tuple(_answered_meanwhile(clock, case) for clock in before.clocks)
    if before.policy != case.policy:
        moved_at = next((clock.climbs_from for clock in case.clocks if clock.open), None)
        clocks = settle(clocks, before.terms)
        clocks = clocks if moved_at is None else under_new_rules(clocks, moved_at)
    return tuple(_climbs_again(clock, find(case.clocks, clock.key), at) for clock in clocks)


def _climbs_again(clock: Clock, followed: Clock | None, at: datetime) -> Clock:
    """Let nobody be held accountable at once for time in which the leading case lawfully had more."""
    if followed is None or not clock.open or clock.obligation is not Obligation.RESOLVE:
        return clock
    given = (followed.holds, followed.extensions) != (clock.holds, clock.extensions)
    return replace(clock, climbs_from=at) if given else clock


def _answered_meanwhile(clock: Clock, case: Case) -> Clock:
    if clock.obligation is not Obligation.ANSWER_WHISTLE:
        return clock
    return find(case.clocks, clock.key) or clock
