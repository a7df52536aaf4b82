"""What came of the demonstration: the figures of its last line, and which promises they keep."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from engine import clock
from engine.handle import Engine
from engine.replay import history
from interfaces.demo import checks, ladder
from interfaces.demo.client import Client
from interfaces.demo.ladder import Ladder, Outage
from interfaces.demo.life import CITY_SUPERVISOR, Sighting
from interfaces.local.processes import wait_until
from projections.accountability.view import trial_balance
from projections.progress import tallies
from projections.rebuild import compare

REPLAYED = 6
"""Cases that are replayed, each at three moments."""
PATIENCE = 20.0
"""Seconds in which the ledgers must once be level with the log, to which other cases' timers still write."""
Json = dict[str, Any]
Say = Callable[[str], None]


def books(connection: "psycopg.Connection[Any]", url: str, engine: Engine, imported: int, say: Say) -> Json:
    """Return what the ledgers hold beside the log.

    Args:
        connection: To the ledgers.
        url: Of the database.
        engine: Whose log is read.
        imported: Cases that the log must have: stories add none.
        say: Told of what is wrong.
    """
    balance = trial_balance(connection)
    level = wait_until(lambda: checks.applied(tallies(connection), engine.store.count()), PATIENCE, every=0.2)
    rebuilt = compare(url, engine.store, engine.rules.current)
    if not rebuilt.equal:
        say(f"[red]a fresh rebuild differs: {rebuilt.difference}[/red]")
    return {
        "cases": balance.cases,
        "events": engine.store.count(),
        "trial_balance": balance.total,
        "each_case_on_one_account": checks.accounted(balance, imported),
        "ledgers_equal_rebuild": rebuilt.equal,
        "applied_plus_parked_equals_stored": level,
        "parked": sum(tally.parked for tally in tallies(connection)),
    }


def lived(engine: Engine, cases: Sequence[UUID], outage: Outage, say: Say) -> Json:
    """Return what became of the lived cases, and what the ladder did to them."""
    states = [engine.case(case) for case in cases]
    histories = [history(engine.store, case) for case in cases]
    taken = ladder.read(histories, engine.rules.current(), outage, clock.now())
    _tell(taken, say)
    return {
        "lived": len(cases),
        "struck_off": checks.struck_off(states),
        "reopened": checks.reopened(states),
        "rungs": taken.found,
        "rungs_expected": taken.expected,
        "rungs_exactly_once": taken.exactly_once,
        "rungs_due_while_down": len(taken.hidden),
        "rungs_caught_up": taken.caught_up,
    }


def _tell(taken: Ladder, say: Say) -> None:
    counts = (f"{rung} {owed} and {taken.found[rung]}" for rung, owed in taken.expected.items())
    say(f"rungs expected at least, and found: {', '.join(counts)}")
    say(f"{len(taken.hidden)} of them fell due while Temporal was down")
    for what, wrong in (("missing", taken.missing), ("repeated", taken.repeated)):
        if wrong:
            say(f"[red]rungs {what}: {wrong[:5]}[/red]")


def replays(seen: Sequence[Sequence[Sighting]], client: Client, say: Say) -> Json:
    """Replay some cases over the API, each at three moments, and compare with how they were seen then."""

    def ask(case: UUID, point: Json) -> Json:
        return client.get(f"/v1/cases/{case}/replay?{urlencode(point)}", CITY_SUPERVISOR)

    chosen = [three for three in map(checks.spread, seen) if three][:REPLAYED]
    wrong = [line for three in chosen for line in checks.unlike(three, ask)]
    for three in chosen[:1]:
        say(f"a case replayed at three moments: {', '.join(one.stage for one in three)}")
    for line in wrong[:5]:
        say(f"[red]a replay differs: {line}[/red]")
    return {"replayed_at_three_moments": bool(chosen) and not wrong}


def verdicts(found: Json, cases: int) -> dict[str, bool]:
    """Return which promises were kept.

    Args:
        found: The figures of all parts.
        cases: How many cases were to be lived.
    """
    return {
        "every lived case struck off": found["struck_off"] == found["lived"] == cases,
        "some cases reopened": found["reopened"] > 0,
        "every rung was needed": all(found["rungs_expected"].values()),
        "rungs exactly once": found["rungs_exactly_once"],
        "rungs due while Temporal was down taken once each": found["rungs_caught_up"],
        "trial balance zero": found["trial_balance"] == 0,
        "each case on one account": found["each_case_on_one_account"],
        "ledgers equal a rebuild": found["ledgers_equal_rebuild"],
        "applied plus parked equals stored": found["applied_plus_parked_equals_stored"],
        "replays show what was seen": found["replayed_at_three_moments"],
        "nothing parked": found["parked"] == 0,
    }
