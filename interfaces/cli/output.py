"""How commands print: data on standard output, progress on standard error where that is a terminal."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
"""The option that every command has."""
Progress = Callable[[int, int | None], None]
"""Told how much is done, and of how much; None when that can't be known."""


def emit(data: object, as_json: bool, lines: Iterable[str]) -> None:
    """Print `data` as one line of JSON, or else `lines` for a person."""
    if as_json:
        print(json.dumps(data, ensure_ascii=False, default=_plain), flush=True)
        return
    for line in lines:
        print(line, flush=True)


def record(row: object) -> dict[str, Any]:
    """Return a row of a ledger, a dataclass or a named tuple, as names and values."""
    if is_dataclass(row) and not isinstance(row, type):
        return asdict(row)
    if isinstance(row, tuple) and hasattr(row, "_asdict"):
        return dict(row._asdict())
    raise TypeError(f"{type(row).__name__} is no row")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], none: str) -> Iterator[str]:
    """Yield aligned lines under a heading, or the line `none` when there are no rows."""
    if not rows:
        yield none
        return
    cells = [list(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(_width(line[place]) for line in cells) for place in range(len(columns))]
    for line in cells:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(_cell(one) for one in value)
    return str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show a bar for `what` when standard error is a terminal, nothing otherwise."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
