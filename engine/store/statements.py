"""The store's SQL, kept in files of its own beside this module."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> bytes:
    """Return the text of `sql/NAME.sql`."""
    return (files("engine.store") / "sql" / f"{name}.sql").read_bytes()
