"""What must hold of every case after every command, whatever the command was."""

from dataclasses import fields, replace
from uuid import UUID

from domain.actor import LADDER, Role
from domain.case.buckets import account
from domain.case.clocks import Clock, due_moment, standstill
from domain.case.commands import Context
from domain.case.decide import decide
from domain.case.events import AnyCaseEvent, Reopened, StruckOff, Unmerged, Visited
from domain.case.evolve import fold
from domain.case.plan import Action, plan
from domain.case.stage import ANSWERED, OPEN, Ground, Stage
from domain.case.state import Case
from domain.policy import Obligation
from tests.support.given import World, rung, seal
from tests.support.town import TOWN

KEPT_BY_UNDO = {
    "version", "rungs", "entries", "policy", "excluded", "excluded_until", "calls", "clocks", "proposals",
}  # fmt: skip
"""What an undone merge does not put back: it happened, and stays. Of clocks that is a whistle's answer."""
IN_HAND = OPEN - ANSWERED - {Stage.MERGED}
"""Stages in which a case may lead others."""


def check(world: World, case: UUID) -> None:
    """Check every law on one case."""
    one = world.case(case)
    assert one.version == len(world.events[case])
    _somebody_owes_something(world, one)
    _rungs_once(one)
    _bound_both_ways(world, one)
    if one.version % 4 == 0:
        _folds_anywhere(world.events[case], one)
    keys = [clock.key for clock in one.clocks]
    assert len(keys) == len(set(keys))
    assert plan(one, world.book) == plan(replace(one), world.book)
    unit, _ = account(one)
    assert TOWN.knows(unit)


def _somebody_owes_something(world: World, case: Case) -> None:
    assert TOWN.knows(case.responsible)
    assert all(TOWN.knows(unit) for unit in case.units)
    if case.stage not in OPEN:
        assert not any(clock.open for clock in case.clocks)
        step = plan(case, world.book)
        assert step is None or (step.action is Action.INCLUDE and case.excluded)
        return
    policy, calendar = world.book.rules(case), world.book.calendar(case.policy)
    due = [due_moment(clock, policy, calendar) for clock in case.clocks if clock.open]
    running = [
        clock for clock in case.clocks if clock.open and (clock.target or policy.rules_for(clock.obligation))
    ]
    assert running, f"nothing runs in {case.stage}"
    if case.hold is None:
        assert any(due), f"nothing falls due in {case.stage}"
        assert not any(standstill(clock, policy) for clock in case.clocks if clock.open)
    else:
        assert case.hold.until > case.hold.since
        assert plan(case, world.book) is not None


def _bound_both_ways(world: World, case: Case) -> None:
    """A merged case's leader is open and unresolved, and knows it; and who leads has only merged ones."""
    if case.stage is Stage.MERGED:
        assert case.links.leading is not None
        leading = world.case(case.links.leading)
        assert leading.stage in IN_HAND, leading.stage
        assert case.id in leading.links.followers
        known = {claim.id for claim in leading.claims}
        assert {bond.leading for bond in case.links.claims} <= known
        assert {bond.claim for bond in case.links.claims} == {claim.id for claim in case.claims}
    for follower in case.links.followers:
        assert world.case(follower).links.leading == case.id


def _rungs_once(case: Case) -> None:
    assert len(case.rungs) == len(set(case.rungs))


def _folds_anywhere(events: list[AnyCaseEvent], case: Case) -> None:
    middle = len(events) // 2
    assert fold(events[middle:], fold(events[:middle])) == case
    assert fold(events) == case


def check_step(before: Case | None, events: tuple[AnyCaseEvent, ...], world: World, actor_role: Role) -> None:
    """Check what one command did to its case."""
    for event in events:
        if isinstance(event, Unmerged):
            assert before is not None
            after = world.case(before.id)
            was = before.links.before
            assert was is not None
            for field in fields(Case):
                if field.name not in KEPT_BY_UNDO:
                    assert getattr(after, field.name) == getattr(was, field.name), field.name
            assert [_restored(clock) for clock in after.clocks] == [_restored(clock) for clock in was.clocks]
        by_opinion = isinstance(event, StruckOff) and event.ground is Ground.RECHECK
        if isinstance(event, Visited | StruckOff) and not by_opinion and actor_role is not Role.SYSTEM:
            assert before is not None
            assert event.unit not in before.duties.handled
        if isinstance(event, Reopened):
            assert event.round >= 2


def _restored(clock: Clock) -> Clock:
    """Return what an undone merge puts back of a clock: all but changed rules and answered whistles."""
    answered = clock.obligation is Obligation.ANSWER_WHISTLE
    return replace(
        clock,
        terms=None,
        climbs_from=None,
        ended_at=None if answered else clock.ended_at,
        ending=None if answered else clock.ending,
    )


def climb(world: World, case: UUID, most: int) -> int:
    """Take every planned step of a case in its time, on a copy; returns how many there were."""
    copy = World(
        book=world.book, now=world.now, cases=dict(world.cases), events={case: [*world.events[case]]}
    )
    seen: list[tuple[object, ...]] = []
    while (step := copy.plan(case)) is not None:
        assert len(seen) < most, f"no end: {seen[-6:]}"
        assert copy.step(case), f"no progress by {step}"
        seen.append((step.action, step.clock, step.wake_at))
        check(copy, case)
    assert len({one[:2] for one in seen if one[1]}) == len([one for one in seen if one[1]])
    return len(seen)


def asked_again_is_nothing(world: World, case: UUID) -> None:
    """A timer that fires twice for one step, or too early, records nothing."""
    one = world.case(case)
    step = plan(one, world.book)
    if step is None or step.wake_at <= world.now:
        return
    assert decide(seal(rung(step)), one, _context(world, case), {}) == ()


def _context(world: World, case: UUID) -> Context:
    return Context(case=case, command=case, actor=LADDER, at=world.now, now=world.now, book=world.book)
