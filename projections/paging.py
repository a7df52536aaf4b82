"""Pages by key: a reader goes on from the last row it saw, however the table has changed meanwhile."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, LiteralString, TypeVar
from uuid import UUID

from psycopg import sql

from engine.errors import EngineError

T = TypeVar("T")
Scope = tuple[str, Sequence[object]]
"""A condition over the columns `units` and `reporter`, with its values: engine.authorise.scope_sql."""
Condition = tuple[sql.SQL | sql.Composed, Sequence[object]]


class CursorInvalid(EngineError):
    """The cursor was not given out here, or for another order; begin again without one."""

    code: str = "cursor_invalid"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows.

    Attributes:
        next: Cursor of the page after this one; None when this is the last.
    """

    rows: tuple[T, ...]
    next: str | None


def encode(values: Sequence[object]) -> str:
    """Return a cursor from the values of a row's key; texts, numbers and None."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def decode(cursor: str, kinds: Sequence[str]) -> list[Any]:
    """Return the values of a cursor; `kinds` names for each `moment`, `text`, `uuid` or `number`.

    Raises:
        CursorInvalid: cursor_invalid.
    """
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(values, list) or len(values) != len(kinds):
            raise ValueError("another number of values")
        return [_checked(value, kind) for value, kind in zip(values, kinds, strict=True)]
    except (ValueError, TypeError, binascii.Error) as error:
        raise CursorInvalid("The cursor was not given out here; begin again without one.") from error


def _checked(value: object, kind: str) -> object:
    match kind, value:
        case "moment", str():
            return value if value == "infinity" else datetime.fromisoformat(value)
        case "uuid", str():
            return UUID(value)
        case ("text", str()) | ("number", int()):
            return value
        case _:
            raise ValueError(f"no {kind}")


def page(rows: Sequence[T], limit: int, key: Sequence[object] | None) -> Page[T]:
    """Return a page from one row more than asked for; `key` is that of the last row shown."""
    more = len(rows) > limit
    return Page(tuple(rows[:limit]), encode(key) if more and key is not None else None)


def under(column: str, unit: str) -> Condition:
    """Return the condition that a column holds a unit or one below it: unit ids are dotted paths."""
    name = sql.Identifier(*column.split("."))
    plain = re.sub(r"([\\%_])", r"\\\1", unit)
    return sql.SQL("({0} = %s OR {0} LIKE %s)").format(name), (unit, f"{plain}.%")


def equals(column: str, value: object) -> Condition:
    """Return the condition that a column holds a value."""
    return sql.SQL("{} = %s").format(sql.Identifier(*column.split("."))), (value,)


def literal(text: LiteralString, *values: object) -> Condition:
    """Return a condition that is written out in the code, never by a client."""
    return sql.SQL(text), values


def visible(scope: Scope | None, case: str) -> Condition | None:
    """Return the condition that one may see the case of a row; None when one may see all."""
    if scope is None:
        return None
    condition, values = scope
    query = sql.SQL("EXISTS (SELECT 1 FROM ledger.worklist seen WHERE seen.case_id = {} AND ({}))")
    return query.format(sql.Identifier(*case.split(".")), written(condition)), values


def written(condition: str) -> sql.SQL:
    """Return a condition that the engine has written; its values stand apart from it."""
    return sql.SQL(condition)


def where(conditions: Sequence[Condition | None]) -> Condition:
    """Join conditions; the Nones fall away."""
    given = [one for one in conditions if one is not None]
    if not given:
        return sql.SQL("true"), ()
    return sql.SQL(" AND ").join(part for part, _ in given), [
        value for _, values in given for value in values
    ]
