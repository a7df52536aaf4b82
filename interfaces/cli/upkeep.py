"""The commands that keep an installation sound: migrate, examine, rebuild, reconcile, unpark."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from interfaces.cli.outcome import Exit
from interfaces.cli.output import Json, emit, progress, record, table
from interfaces.cli.place import catch_up, opened_engine, opened_program, settings, settings_or_none

if TYPE_CHECKING:
    from engine.handle import Engine
    from interfaces.cli.output import Progress
    from projections.batch import Progress as Batch
    from projections.rebuild import Comparison


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    for command in (migrate, doctor, rebuild, reconcile, parked, unpark):
        app.command()(command)


def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be applied.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the database to the shape that this release needs; doing so twice is nothing."""
    from interfaces.compose import migrate as apply
    from interfaces.compose import pending

    found = settings(migrated=False)
    names = pending(found) if dry_run else apply(found)
    emit({"pending" if dry_run else "applied": names}, as_json, names or ["The database is up to date."])


def doctor(as_json: Json = False) -> None:
    """Check the installation part by part, saying what to do; ends with 1 when something is wrong."""
    from interfaces.cli.doctor import examine

    checks = examine(settings_or_none())
    sound = all(check.ok for check in checks)
    lines = (
        f"ok    {check.name}: {check.found}"
        if check.ok and not check.warning
        else f"WARN  {check.name}: {check.found} -> {check.advice}"
        if check.ok
        else f"FAIL  {check.name}: {check.found} -> {check.advice}"
        for check in checks
    )
    emit({"ok": sound, "checks": [record(check) for check in checks]}, as_json, lines)
    if not sound:
        raise typer.Exit(Exit.CHECK_FAILED)


def rebuild(
    resume: Annotated[bool, typer.Option("--resume", help="Take up a rebuild that was stopped.")] = False,
    as_json: Json = False,
) -> None:
    """Build all ledgers anew from the log, beside the live ones, and switch when they have caught up.

    It steps back behind whoever waits for an answer on this machine.
    """
    from engine.background import give_way
    from projections.rebuild import rebuild as build

    found = settings(outdated=True)  # a server that it starts keeps the usual priority
    give_way()
    with opened_engine() as engine, progress("Events") as told:
        done = build(
            found.database_url or "",
            engine.store,
            engine.rules.current,
            resume=resume,
            on_progress=_counted(told, engine),
        )
    line = f"{done.events} events applied up to position {done.position} in {done.seconds:.1f} s"
    emit(record(done), as_json, [line])


def reconcile(
    sample: Annotated[
        int | None,
        typer.Option("--sample", min=1, help="Fold this many cases afresh, and build nothing; default: all."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the ledgers with the log, and with a fresh rebuild; ends with 1 and the first difference."""
    from projections.reconcile import reconcile as audit

    url = settings().database_url or ""
    catch_up()
    with opened_engine() as engine:
        found = audit(url, engine.rules.refresh(), sample=sample)
        fresh = None if sample is not None else _compared(url, engine)
    differences = [f"{one.check}: {one.detail}" for one in found.findings]
    if fresh is not None and not fresh.equal:
        differences.append(f"rebuild: {fresh.difference}")
    data = {
        "sound": not differences,
        "position": found.position,
        "events": found.events,
        "cases": found.cases,
        "equal_to_rebuild": None if fresh is None else fresh.equal,
        "differences": differences,
    }
    sound = (
        f"{found.events} events up to position {found.position}, {found.cases} cases folded afresh:"
        " ledgers and log agree"
    )
    emit(data, as_json, [differences[0] if differences else sound])
    if differences:
        raise typer.Exit(Exit.CHECK_FAILED)


def parked(as_json: Json = False) -> None:
    """List the cases that a ledger could not follow; the others go on."""
    from projections.parking import parked as listed

    with opened_program() as program, program.ledgers.connection() as connection:
        rows = [record(row) for row in listed(connection)]
    columns = ("ledger", "stream", "position", "name", "error", "count")
    emit({"parked": rows}, as_json, table(rows, columns, "Nothing is parked."))


def unpark(
    case: Annotated[UUID | None, typer.Option("--case", help="Only this case; default: all.")] = None,
    as_json: Json = False,
) -> None:
    """Try parked cases again, once the release that they need is there; ends with 1 if some stay."""
    from projections.unpark import unpark as free

    url = settings().database_url or ""
    with opened_engine() as engine:
        done = free(url, engine.rules.current, case)
    emit(record(done), as_json, [f"{done.freed} freed, {done.kept} still parked"])
    if done.kept:
        raise typer.Exit(Exit.CHECK_FAILED)


def _compared(url: str, engine: Engine) -> Comparison:
    from projections.rebuild import compare

    with progress("Events") as told:
        return compare(url, engine.store, engine.rules.current, on_progress=_counted(told, engine))


def _counted(told: Progress, engine: Engine) -> Callable[[Batch], None]:
    """Return what tells the bar how many of the log's events a rebuild has applied, a stopped one's too."""
    total, done = engine.store.count(), 0

    def batch(progress: Batch) -> None:
        nonlocal done
        done += progress.events
        told(done, total)

    return batch
