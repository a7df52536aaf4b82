"""Fold bonds between cases."""

from dataclasses import replace
from typing import assert_never

from domain.case.clocks import Ending, end, find_open, start
from domain.case.events import FollowerReleased, FollowerTaken, LinkEvent, Merged, Split, Unmerged
from domain.case.stage import Stage
from domain.case.state import Case, Links
from domain.policy import Obligation


def evolve_links(case: Case, event: LinkEvent) -> Case:
    """Fold an event of the bonds onto a case."""
    match event:
        case Merged():
            return _merged(case, event)
        case Unmerged():
            return _unmerged(case)
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
    """The promise to this resident goes on: the resolve clock keeps running, or begins with the merge."""
    others = (Obligation.DISPATCH, Obligation.ACCEPT, Obligation.CONTACT, Obligation.ANSWER_OBJECTION)
    clocks = end(case.clocks, event.at, Ending.VOID, others)
    if find_open(clocks, Obligation.RESOLVE) is None:
        clocks = start(clocks, Obligation.RESOLVE, event.unit, event.at, case.round)
    duties = replace(
        case.duties, handler=event.unit, handled=case.duties.handled | {event.unit}, objection=None
    )
    return replace(
        case,
        stage=Stage.MERGED,
        since=event.at,
        clocks=clocks,
        duties=duties,
        ask=None,
        proposals=(),
        links=Links(leading=event.into, before=case),
    )


def _unmerged(case: Case) -> Case:
    """Restore the case as it stood, and keep what cannot be undone: rungs, entries, calls and the policy."""
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
    )
