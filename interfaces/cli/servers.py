"""The commands that run until they are stopped: everything at once, or each process by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.output import Json, emit
from interfaces.cli.place import named_settings
from interfaces.cli.timers import with_temporal

if TYPE_CHECKING:
    from engine.settings import Settings

PortOption = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Port of the API, 0 for any; default: PORT, or 8000."),
]


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    for command in (up, serve, worker, relay, projector, demo):
        app.command()(command)


def up(
    *,
    sample: Annotated[
        Path | None,
        typer.Option("--sample", exists=True, help="File or folder with rows of Boston's 311 to start with."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option("--policy", help="Policy of cases that name none; default: ECHOWALL_DEFAULT_POLICY."),
    ] = None,
    port: PortOption = None,
    temporal: Annotated[
        bool,
        typer.Option(
            "--temporal/--no-temporal", help="Without Temporal cases are worked, and nothing escalates."
        ),
    ] = True,
    temporal_ui: Annotated[
        bool, typer.Option("--temporal-ui/--no-temporal-ui", help="Whether Temporal's own pages are served.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Start everything on this machine and keep it running until Ctrl-C.

    PostgreSQL and Temporal are started unless DATABASE_URL or TEMPORAL_ADDRESS name others. What is started
    here is stopped here. The data stays in ECHOWALL_DATA_DIR, and the next start goes on with it.
    A port that is taken is passed over for the next free one.
    """
    from interfaces.up.run import UpOptions, run_up

    options = UpOptions(
        sample=sample, policy=policy, port=port, temporal=temporal, temporal_ui=temporal_ui, as_json=as_json
    )
    raise typer.Exit(run_up(options))


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: PortOption = None,
    as_json: Json = False,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C; requests under way are finished."""
    from interfaces.http.server import run

    def ready(url: str) -> None:
        emit({"listening": url}, as_json, [url])

    configured = _configured()
    if port is not None:
        configured = configured.model_copy(update={"port": port})
    run(configured, ready=ready, host=host)


def worker(
    metrics: Annotated[
        str | None, typer.Option("--metrics", help="Host:port where its measures are served to Prometheus.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the Temporal worker, which takes the steps of the ladder, until SIGTERM or Ctrl-C."""
    from workers.temporal.worker import run_worker

    _run("worker", partial(run_worker, metrics_address=metrics), as_json, temporal=True)


def relay(as_json: Json = False) -> None:
    """Follow the log and tell Temporal of changed plans, until SIGTERM or Ctrl-C."""
    from workers.relay.run import run_relay

    _run("relay", run_relay, as_json, temporal=True)


def projector(as_json: Json = False) -> None:
    """Follow the log and keep the ledgers, until SIGTERM or Ctrl-C."""
    from workers.projector.run import run_projector

    _run("projector", run_projector, as_json)


def demo(
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Folder for its data; default: a fresh one, removed at the end."),
    ] = None,
    sample: Annotated[Path, typer.Option("--sample", exists=True, help="Rows to begin with.")] = Path(
        "samples/boston"
    ),
    cases: Annotated[int, typer.Option("--cases", min=20, help="How many open cases are worked.")] = 200,
    as_json: Json = False,
) -> None:
    """Show the main job without hands: import, work cases, break servers, check that nothing is lost."""
    from interfaces.demo.run import run_demo
    from interfaces.up.sample import rows_of

    raise typer.Exit(run_demo(data_dir, rows_of(sample), as_json, cases))


def _run(name: str, program: Callable[[Settings], object], as_json: bool, *, temporal: bool = False) -> None:
    configured = with_temporal(_configured()) if temporal else _configured()
    emit({"started": name}, as_json, [f"{name} started"])
    program(configured)


def _configured() -> Settings:
    from engine.log import configure

    found = named_settings()
    configure(found.log_level)
    return found
