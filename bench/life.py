"""One case's straight way through its life, as commands of ours and as an aggregate of the library's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.harness import PAYLOAD
from domain.actor import Actor, Role
from domain.case import commands as c
from domain.case.stage import Channel, Kind
from domain.personal import Personal
from engine import ids
from engine.handle import Engine

DESK = Actor(id="desk", role=Role.CASE_WORKER, unit="city.east")
WORKER = Actor(id="worker", role=Role.CASE_WORKER, unit="city.roads")
VISITOR = Actor(id="visitor", role=Role.VISITOR, unit="city.east")


def collect() -> c.Collect:
    """Return how a case of the benchmarks begins; its words go to the vault."""
    return c.Collect.model_validate(
        {
            "channel": Channel.HOTLINE,
            "claims": (Personal(text=PAYLOAD),),
            "category": "lighting",
            "place": {"unit": "city.east.lane"},
        }
    )


SOLVED = {"claim": 1, "outcome": "solved", "measure": PAYLOAD}
STEPS: tuple[tuple[Any, Actor], ...] = (
    (collect(), DESK),
    (c.Screen(kind=Kind.ISSUE), DESK),
    (c.Assign(unit="city.roads"), DESK),
    (c.Accept(), WORKER),
    (c.Resolve.model_validate({"answers": [SOLVED]}), WORKER),
    (
        c.Visit.model_validate(
            {"reached": True, "judgements": [{"claim": 1, "solved": True, "satisfaction": 5}]}
        ),
        VISITOR,
    ),
    (c.StrikeOff(), VISITOR),
)
"""The commands of one life, each with who gives it; each is a transaction."""


def live(engine: Engine) -> Iterator[None]:
    """Live one case after another, a command a step."""
    while True:
        case = ids.new()
        for command, actor in STEPS:
            engine.handle(case, command, actor, command_id=uuid4())
            yield


class Issue(Aggregate):
    """The same life in the library's own manner: each step guards its stage and carries the same words."""

    @event("Collected")
    def __init__(self, words: str) -> None:
        self.words = words
        self.stage = "collected"
        self.unit: str | None = None

    def step(self, verb: str) -> None:
        """Take one step.

        Raises:
            ValueError: It has no place in this stage.
        """
        before, after = ORDER[verb]
        if self.stage != before:
            raise ValueError(f"{verb} has no place in {self.stage}")
        self.move(verb=verb, stage=after, words=PAYLOAD)

    @event("Moved")
    def move(self, verb: str, stage: str, words: str) -> None:
        """Record a step."""
        self.stage, self.words = stage, words


VERBS = ("screen", "assign", "accept", "resolve", "visit", "strike-off")
_STAGES = ("collected", *VERBS)
ORDER = {verb: (_STAGES[at], _STAGES[at + 1]) for at, verb in enumerate(VERBS)}


class Issues(Application[UUID]):
    """The library's application with nothing changed."""


def live_in_library(app: Issues) -> Iterator[None]:
    """Live one case after another, a command a step: get, decide, save."""
    while True:
        issue = Issue(words=PAYLOAD)
        app.save(issue)
        yield
        for verb in VERBS:
            found: Issue = app.repository.get(issue.id)
            found.step(verb)
            app.save(found)
            yield
