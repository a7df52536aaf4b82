"""Walks through the log case by case, with the ledgers' rows beside it, and tells where they part."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from domain.case.book import Rulebook
from domain.errors import DomainError
from engine.codec import Raw
from engine.ids import RULES
from projections.audit.fresh import (
    CLOCKS,
    EXCLUSIONS,
    LAPSED,
    POSTINGS,
    WORKLIST,
    Fresh,
    Row,
    Unreadable,
    clocks,
    exclusions,
    fresh,
    lapsed_rows,
    postings,
    worklist,
)
from projections.audit.sums import PASSED, Connection
from projections.audit.told import ALARMS, WHISTLES, alarms, whistles

_PAGE: Final = 5_000
_CHOSEN: Final = "%(chosen)s::uuid[] IS NULL OR {} = ANY(%(chosen)s::uuid[])"
_EVENTS: Final = f"""
SELECT notification_id, originator_id, originator_version, topic, state FROM log.events
WHERE {PASSED} AND ({_CHOSEN.format("originator_id")}) ORDER BY originator_id, originator_version"""
# The position salts the choice, so that repeated samples look at other cases.
_CHOICE: Final = f"""
SELECT originator_id FROM log.events
WHERE originator_version = 1 AND topic = 'case.collected' AND {PASSED}
ORDER BY md5(originator_id::text || (SELECT position FROM ledger.progress)) LIMIT %s"""
_ROWS: Final = (
    "SELECT case_id, {columns} FROM ledger.{table} WHERE " + _CHOSEN.format("case_id") + " ORDER BY {order}"
)
_BY_POSITION: Final = "case_id, position, amount"
_BY_CLOCK: Final = 'case_id, clock COLLATE "C"'
_BY_CALL: Final = 'case_id, number, department COLLATE "C"'
_BY_KIND: Final = 'case_id, position, kind COLLATE "C", clock COLLATE "C"'


@dataclass(frozen=True, slots=True)
class Table:
    """A table that must follow from the cases.

    Attributes:
        columns: Those compared, beside the case.
        order: Of the rows of one case.
        expected: What they must be.
        by_rules: Whether nothing in it can be told without policies and calendars.
    """

    name: str
    ledger: str
    columns: Sequence[str]
    order: str
    expected: Callable[[Fresh, Rulebook | None], list[Row]]
    by_rules: bool = False


TABLES: Final = (
    Table("worklist", "worklist", WORKLIST, "case_id", lambda found, book: [worklist(found, book)]),
    Table("postings", "accountability", POSTINGS, _BY_POSITION, lambda found, book: postings(found)),
    Table("clocks", "escalation", CLOCKS, _BY_CLOCK, clocks),
    Table("lapsed", "escalation", LAPSED, _BY_CLOCK, lapsed_rows, by_rules=True),
    Table("exclusions", "escalation", EXCLUSIONS, "case_id", exclusions),
    Table("whistles", "whistles", WHISTLES, _BY_CALL, whistles),
    Table("alarms", "alarms", ALARMS, _BY_KIND, alarms, by_rules=True),
)


class Rows:
    """The rows of a table in the order of their cases, handed out to a walk in the same order."""

    def __init__(self, table: Table, cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
        self.table = table
        self._groups = groupby(cursor, key=lambda row: row[0])
        self._next = next(self._groups, None)

    def strangers(self, case: UUID | None) -> Iterator[UUID]:
        """Pass over the rows of cases before this one (None: all that are left), and name them."""
        while self._next is not None and (case is None or self._next[0] < case):
            yield self._next[0]
            self._next = next(self._groups, None)

    def take(self, case: UUID) -> list[Row]:
        """Return the rows of a case, in order."""
        if self._next is None or self._next[0] != case:
            return []
        rows = [tuple(row[1:]) for row in self._next[1]]
        self._next = next(self._groups, None)
        return rows


class Comparison:
    """What a walk has found: the first difference of each table."""

    def __init__(self, book: Rulebook | None, aside: dict[UUID, set[str]]) -> None:
        self.cases = 0
        self.first: dict[str, str] = {}
        self._book = book
        self._aside = aside

    def case(self, stream: UUID, raws: Sequence[Raw], tables: Sequence[Rows]) -> None:
        """Compare one case with its rows in every table."""
        for rows in tables:
            self._strangers(rows, stream)
        held = {rows.table: rows.take(stream) for rows in tables}
        try:
            found = fresh(raws)
        except Unreadable as fault:
            if not {table.ledger for table in held} <= self._aside.get(stream, set()):
                self._note("cases", f"{stream} can't be folded and doesn't stand aside: {fault}")
            return
        self.cases += 1
        for table, rows_ in held.items():
            if table.ledger not in self._aside.get(stream, ()):
                self._compare(table, found, rows_)

    def end(self, tables: Sequence[Rows]) -> None:
        """Name what is left: rows of cases that the log doesn't know."""
        for rows in tables:
            self._strangers(rows, None)

    def _compare(self, table: Table, found: Fresh, rows: list[Row]) -> None:
        if self._book is None and table.by_rules:
            return
        try:
            wanted = table.expected(found, self._book)
        except DomainError as fault:
            self._note(table.name, f"{found.case.id}: {fault.code}: {fault}")
            return
        for have, want in zip(rows, wanted, strict=False):
            for column, value, expected in zip(table.columns, have, want, strict=False):
                if value != expected:
                    said = f"{table.name}.{column} says {_said(value)}, its events {_said(expected)}"
                    self._note(table.name, f"{found.case.id}: {said}")
                    return
        if len(rows) != len(wanted):
            self._note(
                table.name, f"{found.case.id}: {len(rows)} rows in {table.name}, by its events {len(wanted)}"
            )

    def _strangers(self, rows: Rows, before: UUID | None) -> None:
        for one in rows.strangers(before):
            self._note(rows.table.name, f"{one}: in {rows.table.name}, but not in the log")

    def _note(self, name: str, detail: str) -> None:
        self.first.setdefault(name, detail)


def compare_cases(connection: Connection, book: Rulebook | None, sample: int | None) -> Comparison:
    """Fold cases afresh, all or some, and compare each with its rows; within the caller's snapshot."""
    chosen = None
    if sample is not None:
        chosen = [row[0] for row in connection.execute(_CHOICE, (sample,)).fetchall()]
    comparison = Comparison(book, _standing_aside(connection))
    with ExitStack() as opened:

        def stream(name: str, query: str) -> psycopg.Cursor[tuple[Any, ...]]:
            cursor = opened.enter_context(connection.cursor(name, row_factory=tuple_row))
            cursor.itersize = _PAGE
            cursor.execute(query.encode(), {"chosen": chosen})
            return cursor

        events = stream("audit_events", _EVENTS)
        tables = [
            Rows(
                one,
                stream(
                    f"audit_{one.name}",
                    _ROWS.format(columns=", ".join(one.columns), table=one.name, order=one.order),
                ),
            )
            for one in TABLES
        ]
        for case, rows in groupby(events, key=lambda row: row[1]):
            if case not in RULES:
                comparison.case(case, [Raw(*row) for row in rows], tables)
        comparison.end(tables)
    return comparison


def _standing_aside(connection: Connection) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for ledger, stream in connection.execute("SELECT ledger, stream FROM ledger.parked").fetchall():
        found.setdefault(stream, set()).add(ledger)
    return found


def _said(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)
