"""The demonstration: start everything, import, live cases through faults, check every promise."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console

from domain.case.stage import Stage
from engine import ids
from engine.handle import Engine
from engine.log import configure
from engine.settings import Settings, forget, load
from interfaces import compose
from interfaces.boston.importer import run_import
from interfaces.cli.outcome import BadUsage, Exit
from interfaces.demo import results
from interfaces.demo.client import Refusal
from interfaces.demo.stack import Stack, fresh
from interfaces.demo.stories import FEWEST, shares
from interfaces.demo.telling import Telling
from interfaces.local.data_dir import data_dir
from interfaces.local.temporal_program import find_program
from interfaces.tokens import TokenKey
from projections.progress import wait_for
from projections.worklist.view import Filters, Order, page

PATIENCE = 120.0
Say = Callable[[str], None]


def run_demo(asked: Path | None, sample: Path, as_json: bool, cases: int) -> int:
    """Run the demonstration on a fresh data directory.

    Args:
        asked: A folder that is empty or absent; None takes a temporary one, removed at the end.
        sample: File of the rows to import.
        as_json: Print one JSON object as the last line of stdout; otherwise a readable summary.
        cases: How many of them are lived; FEWEST at least.

    Returns:
        0 when every check holds, else 1.

    Raises:
        BadUsage: The folder is not empty, or the sample has too few open cases.
    """
    started = time.monotonic()
    console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/dim]  {line}")

    if cases < FEWEST:
        raise BadUsage(f"at least {FEWEST} cases are lived, so that every story is told")
    with _folder(asked) as folder:
        # A first build of the Temporal server takes minutes and is set-up, not demonstration.
        find_program(folder, say)
        started = time.monotonic()
        configure("WARNING")
        try:
            found = _show(_settings(folder), sample, cases, say)
        except (TimeoutError, Refusal) as error:
            say(f"[red]BROKEN[/red]  the demonstration did not come to its end: {error}")
            return Exit.CHECK_FAILED
    found["seconds"] = round(time.monotonic() - started, 1)
    verdicts = results.verdicts(found, cases)
    for name, kept in verdicts.items():
        say(f"{'[green]kept[/green]' if kept else '[red]BROKEN[/red]'}  {name}")
    print(json.dumps(found) if as_json else json.dumps(found, indent=2), flush=True)
    return Exit.OK if all(verdicts.values()) else Exit.CHECK_FAILED


def _settings(folder: Path) -> Settings:
    """Return what counts in a folder by itself: keys, rules and servers of an installation are left alone.

    Raises:
        SettingsInvalid: settings_invalid; our own processes would refuse it too.
    """
    load()
    forget()
    return load().model_copy(update={"data_dir": folder})


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


def _show(settings: Settings, sample: Path, cases: int, say: Say) -> dict[str, Any]:
    with Stack(settings, say) as stack:
        settings = stack.start_servers()
        compose.migrate(settings)
        TokenKey.load(settings.token_key_path, create=True)
        with closing(compose.open_engine(settings)) as engine:
            errors = settings.data_dir / "import-errors.csv"
            report = run_import(engine, sample, until_now=True, errors=errors, settings=settings)
            say("\n".join(report.sentences()))
            stack.start_processes(lambda: _healthy(settings.port))
            assert settings.database_url is not None
            with psycopg.connect(settings.database_url, autocommit=True) as connection:
                _await_ledgers(connection, engine)
                telling = Telling(stack, settings, engine, say)
                outage = telling.tell(_choose(connection, cases), shares(cases))
                _await_ledgers(connection, engine)
                lives = [one.life for one in telling.told]
                return {
                    **results.books(connection, settings.database_url, engine, report.cases, say),
                    **results.lived(engine, [life.case for life in lives], outage, say),
                    **results.replays([life.seen for life in lives], telling.client(), say),
                }


def _await_ledgers(connection: "psycopg.Connection[Any]", engine: Engine) -> None:
    if not wait_for(connection, engine.store.head(), PATIENCE):
        raise TimeoutError(f"the ledgers have not caught up within {PATIENCE:.0f} s")


def _choose(connection: "psycopg.Connection[Any]", cases: int) -> list[UUID]:
    """Return open cases that wait to be accepted, the newest first."""
    chosen: list[UUID] = []
    after: str | None = None
    while len(chosen) < cases:
        found = page(connection, Filters(stage=Stage.ASSIGNED), order=Order.NEWEST, after=after, limit=cases)
        chosen += [row.case_id for row in found.rows if row.unit.startswith("boston.dept-")]
        after = found.next
        if after is None:
            break
    if len(chosen) < cases:
        raise BadUsage(f"the sample has {len(chosen)} open cases with a department; {cases} are needed")
    return chosen[:cases]


def _healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
