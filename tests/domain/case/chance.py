"""Commands by chance, with bodies that are sometimes right: the same seed gives the same ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from domain.actor import Actor
from domain.calendar import Overlay
from domain.case import commands as c
from domain.case.decide import allowed
from domain.case.state import Case
from domain.policy import Obligation
from tests.support import asks, town
from tests.support.given import World

UNITS = [*town.TOWN.units, "yuhua.nowhere"]
POLICIES = [
    "hotline-five-working-days",
    "letters-and-visits-2022",
    "letters-and-visits-2022",
    "digital-city-hours",
    "beijing-style-draft",
    "boston-2015",
    "demo",
    "nobody-knows",
]
REASONS = ["beyond_public_duties", "awaits_resident", "private_dispute", "because"]
STRANGER = UUID("99999999-9999-4999-8999-999999999999")


WEIGHTS = {
    **dict.fromkeys(("assign", "accept", "resolve", "visit", "hang-up"), 9.0),
    **dict.fromkeys(("ask-review", "ask-recheck", "answer-recheck", "answer-review"), 12.0),
    **dict.fromkeys(("hear", "reach-milestone"), 6.0),
    **dict.fromkeys(("suspend", "strike-off", "unmerge", "grant-extension", "refuse-extension"), 4.0),
    **dict.fromkeys(
        ("ask-extension", "object", "rule-objection", "take-down", "whistle", "answer-whistle"), 2.0
    ),
    **dict.fromkeys(("refuse", "split", "move-policy", "receive-target", "reopen"), 0.3),
    "merge": 0.6,
    **dict.fromkeys(("remind", "supervise", "raise", "hold-accountable", "include"), 0.3),
    **dict.fromkeys(("answer-accountability", "appeal-accountability", "withdraw-accountability"), 0.2),
}
"""How much oftener than others a command is drawn, so that walks get far."""


def command(
    random: Random, world: World, case: Case | None, others: list[UUID]
) -> tuple[c.AnyCaseCommand, Actor]:
    """Draw a command and an actor, mostly one that the actor may give now."""
    while True:
        verb, actor = _who_may(random, case) if random.random() < 0.85 else (None, random.choice(town.PEOPLE))
        verb = "collect" if case is None else verb or random.choice(list(c.BY_VERB))
        body = BODIES[verb](random, world, case, others)
        if verb == "collect" and random.random() < 0.9:
            actor = town.IMPORTER if "origin" in body else town.ADMINISTRATOR if body["policy"] else actor
        try:
            return c.BY_VERB[verb].model_validate(body), actor
        except ValidationError:
            continue


def _who_may(random: Random, case: Case | None) -> tuple[str | None, Actor]:
    if case is None:
        return None, random.choice(town.PEOPLE)
    may = {actor: allowed(case, actor, town.TOWN) for actor in random.sample(town.PEOPLE, 14)}
    verbs = sorted({verb for some in may.values() for verb in some})
    if not verbs:
        return None, random.choice(town.PEOPLE)
    verb = random.choices(verbs, [WEIGHTS.get(verb, 1.0) for verb in verbs])[0]
    return verb, random.choice([actor for actor, some in may.items() if verb in some])


Body = Callable[[Random, World, Case | None, list[UUID]], dict[str, Any]]


def _text(random: Random) -> str:
    return random.choice(["as said", "已修好", "x" * (5_001 if random.random() < 0.05 else 5_000)])


def _moment(random: Random, world: World) -> Any:
    return world.now + random.choice([-1, 1, 1, 1]) * random.choice([1, 30, 400]) * random.random() * town.DAY


def _collect(random: Random, world: World, case: Case | None, others: list[UUID]) -> dict[str, Any]:
    del case, others
    body: dict[str, Any] = {
        "channel": "hotline",
        "claims": [_text(random) for _ in range(random.choice([0, 1, 1, 2, 2, 3, 3]))],
        "category": random.choice(["water", "burst_pipe"]),
        "place": {"unit": random.choice([*UNITS, *[town.PINE, town.MILL, town.GRID_1] * 5])},
        "policy": random.choice([None, None, *POLICIES]),
    }
    if random.random() < 0.2:
        body["origin"] = {"system": "old", "reference": "1", "imported_at": world.now - 3 * town.DAY}
    return body


def _claims(random: Random, case: Case | None) -> list[int]:
    ids = [claim.id for claim in case.claims] if case is not None else [1]
    if random.random() < 0.15:
        return [random.choice([*ids, 7]) for _ in range(random.randint(0, 3))]
    return ids


def _resolve(random: Random, world: World, case: Case | None, others: list[UUID]) -> dict[str, Any]:
    return {
        "answers": [
            {"claim": one, "outcome": "solved", "measure": _text(random)} for one in _claims(random, case)
        ]
    }


def _visit(random: Random, world: World, case: Case | None, others: list[UUID]) -> dict[str, Any]:
    reached = random.random() < 0.6
    grade = random.choice([1, 5, 5, 5])
    said = [
        {"claim": one, "solved": grade > 2, "satisfaction": grade}
        for one in (_claims(random, case) if reached or random.random() < 0.1 else [])
    ]
    return {"reached": reached, "judgements": said, "third_party": random.random() < 0.1}


def _clock(random: Random, world: World, case: Case | None, others: list[UUID]) -> dict[str, Any]:
    keys = [clock.key for clock in case.clocks] if case is not None else []
    opened = [clock.key for clock in case.clocks if clock.open] if case is not None else []
    return {"clock": random.choice([*keys, *opened * 3, "1/resolve", "9/nothing"])}


def _merge(random: Random, world: World, case: Case | None, others: list[UUID]) -> dict[str, Any]:
    into = random.choice([*others, *world.cases, STRANGER])
    leading = world.cases.get(into)
    if leading is None or (len(leading.claims) == 1 and random.random() < 0.5):
        return {"into": into}
    offered = [claim.id for claim in leading.claims]
    bonds = [{"claim": one, "leading": random.choice(offered)} for one in _claims(random, case)]
    return {"into": into, "claims": bonds}


def _split(random: Random, world: World, case: Case | None, others: list[UUID]) -> dict[str, Any]:
    ids = _claims(random, case)
    random.shuffle(ids)
    return {"parts": [[one] for one in ids[: random.randint(1, 2)]] or [[]]}


def _date(random: Random, world: World, case: Case | None) -> Any:
    signed = [one.until for one in case.proposals if one.until] if case is not None else []
    return signed[0] if signed and random.random() < 0.7 else _moment(random, world)


_ENTRY: Body = lambda r, w, k, o: {"entry": r.choice([1, 1, 2, 9]), "words": _text(r)}  # noqa: E731
_NONE: Body = lambda r, w, k, o: {}  # noqa: E731


def amend(random: Random, world: World) -> None:
    """Let the calendar be amended for everybody or for a unit: some of the next days are off."""
    today = world.now.date()
    off = frozenset(today + timedelta(days=random.randint(1, 20)) for _ in range(3))
    unit = random.choice([None, town.EAST, town.WATER])
    change = Overlay("china", unit, 3 + len(world.book.overlays), off=off, known_at=world.now, cause="snow")
    world.book = replace(world.book, overlays=(*world.book.overlays, change))


BODIES: dict[str, Body] = {
    "collect": _collect,
    "screen": lambda r, w, k, o: {"kind": r.choice(["issue", "need"]), "key": r.random() < 0.5},
    "refuse": lambda r, w, k, o: {
        "reason": r.choice(REASONS),
        "explanation": _text(r),
        "turn_to": "the court",
    },
    "assign": lambda r, w, k, o: {
        "unit": r.choice([*UNITS, *[town.WATER] * 15]),
        "co_units": r.choices(UNITS, k=r.randint(0, 2)),
    },
    "accept": _NONE,
    "object": lambda r, w, k, o: {"reason": "not_competent", "explanation": _text(r)},
    "rule-objection": lambda r, w, k, o: {"upheld": r.random() < 0.5, "explanation": _text(r)},
    "contact": lambda r, w, k, o: {"means": "door", "reached": r.random() < 0.7},
    "progress": lambda r, w, k, o: {"note": _text(r)},
    "whistle": lambda r, w, k, o: {
        "departments": r.choices(
            [town.WATER, town.HOUSING, town.WATER_OFFICE, town.TRAFFIC, r.choice(UNITS)], k=2
        ),
        "help": _text(r),
        "by": r.choice([None, _moment(r, w)]),
    },
    "answer-whistle": lambda r, w, k, o: {
        "number": r.choice([1, 1, 2, 9]),
        "answer": r.choice(["arrived", "did", "declined"]),
        "words": r.choice([None, "no crew"]),
    },
    "suspend": lambda r, w, k, o: {
        "reason": r.choice(["awaits_resident"] * 5 + ["because"]),
        "until": _moment(r, w),
        "evidence": asks.EVIDENCE[: r.random() < 0.9],
    },
    "resume": _NONE,
    "ask-extension": lambda r, w, k, o: {
        "obligation": r.choice(["resolve", "resolve", *Obligation]),
        "by": r.choice(["5 working_day", "5 working_day", "10 working_day", "3 second", "0 working_day"]),
        "reason": _text(r),
    },
    "grant-extension": _NONE,
    "refuse-extension": lambda r, w, k, o: {"reason": _text(r)},
    "hang-up": lambda r, w, k, o: {
        "reason": r.choice(["awaits_budget", "awaits_budget", "other"]),
        "until": _date(r, w, k),
        "evidence": asks.EVIDENCE,
    },
    "take-down": _NONE,
    "receive-target": lambda r, w, k, o: {
        "obligation": r.choice(["resolve", *Obligation]),
        "due": _moment(r, w),
        "source": "record",
    },
    "recalibrate": lambda r, w, k, o: {"cause": "snow"},
    "move-policy": lambda r, w, k, o: {"policy": r.choice(POLICIES), "reason": _text(r)},
    "resolve": _resolve,
    "visit": _visit,
    "reopen": lambda r, w, k, o: {"words": r.choice([None, "again"])},
    "strike-off": _NONE,
    "exclude": lambda r, w, k, o: {
        "reason": r.choice(["private_dispute", "private_dispute", *REASONS]),
        "until": _date(r, w, k) if r.random() < 0.9 else None,
        "evidence": asks.EVIDENCE[: r.random() < 0.9],
    },
    "include": lambda r, w, k, o: {"reason": "error", "evidence": asks.EVIDENCE[: r.random() < 0.9]},
    **dict.fromkeys(("remind", "supervise", "raise", "hold-accountable"), _clock),
    "answer-accountability": _ENTRY,
    "appeal-accountability": _ENTRY,
    "withdraw-accountability": lambda r, w, k, o: {"entry": r.choice([1, 1, 2, 9]), "reason": _text(r)},
    "merge": _merge,
    "unmerge": _NONE,
    "reach-milestone": lambda r, w, k, o: {"milestone": r.choice(["secure", "repair"])},
    "ask-review": lambda r, w, k, o: {"words": _text(r)},
    "answer-review": lambda r, w, k, o: {"upheld": r.random() < 0.7, "opinion": _text(r)},
    "ask-recheck": lambda r, w, k, o: {"words": _text(r)},
    "answer-recheck": lambda r, w, k, o: {"upheld": r.random() < 0.7, "opinion": _text(r)},
    "hear": lambda r, w, k, o: {
        "begun": w.now - r.choice([0.01, 1, 5]) * town.DAY,
        "ended": w.now - r.choice([0.001, -1]) * town.DAY,
    },
    "split": _split,
}
"""A body for each verb, right more often than wrong."""
