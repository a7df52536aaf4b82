"""What an append, a load, a page of the worklist and the ledgers cost as the log grows a thousandfold."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from hashlib import md5
from itertools import count
from random import Random
from threading import Thread
from time import perf_counter
from uuid import UUID

import psycopg
from psycopg import sql

from bench.city import import_sample
from bench.harness import Result, Sizes, duel, say, turns
from bench.place import Place, place
from engine import ids
from engine.rulebook import Rules
from engine.store import Append, PostgresStore
from engine.store.write import Row, write
from projections import schema
from projections.ledgers import LEDGERS
from projections.projector import Projector
from projections.worklist import view
from projections.worklist.view import Filters, Order

_ROWS = 1_850
"""Rows of the sample that make some 10,000 events."""
_WRITERS = 8
_APPENDS = 1_000
_LOADS = 1_000
_PAGES = 30
_NEW = "md5(%(copy)s::text || ':' || originator_id)::uuid"
_EVENTS = f"""
    INSERT INTO log.events (originator_id, originator_version, topic, state, notification_id)
    SELECT {_NEW}, originator_version, topic,
        convert_to(replace(convert_from(state, 'UTF8'), originator_id::text, ({_NEW})::text), 'UTF8'),
        notification_id + %(copy)s::bigint * %(span)s
    FROM log.events WHERE notification_id <= %(span)s AND originator_id <> ALL(%(rules)s)
    ORDER BY notification_id"""
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"""


@dataclass
class Town:
    """A database whose log is so many times the same cases, under ids of their own.

    Attributes:
        cases: Those that were imported; copy k of one is `md5(k:id)`.
        first: The stored first event of one of them, to append under new ids.
    """

    store: PostgresStore
    projector: Projector
    url: str
    copies: int
    cases: list[UUID]
    first: tuple[UUID, str, bytes]

    def some(self, number: int, seed: int) -> list[UUID]:
        """Return ids of cases from anywhere in the log."""
        chance = Random(seed)
        return [self._copy(chance.randint(0, self.copies), chance.choice(self.cases)) for _ in range(number)]

    @staticmethod
    def _copy(copy: int, case: UUID) -> UUID:
        return case if copy == 0 else UUID(md5(f"{copy}:{case}".encode()).hexdigest())


def run(where: Place, sizes: Sizes) -> Result:
    """Measure in turn on databases of 10 thousand events, a hundred and a thousand times as many."""
    base = 300 if sizes.quick else _ROWS
    copies = [0, 4, 20] if sizes.quick else [0, *_steps(sizes.events)]
    result = Result("growth")
    with ExitStack() as stack:
        towns = [stack.enter_context(_town(where, base, times)) for times in copies]
        names = [f"{town.store.count():,}".replace(",", "_") for town in towns]
        seeds = count()
        work = {
            f"{what}_{name}": _measure(measure, town, seeds)
            for what, measure in _MEASURES.items()
            for name, town in zip(names, towns, strict=True)
        }
        found = turns(work, sizes.runs)
    for what in _MEASURES:
        small, large = found[f"{what}_{names[0]}"], found[f"{what}_{names[-1]}"]
        result.take(what, f"{what}_us_{names[-1]}", f"{what}_us_{names[0]}", duel(large, small))
        for name in names[1:-1]:
            result.one(f"{what}_us_{name}", found[f"{what}_{name}"])
    return result


def _steps(events: int) -> list[int]:
    """Return how often the first ten thousand are repeated: a hundredfold, and up to ten times `events`."""
    return [events // 10_000 - 1, 10 * events // 10_000 - 1]


def _measure(work: Callable[[Town, int], float], town: Town, seeds: Iterator[int]) -> Callable[[], float]:
    return lambda: work(town, next(seeds))


def _append(town: Town, seed: int) -> float:
    """Return the microseconds between two appends of 8 writers."""
    old, name, state = town.first
    todo = iter([ids.new() for _ in range(_APPENDS)])

    def writing() -> None:
        for new in todo:
            row = Row(new, 1, name, state.replace(str(old).encode(), str(new).encode()))
            town.store.run(lambda session, row=row: write(session, [row], Append()))  # type: ignore[misc]

    threads = [Thread(target=writing) for _ in range(_WRITERS)]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (perf_counter() - begun) / _APPENDS * 1e6


def _project(town: Town, seed: int) -> float:
    """Return the microseconds an event costs the projector, of those that were appended last."""
    begun = perf_counter()
    events = town.projector.catch_up()
    return (perf_counter() - begun) / events * 1e6


def _load(town: Town, seed: int) -> float:
    """Return the microseconds in which a case is read, one of any age."""
    cases = town.some(_LOADS, seed)
    begun = perf_counter()
    for case in cases:
        if not town.store.load(case):
            raise RuntimeError("a case that was copied is not there")
    return (perf_counter() - begun) / _LOADS * 1e6


def _worklist(town: Town, seed: int) -> float:
    """Return the microseconds of a page: by limit, the newest, and one unit's."""
    unit = Filters(unit="boston.dept-isd", open_only=True)
    with schema.connect(town.url) as connection:
        begun = perf_counter()
        for _ in range(_PAGES):
            view.page(connection, Filters(open_only=True), order=Order.DUE)
            view.page(connection, order=Order.NEWEST)
            view.page(connection, unit, order=Order.DUE)
        return (perf_counter() - begun) / (3 * _PAGES) * 1e6


_MEASURES: dict[str, Callable[[Town, int], float]] = {
    "append": _append,
    "project": _project,
    "load": _load,
    "worklist": _worklist,
}
"""In this order: the projector takes in what was appended before it."""


@contextmanager
def _town(where: Place, rows: int, copies: int) -> Iterator[Town]:
    with ExitStack() as stack:
        own = stack.enter_context(place(where.url, where.folder))
        import_sample(own, rows)
        store = stack.enter_context(PostgresStore(own.url, pool_size=_WRITERS))
        projector = Projector(own.url, store, Rules(store).current)
        projector.catch_up()
        begun = perf_counter()
        _repeat(own.url, copies, store.head())
        say(f"  {store.count():,} events stored, with their ledgers, in {perf_counter() - begun:.0f} s")
        cases = list(store.cases())[: rows // 2]
        yield Town(store, projector, own.url, copies, cases, _first(own.url))


def _first(url: str) -> tuple[UUID, str, bytes]:
    query = "SELECT originator_id, topic, state FROM log.events WHERE topic = 'case.collected' LIMIT 1"
    with psycopg.connect(url) as connection:
        found = connection.execute(query).fetchone()
    if found is None:
        raise RuntimeError("nothing was imported")
    return found[0], found[1], bytes(found[2])


def _repeat(url: str, copies: int, span: int) -> None:
    """Repeat all cases in log and ledgers, by statements of the owner's; hashes of the ledgers are left."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        schema.postpone_indexes(connection, schema.LIVE)
        for copy in range(1, copies + 1):
            values = {"copy": copy, "span": span, "rules": list(ids.RULES)}
            with connection.transaction():
                connection.execute(_EVENTS.encode(), values)
                for table in _tables():
                    _repeat_rows(connection, table, values)
        with connection.transaction():
            schema.enter(connection, schema.LIVE)
            times, last = copies + 1, (copies + 1) * span
            connection.execute("SELECT setval('log.events_notification_id_seq', %s)", (last,))
            connection.execute("UPDATE balances SET cases = cases * %s", (times,))
            connection.execute("UPDATE progress SET position = %s", (last,))
        schema.finish_indexes(connection, schema.LIVE)
        for name in ("log.events", *(f"{schema.LIVE}.{table}" for table in _tables())):
            connection.execute(f"VACUUM ANALYZE {name}".encode())
        connection.execute("CHECKPOINT")


def _tables() -> list[str]:
    return [table for ledger in LEDGERS if ledger.of_cases for table in ledger.tables if table != "balances"]


def _repeat_rows(connection: psycopg.Connection[object], table: str, values: dict[str, object]) -> None:
    """Repeat the rows of the imported cases: another id, positions further on, all else as it was."""
    name = f"{schema.LIVE}.{table}"
    columns = [str(row[0]) for row in connection.execute(_COLUMNS, (name,)).fetchall()]  # type: ignore[index]
    changed: dict[str, sql.Composable] = {"case_id": sql.SQL(_NEW.replace("originator_id", "case_id"))}
    changed |= {
        one: sql.SQL("{} + %(copy)s::bigint * %(span)s").format(sql.Identifier(one))
        for one in columns
        if one == "position" or one.endswith("_position")
    }
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE position <= %(span)s").format(
            sql.Identifier(schema.LIVE, table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(changed.get(one, sql.Identifier(one)) for one in columns),
            sql.Identifier(schema.LIVE, table),
        ),
        values,
    )
