"""Ways to bring a case into each stage, each with something in it for every command."""

from domain.case import commands as c
from domain.case.stage import Stage
from tests.support import asks, town
from tests.support.given import OTHER, Given

LATE = (
    asks.hold_accountable("1/dispatch"),
    (asks.exclude(), town.STREET_HEAD),
)
"""On every case an entry stands and an exclusion waits for its second signature."""
AT_WORK = (asks.whistle(), asks.ask_extension())

BEGUN: tuple[Given, ...] = (asks.collect("water", "noise"), *LATE)
SCREENED = (*BEGUN, asks.screen())
ASSIGNED = (*SCREENED, asks.assign(), *AT_WORK)
ACCEPTED = (*SCREENED, asks.assign(), c.Accept(), *AT_WORK)
RESOLVED = (*ACCEPTED, asks.resolve(1, 2))
UNREACHED = (*RESOLVED, *[asks.nobody_home()] * 3)
VISITED = (*RESOLVED, asks.visit(1, 2))
EXCLUDED = (asks.exclude(),)
MERGED = c.Merge(into=OTHER)

SUSPENDED = (*ACCEPTED, asks.suspend())
HUNG_UP = (*ACCEPTED, (asks.hang_up(), town.WATER_HEAD), asks.hang_up())
CLOSED = (*VISITED, c.StrikeOff())
REFUSED = (*BEGUN, asks.refuse())

HISTORIES: dict[Stage, tuple[tuple[Given, ...], ...]] = {
    Stage.COLLECTED: (BEGUN,),
    Stage.SCREENED: (SCREENED,),
    Stage.ASSIGNED: (ASSIGNED, (*ASSIGNED, asks.object_()), (*SCREENED, asks.assign())),
    Stage.ACCEPTED: (
        ACCEPTED,
        (*SCREENED, asks.assign(), c.Accept()),
        (*ACCEPTED, (asks.hang_up(), town.WATER_HEAD)),
    ),
    Stage.SUSPENDED: (SUSPENDED,),
    Stage.HUNG_UP: (HUNG_UP, (*HUNG_UP, (c.TakeDown(), town.WATER_HEAD))),
    Stage.RESOLVED: (RESOLVED, UNREACHED),
    Stage.VISITED: (VISITED,),
    Stage.CLOSED: (CLOSED,),
    Stage.REFUSED: (REFUSED,),
    Stage.MERGED: tuple((*one, MERGED) for one in (BEGUN, SCREENED, ASSIGNED, ACCEPTED)),
}
"""Each is told once more with the case excluded."""
