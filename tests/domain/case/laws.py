"""What must hold of every case after every command, whatever the command was."""

from dataclasses import fields, replace
from uuid import UUID

from domain.actor import LADDER, Actor, Role
from domain.case.buckets import account
from domain.case.clocks import Clock, Standstill, due_moment, standstill
from domain.case.commands import Context, StrikeOff, Visit
from domain.case.decide import decide
from domain.case.decide.standing import stands_right
from domain.case.events import (
    AnyCaseEvent,
    RecheckAnswered,
    Reopened,
    ReviewAnswered,
    StruckOff,
    Unmerged,
    Visited,
)
from domain.case.evolve import fold
from domain.case.plan import Action, plan
from domain.case.stage import ANSWERED, OPEN, Ground, Stage
from domain.case.state import Case
from domain.policy import Obligation
from tests.domain.case.hands import hands
from tests.support.given import World, rung, seal
from tests.support.town import PEOPLE, TOWN, person

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
    _offered_to_nobody_who_worked(world, one)
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
        stops = [stop for clock in case.clocks if clock.open and (stop := standstill(clock, policy))]
        assert not stops or _stands_with_its_leader(world, case, stops)
    else:
        assert case.hold.until > case.hold.since
        assert plan(case, world.book) is not None


def _stands_with_its_leader(world: World, case: Case, stops: list[Standstill]) -> bool:
    """Whether a merged case stands still only while the leading one does, and until the same date."""
    leading = world.cases.get(case.links.leading) if case.links.leading is not None else None
    hold = None if leading is None else leading.hold
    return hold is not None and [(one.kind, one.until) for one in stops] == [(hold.kind, hold.until)]


def _offered_to_nobody_who_worked(world: World, case: Case) -> None:
    """Whoever had a hand in the case is offered neither its visit nor its strike-off, wherever they sit."""
    if case.stage not in (Stage.RESOLVED, Stage.VISITED):
        return
    had = hands(world, case.id)
    moved = [person(Role.VISITOR, unit, id_) for id_ in had.persons for unit in TOWN.units]
    for actor in (*PEOPLE, *(person(Role.VISITOR, unit) for unit in TOWN.units), *moved):
        if actor.role in (Role.SYSTEM, Role.RESIDENT) or actor.unit is None:
            continue
        if actor.id in had.persons or had.touched(actor.unit):
            assert not any(stands_right(actor, verb, case, TOWN) for verb in (Visit, StrikeOff)), actor


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


def check_step(before: Case | None, events: tuple[AnyCaseEvent, ...], world: World, actor: Actor) -> None:
    """Check what one command did to its case."""
    if before is not None and actor.role is not Role.SYSTEM:
        _independent(before, events, world, actor)
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
        if isinstance(event, Reopened):
            assert event.round >= 2


def _independent(before: Case, events: tuple[AnyCaseEvent, ...], world: World, actor: Actor) -> None:
    """Who had a hand in the case, as unit or person, judges it in no way; who judged it strikes it off."""
    for event in events:
        if not isinstance(event, Visited | StruckOff | ReviewAnswered | RecheckAnswered):
            continue
        had = hands(world, before.id, before.version)
        assert actor.id not in had.persons
        if isinstance(event, ReviewAnswered | RecheckAnswered):
            continue
        assert not had.touched(event.unit), had
        if isinstance(event, StruckOff) and event.ground is not Ground.RECHECK:
            assert had.went is not None, "struck off and nobody went"
            above = had.went == event.unit or had.went.startswith(f"{event.unit}.")
            assert above or event.unit == before.duties.visitor


def _restored(clock: Clock) -> Clock:
    """Return what an undone merge puts back of a clock: all but changed rules, and whistles that went on."""
    whistle = clock.obligation is Obligation.ANSWER_WHISTLE
    return replace(
        clock,
        terms=None,
        climbs_from=None,
        calendar_version=0 if whistle else clock.calendar_version,
        ended_at=None if whistle else clock.ended_at,
        ending=None if whistle else clock.ending,
    )


def climb(world: World, case: UUID, most: int) -> int:
    """Take every planned step of a case in its time, on a copy; returns how many there were."""
    copy = World(
        book=world.book,
        now=world.now,
        cases=dict(world.cases),
        events={key: [*events] for key, events in world.events.items()},
        givers=dict(world.givers),
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
