"""Who may do what, pinned by hand from what each act is for: nothing is read from the code under test.

Each verb has one or more lines: roles, where they must stand while a department is responsible, and where
once the case was raised to the district.
"""

from typing import NamedTuple

from domain.actor import Role
from tests.support import town

STANDINGS = {
    "desk": town.EAST,
    "under_desk": town.PINE,
    "handler": town.WATER,
    "part": town.WATER_OFFICE,
    "helper": town.HOUSING,
    "called": town.TRAFFIC,
    "above": town.DISTRICT,
    "stranger": town.WEST,
    "outside": town.ASSESSOR,
}
"""A unit for each way to stand to a case of the street's, in the hands of the water department."""

WORKER = frozenset({Role.CASE_WORKER, Role.UNIT_HEAD})
HEAD, SUPERVISOR = frozenset({Role.UNIT_HEAD}), frozenset({Role.SUPERVISOR})
ADMINISTRATOR, GRID = frozenset({Role.ADMINISTRATOR}), frozenset({Role.GRID_WORKER})
OFFICE = WORKER | SUPERVISOR | ADMINISTRATOR
VISITOR, RESIDENT = frozenset({Role.VISITOR}), frozenset({Role.RESIDENT})
DECIDES = HEAD | SUPERVISOR
EVERYWHERE = frozenset(STANDINGS)


class Line(NamedTuple):
    """Roles and the standings that let them, before and after the case was raised to the district."""

    roles: frozenset[Role]
    standings: frozenset[str]
    raised: frozenset[str]


def _at(*standings: str) -> frozenset[str]:
    return frozenset(standings)


def _line(roles: frozenset[Role], standings: frozenset[str], raised: frozenset[str] | None = None) -> Line:
    return Line(roles, standings, standings if raised is None else raised)


_DESK, _ABOVE = _at("desk", "above"), _at("above")
_UNIT = _at("handler", "part")
_FREE = _at("desk", "under_desk", "above", "stranger", "outside")
_SIGNED = (_line(WORKER, _UNIT, _ABOVE), _line(SUPERVISOR, _ABOVE))

TABLE: dict[str, tuple[Line, ...]] = {
    "collect": (_line(OFFICE | GRID | VISITOR | RESIDENT, EVERYWHERE),),
    **dict.fromkeys(("screen", "assign", "merge", "unmerge", "split"), (_line(OFFICE, _DESK),)),
    "refuse": (_line(OFFICE, _DESK, _at()),),
    **dict.fromkeys(
        ("accept", "contact", "progress", "resolve", "reach-milestone"),
        (_line(WORKER | GRID, _UNIT, _ABOVE),),
    ),
    **dict.fromkeys(("object", "resume", "ask-extension"), (_line(WORKER, _UNIT, _ABOVE),)),
    "suspend": (_line(HEAD, _UNIT, _ABOVE),),
    "rule-objection": (_line(OFFICE, _DESK, _ABOVE),),
    "whistle": (_line(OFFICE, _DESK | _UNIT, _DESK),),
    "answer-whistle": (_line(WORKER, _at("called")),),
    **dict.fromkeys(("grant-extension", "refuse-extension"), (_line(DECIDES, _ABOVE),)),
    **dict.fromkeys(("hang-up", "take-down", "exclude", "include"), _SIGNED),
    "visit": (_line(OFFICE | GRID | VISITOR, _FREE, _FREE - _ABOVE),),
    "strike-off": (_line(OFFICE | VISITOR, _DESK, _at("desk")),),
    **dict.fromkeys(("reopen", "ask-review", "ask-recheck"), (_line(OFFICE | VISITOR, _DESK),)),
    **dict.fromkeys(("answer-review", "answer-recheck", "hear"), (_line(OFFICE, _ABOVE),)),
    **dict.fromkeys(("receive-target", "recalibrate"), (_line(ADMINISTRATOR, EVERYWHERE),)),
    "move-policy": (_line(SUPERVISOR | ADMINISTRATOR, _ABOVE),),
    **dict.fromkeys(("remind", "supervise", "raise", "hold-accountable"), (_line(SUPERVISOR, _ABOVE),)),
    "answer-accountability": (_line(WORKER, _UNIT),),
    "appeal-accountability": (_line(HEAD, _UNIT),),
    "withdraw-accountability": (_line(SUPERVISOR, _ABOVE),),
}

OF_RESIDENTS = frozenset({"collect", "reopen", "ask-review", "ask-recheck"})
"""What a resident may ask for on what they raised themselves."""


def roles(verb: str) -> frozenset[Role]:
    """Return every role that may ever give a command."""
    every = frozenset[Role]().union(*(line.roles for line in TABLE[verb]))
    return every | (RESIDENT if verb in OF_RESIDENTS else frozenset())
