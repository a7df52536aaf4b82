"""What is asked of alarms: the list, and how many of each kind by unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from domain.case.alarms import AlarmKind
from projections import paging
from projections.alarms.fold import AlarmRow
from projections.paging import Condition, Page, Scope


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; None asks for everything.

    Attributes:
        unit: The unit that was responsible, with all below it.
        since: Happened from this moment on; so `until`, which is excluded.
    """

    unit: str | None = None
    kind: AlarmKind | None = None
    case: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class AlarmCount(NamedTuple):
    """The alarms of one kind on cases of one unit.

    Attributes:
        alarms: Each clock counts.
        cases: On so many cases.
    """

    unit: str
    kind: str
    alarms: int
    cases: int


_COLUMNS: Final = sql.SQL(", ").join(sql.Identifier("a", one) for one in AlarmRow._fields)
_LIST: Final = (
    "SELECT {} FROM ledger.alarms a WHERE {} "
    'ORDER BY a.position DESC, a.kind COLLATE "C", a.clock COLLATE "C" LIMIT %s'
)
_COUNTS: Final = """
SELECT a.unit, a.kind, count(*) AS alarms, count(DISTINCT a.case_id) AS cases
FROM ledger.alarms a WHERE {} GROUP BY a.unit, a.kind ORDER BY a.unit COLLATE "C", a.kind COLLATE "C\""""
_BEYOND: Final = """
(a.position < %s OR (a.position = %s AND (a.kind COLLATE "C", a.clock COLLATE "C") > (%s, %s)))"""


def alarms(
    connection: psycopg.Connection[Any],
    filters: Filters | None = None,
    *,
    scope: Scope | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[AlarmRow]:
    """Return alarms, the newest in the log first.

    Raises:
        CursorInvalid: cursor_invalid.
    """
    start = None
    if after is not None:
        position, kind, clock = paging.decode(after, ("number", "text", "text"))
        start = paging.literal(_BEYOND, position, position, kind, clock)
    condition, values = paging.where([*_conditions(filters or Filters(), scope), start])
    query = sql.SQL(_LIST).format(_COLUMNS, condition)
    with connection.cursor(row_factory=class_row(AlarmRow)) as cursor:
        rows = cursor.execute(query, [*values, limit + 1]).fetchall()
    return paging.page(rows, limit, _key(rows[:limit]))


def counts(
    connection: psycopg.Connection[Any], filters: Filters | None = None, *, scope: Scope | None = None
) -> list[AlarmCount]:
    """Return how many alarms there are, by unit and kind."""
    condition, values = paging.where(_conditions(filters or Filters(), scope))
    with connection.cursor(row_factory=class_row(AlarmCount)) as cursor:
        return cursor.execute(sql.SQL(_COUNTS).format(condition), values).fetchall()


def _conditions(filters: Filters, scope: Scope | None) -> list[Condition | None]:
    return [
        None if filters.unit is None else paging.under("a.unit", filters.unit),
        None if filters.kind is None else paging.equals("a.kind", filters.kind.value),
        None if filters.case is None else paging.equals("a.case_id", filters.case),
        None if filters.since is None else paging.literal("a.at >= %s", filters.since),
        None if filters.until is None else paging.literal("a.at < %s", filters.until),
        paging.visible(scope, "a.case_id"),
    ]


def _key(rows: Sequence[AlarmRow]) -> tuple[int, str, str] | None:
    return (rows[-1].position, rows[-1].kind, rows[-1].clock) if rows else None
