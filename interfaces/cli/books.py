"""The commands that read the double entry: accounts, what came and went, and whether all of it adds up."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.actors import ActorOption, RoleOption, actor_of
from interfaces.cli.outcome import Exit
from interfaces.cli.output import Json, emit, record, table
from interfaces.cli.place import opened_program
from interfaces.cli.reading import (
    AfterPosition,
    AtLeast,
    Limit,
    Of,
    Under,
    choice,
    print_stretch,
    reading,
    wait_for_ledgers,
)


def add_to(app: typer.Typer) -> None:
    """Put these commands beside those that read the other ledgers."""
    for command in (accounts, statement, trial_balance):
        app.command()(command)


def accounts(
    *,
    unit: Under = None,
    role: RoleOption = "administrator",
    of: Of = None,
    actor: ActorOption = None,
    at_least: AtLeast = 0,
    as_json: Json = False,
) -> None:
    """Show how many cases stand on each account of each unit."""
    from projections.accountability.view import balances

    with reading(actor_of(role, of, actor), at_least) as (connection, scope):
        rows = [record(one) for one in balances(connection, unit=unit, scope=scope)]
    emit(
        {"accounts": rows},
        as_json,
        table(rows, ("unit", "bucket", "cases"), "No case stands on these accounts."),
    )


def statement(
    unit: Annotated[str, typer.Argument(help="Unit whose account it is.")],
    bucket: Annotated[str, typer.Argument(help="Such as to_screen, to_accept, in_hand, to_visit.")],
    *,
    limit: Limit = 50,
    after: AfterPosition = 0,
    role: RoleOption = "administrator",
    of: Of = None,
    actor: ActorOption = None,
    at_least: AtLeast = 0,
    as_json: Json = False,
) -> None:
    """Show which cases came to an account and went, and from where and to where, in the order of the log."""
    from domain.case.buckets import Bucket
    from projections.accountability.view import statement as lines

    wanted = choice(Bucket, "bucket", bucket)
    with reading(actor_of(role, of, actor), at_least, of=unit) as (connection, scope):
        found = lines(connection, unit, wanted, scope=scope, after=after, limit=limit + 1)
    columns = ("case_id", "amount", "counter_unit", "counter_bucket", "at", "position")
    print_stretch(found, limit, columns, as_json)


def trial_balance(at_least: AtLeast = 0, as_json: Json = False) -> None:
    """Check the double entry: total zero, every case on exactly one account; else ends with 1."""
    from projections.accountability.view import trial_balance as balance

    with opened_program() as program, program.ledgers.connection() as connection:
        wait_for_ledgers(connection, at_least)
        found = balance(connection)
    data = {**record(found), "sound": found.sound}
    verdict = "sound" if found.sound else "NOT SOUND; run `echowall reconcile`"
    line = (
        f"total {found.total}, cases {found.cases}, astray {found.astray}, unbalanced {found.unbalanced}, "
        f"as of position {found.position}: {verdict}"
    )
    emit(data, as_json, [line])
    if not found.sound:
        raise typer.Exit(Exit.CHECK_FAILED)
