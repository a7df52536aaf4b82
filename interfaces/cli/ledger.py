"""The commands that read the ledgers, as their readers see them through the API."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli import books
from interfaces.cli.actors import ActorOption, RoleOption, actor_of
from interfaces.cli.outcome import BadUsage
from interfaces.cli.output import Json, emit, record, table
from interfaces.cli.reading import (
    After,
    AfterPosition,
    AtLeast,
    CaseOption,
    LevelOption,
    Limit,
    Of,
    Under,
    choice,
    print_page,
    print_stretch,
    reading,
)

app = typer.Typer(help="Read the ledgers.", no_args_is_help=True, rich_markup_mode=None)
books.add_to(app)


@app.command()
def escalations(
    *,
    unit: Under = None,
    level: LevelOption = None,
    case: CaseOption = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is late now.")] = False,
    within: Annotated[
        int | None,
        typer.Option("--within", min=1, max=744, help="Only what will be late within so many hours."),
    ] = None,
    limit: Limit = 50,
    after: After = None,
    role: RoleOption = "administrator",
    of: Of = None,
    actor: ActorOption = None,
    at_least: AtLeast = 0,
    as_json: Json = False,
) -> None:
    """Show what runs or is late, the earliest due first, with the rungs taken and the next one."""
    from datetime import timedelta

    from domain.organisation import Level
    from engine import clock
    from projections.escalation.view import BoardFilters, board

    now = clock.now()
    filters = BoardFilters(
        unit=unit,
        level=choice(Level, "level", level),
        case=case,
        overdue_at=now if overdue else None,
        soon=None if within is None else (now, now + timedelta(hours=within)),
    )
    with reading(actor_of(role, of, actor), at_least) as (connection, scope):
        page = board(connection, filters, scope=scope, after=after, limit=limit)
    columns = (
        "case_id", "clock", "owner", "due_at", "provisional", "paused", "rungs",
        "next_action", "next_at", "next_provisional",
    )  # fmt: skip
    print_page([record(row) for row in page.rows], page.next, columns, as_json)


@app.command()
def rungs(
    *,
    unit: Under = None,
    case: CaseOption = None,
    limit: Limit = 50,
    after: AfterPosition = 0,
    role: RoleOption = "administrator",
    of: Of = None,
    actor: ActorOption = None,
    at_least: AtLeast = 0,
    as_json: Json = False,
) -> None:
    """Show the rungs taken, in the order of the log; of one case, the history of its escalations."""
    from projections.escalation.view import rungs as taken

    with reading(actor_of(role, of, actor), at_least) as (connection, scope):
        found = taken(connection, unit=unit, case=case, scope=scope, after=after, limit=limit + 1)
    columns = ("case_id", "clock", "rung", "unit", "to_unit", "at", "by_ladder", "position")
    print_stretch(found, limit, columns, as_json)


@app.command()
def entries(
    *,
    unit: Under = None,
    status: Annotated[
        str | None, typer.Option("--status", help="open, answered, appealed or withdrawn.")
    ] = None,
    case: CaseOption = None,
    limit: Limit = 50,
    after: After = None,
    role: RoleOption = "administrator",
    of: Of = None,
    actor: ActorOption = None,
    at_least: AtLeast = 0,
    as_json: Json = False,
) -> None:
    """Show accountability entries: faults, answers, appeals and withdrawals."""
    from projections.entries.view import Status
    from projections.entries.view import entries as listed

    wanted = choice(Status, "status", status)
    with reading(actor_of(role, of, actor), at_least) as (connection, scope):
        page = listed(connection, unit=unit, status=wanted, case=case, scope=scope, after=after, limit=limit)
    columns = ("case_id", "entry", "unit", "clock", "set_by", "status", "set_at")
    print_page([record(row) for row in page.rows], page.next, columns, as_json)


@app.command()
def whistles(
    *,
    unit: Under = None,
    side: Annotated[
        str | None, typer.Option("--side", help="caller or called; default: either. Not with --units.")
    ] = None,
    response: Annotated[
        str | None,
        typer.Option("--response", help="on_time, late, declined, unanswered, waiting or void."),
    ] = None,
    case: CaseOption = None,
    units: Annotated[bool, typer.Option("--units", help="Count both sides by unit instead.")] = False,
    limit: Limit = 50,
    after: After = None,
    role: RoleOption = "administrator",
    of: Of = None,
    actor: ActorOption = None,
    at_least: AtLeast = 0,
    as_json: Json = False,
) -> None:
    """Show whistles, the newest first: what each department called answered, and what became of the case."""
    from engine import clock
    from projections.whistles import view

    if units and side is not None:
        raise BadUsage("--units counts each side by itself; leave --side out.")
    wanted = choice(view.Side, "side", side), choice(view.Response, "response", response)
    filters, at = view.Filters(unit, *wanted, case), clock.now()
    with reading(actor_of(role, of, actor), at_least) as (connection, scope):
        if not units:
            page = view.whistles(connection, at, filters, scope=scope, after=after, limit=limit)
            columns = ("case_id", "number", "caller", "department", "due_at", "response", "rungs", "solved")
            print_page([record(row) for row in page.rows], page.next, columns, as_json)
            return
        called = [record(one) for one in view.called(connection, at, filters, scope=scope)]
        callers = [record(one) for one in view.callers(connection, at, filters, scope=scope)]
    lines = [*table(called, view.CalledCount._fields, "Nobody was called."), ""]
    lines += table(callers, view.CallerCount._fields, "Nobody whistled.")
    emit({"called": called, "callers": callers}, as_json, lines)


@app.command()
def alarms(
    *,
    unit: Under = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Such as paused_before_breach or contacted_nobody.")
    ] = None,
    case: CaseOption = None,
    units: Annotated[bool, typer.Option("--units", help="Count by unit and kind instead.")] = False,
    limit: Limit = 50,
    after: After = None,
    role: RoleOption = "administrator",
    of: Of = None,
    actor: ActorOption = None,
    at_least: AtLeast = 0,
    as_json: Json = False,
) -> None:
    """Show what a supervisor should look at, the newest first: ways in which a case won time."""
    from domain.case.alarms import AlarmKind
    from projections.alarms import view

    filters = view.Filters(unit=unit, kind=choice(AlarmKind, "kind", kind), case=case)
    with reading(actor_of(role, of, actor), at_least) as (connection, scope):
        if not units:
            page = view.alarms(connection, filters, scope=scope, after=after, limit=limit)
            columns = ("case_id", "kind", "clock", "unit", "at", "was_due", "now_due")
            print_page([record(row) for row in page.rows], page.next, columns, as_json)
            return
        found = [record(one) for one in view.counts(connection, filters, scope=scope)]
    emit({"units": found}, as_json, table(found, view.AlarmCount._fields, "No alarms."))


@app.command()
def worklist(
    *,
    unit: Under = None,
    bucket: Annotated[
        str | None, typer.Option("--bucket", help="Such as to_screen, to_accept, in_hand, to_visit.")
    ] = None,
    limit: Limit = 50,
    after: After = None,
    role: RoleOption = "administrator",
    of: Of = None,
    actor: ActorOption = None,
    at_least: AtLeast = 0,
    as_json: Json = False,
) -> None:
    """Show cases, the earliest due first."""
    from domain.case.buckets import Bucket
    from projections.worklist.view import Filters, page

    filters = Filters(unit=unit, bucket=choice(Bucket, "bucket", bucket))
    with reading(actor_of(role, of, actor), at_least, residents=True) as (connection, scope):
        found = page(connection, filters, scope=scope, after=after, limit=limit)
    columns = ("case_id", "stage", "unit", "bucket", "category", "due_at", "provisional", "version")
    print_page([record(row) for row in found.rows], found.next, columns, as_json)
