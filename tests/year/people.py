"""What people do with a case when they come to it: what is due, and at times too late or badly."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random

from domain.actor import Actor, Role
from domain.case import commands as c
from domain.case.clocks import find_open
from domain.case.decide.standing import is_own
from domain.case.stage import Stage
from domain.case.state import Case
from domain.organisation import Organisation
from domain.policy import Obligation
from tests.support import asks, town
from tests.support.town import DAY, HOUR, person
from tests.year import district

Deed = tuple[c.AnyCaseCommand, Actor]

RESIDENT = person(Role.RESIDENT, None)
SUPERVISOR = person(Role.SUPERVISOR, district.DISTRICT)
NEGLECTED = 0.035
"""Share of the visits to a desk that come weeks too late."""
FORGOTTEN = 0.002
"""Share of them that never come; only the ladder looks after such a case."""
HANDLERS = (district.DEPARTMENTS, district.COMMUNITIES, district.STREETS)


def collect(random: Random) -> tuple[c.Collect, Actor]:
    """Return a resident's matter as a grid worker or the hotline takes it down."""
    community = random.choice(district.COMMUNITIES)
    claims = ("The cellar is under water", "No lamp burns", "Noise at night")[
        : random.choice((1, 1, 1, 2, 3))
    ]
    command = asks.collect(
        *claims,
        place={"unit": community},
        category=random.choice(("water", "noise", "lighting", "parking", "lifts")),
        channel=random.choice(("hotline", "visit", "web", "patrol")),
    )
    return command, person(Role.GRID_WORKER, community)


def petition() -> tuple[tuple[datetime, c.AnyCaseCommand, Actor], ...]:
    """Return the course of one matter of Art. 31(6): reviewed, heard, re-examined and closed for good."""
    community, office = district.COMMUNITIES[0], district.DEPARTMENTS[0]
    desk, handler = _worker(district.STREETS[0]), _worker(office)
    district_office = _worker(district.DISTRICT)
    taken = asks.collect(channel="petition", category="route_31_6", place={"unit": community})
    supervisor = person(Role.SUPERVISOR, district.DISTRICT)
    heard = asks.hear(town.wall("2026-05-12 09:00"), town.wall("2026-05-12 12:00"))
    course: tuple[tuple[str, c.AnyCaseCommand, Actor], ...] = (
        ("2026-02-03 10:00", taken, person(Role.GRID_WORKER, community)),
        ("2026-02-03 10:30", asks.move_policy(asks.PETITION), supervisor),
        ("2026-02-03 11:00", asks.screen(), desk),
        ("2026-02-04 09:30", asks.assign(office), desk),
        ("2026-02-05 09:30", c.Accept(), handler),
        ("2026-02-06 15:00", asks.contact(), handler),
        ("2026-03-20 16:00", asks.resolve(outcome="not_supported"), handler),
        ("2026-03-27 10:00", asks.ask_review(), desk),
        ("2026-04-20 10:00", asks.answer_review(), district_office),
        ("2026-05-06 09:30", asks.ask_recheck(), desk),
        ("2026-05-12 14:00", heard, supervisor),
        ("2026-06-08 17:00", asks.answer_recheck(), supervisor),
    )
    return tuple((town.wall(at), command, actor) for at, command, actor in course)


def delay(random: Random, case: Case) -> timedelta | None:
    """Return how long it takes until somebody comes to the case again; None: nobody ever does."""
    chance = random.random()
    if chance < FORGOTTEN:
        return None
    if chance < FORGOTTEN + NEGLECTED:
        return random.uniform(5, 45) * DAY
    if case.hold is not None:
        return (case.hold.until - case.hold.since) * random.uniform(0.3, 1.4)
    return random.uniform(0.5, 60 if case.stage is Stage.ACCEPTED else 9) * HOUR


def deed(random: Random, case: Case, now: datetime, organisation: Organisation) -> Deed | None:
    """Return what is done with the case now; None: nothing, until somebody comes again."""
    act = _ACTS.get(case.stage)
    return None if act is None else act(random, case, now, organisation)


def report_in(random: Random, case: Case) -> Deed | None:
    """Return the answer of a department that was called and has not answered yet."""
    for call in case.calls:
        if call.answer is None:
            answer = random.choice(("did", "did", "did", "declined"))
            words = "No crew" if answer == "declined" else None
            return asks.report_in(call.number, answer, words), _worker(call.department)
    return None


def _worker(unit: str) -> Actor:
    return person(Role.CASE_WORKER, unit)


def _screen(random: Random, case: Case, now: datetime, organisation: Organisation) -> Deed:
    desk = _worker(case.duties.desk)
    if random.random() < 0.04:
        return asks.refuse(), desk
    return asks.screen(kind=random.choice(("issue", "need"))), desk


def _assign(random: Random, case: Case, now: datetime, organisation: Organisation) -> Deed:
    kind = random.choices(HANDLERS, (6, 3, 1))[0]
    near = [unit for unit in kind if organisation.contains(case.duties.desk, unit)]
    return asks.assign(random.choice(near or kind)), _worker(case.duties.desk)


def _take(random: Random, case: Case, now: datetime, organisation: Organisation) -> Deed:
    handler = _worker(case.duties.handler or "")
    if case.duties.objection is not None:
        upheld = random.random() < 0.3
        above = organisation.parent(case.duties.objection)
        return asks.rule(upheld), person(Role.SUPERVISOR, above)
    if case.duties.designated != case.duties.handler and random.random() < 0.07:
        return asks.object_(), handler
    return c.Accept(), handler


def _work(random: Random, case: Case, now: datetime, organisation: Organisation) -> Deed:
    handler = case.duties.handler or ""
    if case.ask is not None and find_open(case.clocks, Obligation.RESOLVE) is not None:
        return (c.GrantExtension() if random.random() < 0.7 else asks.refuse_extension()), SUPERVISOR
    if case.proposals:
        first = case.proposals[0]
        return asks.hang_up(first.until, reason=first.reason), SUPERVISOR
    if find_open(case.clocks, Obligation.CONTACT) is not None:
        return asks.contact(reached=random.random() < 0.9), _worker(handler)
    entry = next((one for one in case.entries if not (one.answered or one.withdrawn)), None)
    if entry is not None and random.random() < 0.7:
        return asks.answer_entry(entry.number), _worker(entry.unit)
    return _labour(random, case, now)


def _labour(random: Random, case: Case, now: datetime) -> Deed:
    handler = case.duties.handler or ""
    weights = (4, 20, 8, 6, 1.5, 60)
    match random.choices(("suspend", "progress", "whistle", "more time", "hang up", "resolve"), weights)[0]:
        case "suspend":
            until = _midday(now + random.randint(3, 40) * DAY)
            return asks.suspend(until), person(Role.UNIT_HEAD, handler)
        case "progress":
            return asks.progress(), _worker(handler)
        case "whistle":
            called = random.sample(district.DEPARTMENTS, random.randint(1, 3))
            return asks.whistle(*called), _worker(case.duties.desk)
        case "more time":
            return asks.ask_extension(f"{random.randint(2, 10)} working_day"), _worker(handler)
        case "hang up":
            until = _midday(now + random.randint(20, 200) * DAY)
            return asks.hang_up(until), person(Role.UNIT_HEAD, handler)
        case _:
            return asks.resolve(*(claim.id for claim in case.claims)), _worker(handler)


def _midday(at: datetime) -> datetime:
    return at.astimezone(town.ZONE).replace(hour=12, minute=0, second=0)


def _resume(random: Random, case: Case, now: datetime, organisation: Organisation) -> Deed | None:
    return (c.Resume(), _worker(case.duties.handler or "")) if random.random() < 0.5 else None


def _ask_again(random: Random, case: Case, now: datetime, organisation: Organisation) -> Deed:
    unit = case.responsible
    visitor = person(Role.VISITOR, district.ASSESSOR if is_own(unit, case, organisation) else unit)
    if case.stage is Stage.VISITED or case.tries >= 3:
        return c.StrikeOff(), visitor
    chance = random.random()
    if chance < 0.12 or (case.tries and chance < 0.5):
        return asks.nobody_home(), visitor
    return asks.visit_all(case, satisfaction=1 if chance > 0.93 else random.choice((3, 4, 5))), visitor


def _come_back(random: Random, case: Case, now: datetime, organisation: Organisation) -> Deed | None:
    return (asks.reopen(), _worker(case.duties.desk)) if random.random() < 0.015 else None


_Act = Callable[[Random, Case, datetime, Organisation], Deed | None]
_ACTS: Mapping[Stage, _Act] = {
    Stage.COLLECTED: _screen,
    Stage.SCREENED: _assign,
    Stage.ASSIGNED: _take,
    Stage.ACCEPTED: _work,
    Stage.SUSPENDED: _resume,
    Stage.RESOLVED: _ask_again,
    Stage.VISITED: _ask_again,
    Stage.CLOSED: _come_back,
}
