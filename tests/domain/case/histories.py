"""Ways to bring a case into each stage, each with something in it for every command."""

from domain.actor import Role
from domain.case import commands as c
from domain.case.stage import Stage
from domain.case.state import Case
from tests.support import asks, town
from tests.support.given import OTHER, Given

LATE = (asks.hold_accountable("1/dispatch"),)
"""On every case an entry stands."""
AT_WORK = (asks.whistle(), asks.ask_extension())

BEGUN: tuple[Given, ...] = (asks.collect("water", "noise"), *LATE)
SCREENED = (*BEGUN, asks.screen())
ASSIGNED = (*SCREENED, asks.assign(), *AT_WORK)
ACCEPTED = (*SCREENED, asks.assign(), c.Accept(), *AT_WORK)
RESOLVED = (*ACCEPTED, asks.resolve(1, 2))
UNREACHED = (*RESOLVED, *((asks.nobody_home(), town.visitor(number)) for number in range(3)))
"""By three visitors, since one of them has to wait before a further try counts."""
VISITED = (*RESOLVED, asks.visit(1, 2))
MERGED = c.Merge(into=OTHER)

SUSPENDED = (*ACCEPTED, asks.suspend())
HUNG_UP = (*ACCEPTED, (asks.hang_up(), town.WATER_HEAD), asks.hang_up())
CLOSED = (*VISITED, c.StrikeOff())
REFUSED = (*BEGUN, asks.refuse())

PETITION = (
    asks.collect("water", "noise", policy=asks.PETITION),
    *LATE,
    asks.screen(),
    asks.assign(),
    c.Accept(),
)
PETITION_RESOLVED = (*PETITION, asks.resolve(1, 2))
PETITION_CLOSED = (*PETITION_RESOLVED, asks.visit(1, 2), c.StrikeOff())
REVIEWED = (asks.ask_review(), asks.answer_review())
OWN_RESOLVED = (
    *PETITION[:3],
    asks.assign(town.DISTRICT),
    (asks.resolve(1, 2), town.person(Role.CASE_WORKER, town.DISTRICT, "clerk@yuhua")),
)
"""By the top unit, above which nobody reviews it."""
BURST = (
    asks.collect("water", "noise", category="burst_pipe", policy="digital-city-hours"),
    *LATE,
    asks.screen(),
    asks.assign(),
)

HISTORIES: dict[Stage, tuple[tuple[Given, ...], ...]] = {
    Stage.COLLECTED: (BEGUN,),
    Stage.SCREENED: (SCREENED, (*ASSIGNED, asks.object_(), asks.rule(True))),
    Stage.ASSIGNED: (BURST, ASSIGNED, (*ASSIGNED, asks.object_()), (*SCREENED, asks.assign())),
    Stage.ACCEPTED: (
        (*BURST, c.Accept()),
        ACCEPTED,
        (*SCREENED, asks.assign(), c.Accept()),
        (*ACCEPTED, (asks.hang_up(), town.WATER_HEAD)),
    ),
    Stage.SUSPENDED: (
        (*BURST, c.Accept(), asks.suspend()),
        SUSPENDED,
    ),
    Stage.HUNG_UP: (
        (*BURST, c.Accept(), (asks.hang_up(), town.WATER_HEAD), asks.hang_up()),
        HUNG_UP,
        (*HUNG_UP, (c.TakeDown(), town.WATER_HEAD)),
    ),
    Stage.RESOLVED: (PETITION_RESOLVED, (*PETITION_RESOLVED, *REVIEWED), RESOLVED, UNREACHED),
    Stage.VISITED: (
        (*PETITION_RESOLVED, asks.visit(1, 2)),
        (*PETITION_RESOLVED, *REVIEWED, asks.visit(1, 2)),
        VISITED,
    ),
    Stage.CLOSED: (
        PETITION_CLOSED,
        (*PETITION_CLOSED, *REVIEWED),
        CLOSED,
    ),
    Stage.REFUSED: (REFUSED,),
    Stage.UNDER_REVIEW: (
        (*PETITION, asks.whistle(), asks.resolve(1, 2), asks.ask_review()),
        (*PETITION_CLOSED, asks.ask_review()),
        (*PETITION_CLOSED, *REVIEWED, asks.ask_recheck()),
        (*OWN_RESOLVED, *REVIEWED, asks.ask_recheck()),
    ),
    Stage.MERGED: tuple((*one, MERGED) for one in (BEGUN, SCREENED, ASSIGNED, ACCEPTED)),
}
"""Each is told once more with a first signature for its exclusion, and once more with the case excluded."""


def excluded(case: Case) -> tuple[Given, Given]:
    """Return the two signatures that exclude a case: that of its unit's head and a supervisor's."""
    return (asks.exclude(), town.person(Role.UNIT_HEAD, case.duties.bearer)), asks.exclude()
