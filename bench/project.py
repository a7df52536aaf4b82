"""All ledgers over a long log: beside the library's runner on one ledger, and a COPY of the rows."""

from contextlib import closing
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql

from bench.city import fill
from bench.harness import Result, Sizes, duel, say, turns
from bench.life import Issues
from bench.place import Place, library_env
from bench.runner import catch_up, live_whole
from engine.rulebook import Rules
from engine.store import PostgresStore
from projections import schema
from projections.projector import Projector
from projections.rebuild import tables

_APART = ("tallies", "parked")


def run(where: Place, sizes: Sizes) -> Result:
    """Catch up from the first event in each run; the runner gets a shorter log, since it takes so long."""
    events = fill(where, sizes.events)
    say(f"  {events:,} events stored")
    env = library_env(where.url, 5)
    with closing(Issues(env)) as app:
        live_whole(app, 250 if sizes.quick else 1_000)
    result = Result("project", figures={"events": float(events)})
    found = turns(
        {
            "ledgers": lambda: ledgers(where),
            "library": lambda: catch_up(where.url, env),
            "copy": lambda: events / _copy(where),
        },
        sizes.runs,
    )
    result.take("library", "ledgers", "library_runner", duel(found["ledgers"], found["library"]))
    result.take("copy", "ledgers", "copy_of_rows", duel(found["ledgers"], found["copy"]))
    return result


def ledgers(where: Place) -> float:
    """Return how many events a second all ledgers take in, from none to the log's end."""
    with psycopg.connect(where.url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {schema.LIVE} CASCADE")
        connection.execute("CHECKPOINT")
    with PostgresStore(where.url) as store:
        projector = Projector(where.url, store, Rules(store).current)
        begun = perf_counter()
        events = projector.catch_up()
        return events / (perf_counter() - begun)


def _copy(where: Place) -> float:
    """Return the seconds that a COPY of the rows that resulted takes, into tables with the same indexes."""
    names = [name for name in tables() if name not in _APART]
    with psycopg.connect(where.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS copied CASCADE")
        connection.execute("CREATE SCHEMA copied")
        for name in names:
            source, target = sql.Identifier(schema.LIVE, name), sql.Identifier("copied", name)
            connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(target, source))
        content = {name: _read(connection, name) for name in names}
        connection.execute("CHECKPOINT")
        begun = perf_counter()
        for name, blocks in content.items():
            target = sql.Identifier("copied", name)
            with connection.cursor().copy(
                sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(target)
            ) as copy:
                for block in blocks:
                    copy.write(block)
        return perf_counter() - begun


def _read(connection: psycopg.Connection[Any], name: str) -> list[bytes]:
    source = sql.Identifier(schema.LIVE, name)
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(source)) as copy:
        return [bytes(block) for block in copy]
