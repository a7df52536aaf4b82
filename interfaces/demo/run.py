"""The demonstration: start everything, import, live 200 cases through faults, check every promise."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, local
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console

from domain.actor import Actor
from domain.case.stage import Stage
from engine import clock, ids
from engine.handle import Engine
from engine.log import configure
from engine.settings import Settings, load
from interfaces import compose
from interfaces.boston.importer import run_import
from interfaces.cli.outcome import BadUsage
from interfaces.demo import checks
from interfaces.demo.client import Client
from interfaces.demo.stack import Stack, fresh
from interfaces.demo.stories import STORIES, Life, neglected
from interfaces.local.data_dir import data_dir
from interfaces.local.processes import wait_until
from interfaces.local.temporal_program import find_program
from interfaces.tokens import TokenKey, issue
from projections.accountability.view import trial_balance
from projections.progress import tallies, wait_for
from projections.rebuild import compare
from projections.worklist.view import Filters, Order, page
from workers.relay.rebuild import rebuild_timers
from workers.temporal.timers import Timers

HANDS = 12
PATIENCE = 120.0
CASES = sum(count for _, count in STORIES)
Story = Callable[[Life], None]


@dataclass(frozen=True)
class Told:
    """A case, its story, and what came of it."""

    case: UUID
    story: Story
    done: "Future[None]"


def run_demo(asked: Path | None, sample: Path, as_json: bool) -> int:
    """Run the demonstration on a fresh data directory.

    Args:
        asked: A folder that is empty or absent; None takes a temporary one, removed at the end.
        sample: File of the rows to import.
        as_json: Print one JSON object as the last line of stdout; otherwise a readable summary.

    Returns:
        0 when every check holds, else 1.
    """
    started = time.monotonic()
    console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/dim]  {line}")

    with _folder(asked) as folder:
        # A first build of the Temporal server takes minutes and is set-up, not demonstration.
        find_program(folder, say)
        started = time.monotonic()
        settings = load().model_copy(
            update={"data_dir": folder, "token_key_file": None, "vault_key_file": None}
        )
        configure("WARNING")
        with Stack(settings, say) as stack:
            settings = stack.start_servers()
            compose.migrate(settings)
            TokenKey.load(settings.token_key_path, create=True)
            with closing(compose.open_engine(settings)) as engine:
                report = run_import(engine, sample, until_now=True, errors=folder / "import-errors.csv")
                say("\n".join(report.sentences()))
                result = _live(stack, settings, engine, say)
    result["seconds"] = round(time.monotonic() - started, 1)
    verdicts = _verdicts(result)
    for name, kept in verdicts.items():
        say(f"{'[green]kept[/green]' if kept else '[red]BROKEN[/red]'}  {name}")
    print(json.dumps(result) if as_json else json.dumps(result, indent=2), flush=True)
    return 0 if all(verdicts.values()) else 1


@contextmanager
def _folder(asked: Path | None) -> Iterator[Path]:
    if asked is not None:
        if not fresh(asked):
            raise BadUsage(f"{asked} is not empty: the demonstration begins on a fresh folder.")
        yield data_dir(asked)
        return
    folder = data_dir(data_dir() / f"demo-{ids.new()}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _live(stack: Stack, settings: Settings, engine: Engine, say: Callable[[str], None]) -> dict[str, Any]:
    stack.start_processes(lambda: _healthy(settings.port))
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        _await_ledgers(connection, engine)
        told = _tell(stack, settings, engine, _choose(connection), say)
        _settle(engine, [one.case for one in told], say)
        _await_ledgers(connection, engine)
        return _check(connection, settings.database_url, engine, told, say)


def _await_ledgers(connection: "psycopg.Connection[Any]", engine: Engine) -> None:
    if not wait_for(connection, engine.store.head(), PATIENCE):
        raise TimeoutError(f"the ledgers have not caught up within {PATIENCE:.0f} s")


def _choose(connection: "psycopg.Connection[Any]") -> list[UUID]:
    """Return open cases that wait to be accepted, the newest first."""
    chosen: list[UUID] = []
    after: str | None = None
    while len(chosen) < CASES:
        found = page(connection, Filters(stage=Stage.ASSIGNED), order=Order.NEWEST, after=after, limit=CASES)
        chosen += [row.case_id for row in found.rows if row.unit.startswith("boston.dept-")]
        after = found.next
        if after is None:
            break
    if len(chosen) < CASES:
        raise BadUsage(f"the sample has {len(chosen)} open cases with a department; {CASES} are needed")
    return chosen[:CASES]


def _tell(
    stack: Stack, settings: Settings, engine: Engine, cases: Sequence[UUID], say: Callable[[str], None]
) -> list[Told]:
    """Live every story, kill the Temporal server and the worker in the middle, and start them again."""
    key = TokenKey.load(settings.token_key_path)
    hands = local()
    repaired = Event()

    def client() -> Client:
        if not hasattr(hands, "client"):
            hands.client = Client("127.0.0.1", settings.port, lambda actor: _token(key, actor))
        return hands.client  # type: ignore[no-any-return]

    def live(story: Story, case: UUID) -> None:
        story(Life(case, client(), repaired))

    stories = [story for story, count in STORIES for _ in range(count)]
    # Neglected cases only wait, so they begin first, beside the hands that work the others.
    order = sorted(zip(stories, cases, strict=True), key=lambda one: one[0] is not neglected)
    waiting = sum(1 for story, _ in order if story is neglected)
    with ThreadPoolExecutor(waiting) as patient, ThreadPoolExecutor(HANDS) as busy:
        told = [Told(c, s, (patient if s is neglected else busy).submit(live, s, c)) for s, c in order]
        _break(stack, settings, engine, told, say)
        repaired.set()
    for one in told:
        one.done.result()
    say(f"{len(told)} cases were lived from assignment to strike-off")
    return told


def _break(
    stack: Stack, settings: Settings, engine: Engine, told: Sequence[Told], say: Callable[[str], None]
) -> None:
    """Kill the timers when a third of the stories is told, and bring them back into an empty server."""

    def finished() -> int:
        return sum(one.done.done() for one in told)

    def failed() -> bool:
        return any(one.done.done() and one.done.exception() for one in told)

    wait_until(lambda: finished() >= len(told) // 3 or failed(), PATIENCE)
    stack.kill()
    say("killed the Temporal server and the worker; cases are worked on without them")
    before = finished()
    if not wait_until(lambda: finished() > before + len(told) // 10 or failed(), PATIENCE):
        raise TimeoutError("no case was finished while Temporal was down")
    stack.mend()
    assert settings.database_url is not None
    with Timers.connect(settings) as timers:
        rebuilt = rebuild_timers(engine, settings.database_url, timers)
    say(f"an empty Temporal server is up again, with {rebuilt.sent} timers rebuilt from the log")


def _settle(engine: Engine, cases: Sequence[UUID], say: Callable[[str], None]) -> None:
    """Wait until no step of a lived case is due and unrecorded."""
    if not wait_until(lambda: not checks.waiting(engine, cases), PATIENCE, every=0.5):
        say(f"[red]steps still due: {checks.waiting(engine, cases)[:5]}[/red]")


def _check(
    connection: "psycopg.Connection[Any]",
    url: str,
    engine: Engine,
    told: Sequence[Told],
    say: Callable[[str], None],
) -> dict[str, Any]:
    cases = [one.case for one in told]
    lived = checks.read(engine, cases)
    missing = checks.missing_rungs(engine, [one.case for one in told if one.story is neglected], lived)
    balance = trial_balance(connection)
    sums = tallies(connection)
    rebuilt = compare(url, engine.store, engine.rules.current)
    moments = checks.replayed(engine, cases[0])
    say(f"one case replayed at three moments: {', '.join(moments) or 'NOT as its events say'}")
    for what, wrong in (("missing", missing), ("repeated", lived.repeated)):
        if wrong:
            say(f"[red]rungs {what}: {wrong[:5]}[/red]")
    if not rebuilt.equal:
        say(f"[red]a fresh rebuild differs: {rebuilt.difference}[/red]")
    return {
        "cases": balance.cases,
        "events": engine.store.count(),
        "lived": len(told),
        "struck_off": lived.struck_off,
        "reopened": lived.reopened,
        "rungs": lived.by_rung,
        "trial_balance": balance.total,
        "each_case_on_one_account": balance.sound,
        "ledgers_equal_rebuild": rebuilt.equal,
        "rungs_exactly_once": not missing and not lived.repeated and not checks.waiting(engine, cases),
        "applied_plus_parked_equals_stored": all(tally.complete for tally in sums),
        "replayed_at_three_moments": bool(moments),
        "parked": sum(tally.parked for tally in sums),
    }


def _verdicts(result: dict[str, Any]) -> dict[str, bool]:
    """Return which promises were kept."""
    return {
        "every lived case struck off": result["struck_off"] >= result["lived"] == CASES,
        "some cases reopened": result["reopened"] > 0,
        "every rung was needed": all(result["rungs"].values()),
        "trial balance zero": result["trial_balance"] == 0,
        "each case on one account": result["each_case_on_one_account"],
        "ledgers equal a rebuild": result["ledgers_equal_rebuild"],
        "rungs exactly once": result["rungs_exactly_once"],
        "applied plus parked equals stored": result["applied_plus_parked_equals_stored"],
        "replay": result["replayed_at_three_moments"],
        "nothing parked": result["parked"] == 0,
    }


def _token(key: TokenKey, actor: Actor) -> str:
    return issue(key, actor, now=clock.now())


def _healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
