"""Turns errors into one line for a person or a program, and into an exit code that scripts may rely on."""

from __future__ import annotations

import errno
import json
import os
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

    from domain.errors import DomainError


class Exit(IntEnum):
    """Exit codes of every command; docs/operations.md lists them."""

    OK = 0
    CHECK_FAILED = 1
    BAD_USAGE = 2
    REFUSED = 3
    UNAVAILABLE = 4
    FAULT = 70
    INTERRUPTED = 130


_BAD_USAGE: Final = frozenset({"settings_invalid", "sample_unusable"})
_UNAVAILABLE: Final = frozenset(
    {"unavailable", "unsafe_server", "key_missing", "migration_changed", "not_migrated", "ledgers_outdated"}
)


class BadUsage(Exception):
    """An argument that can't serve; the message says which one would.

    Attributes:
        message: One line.
    """

    code = "bad_usage"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def report(error: Exception, *, as_json: bool) -> Exit:
    """Print what went wrong to standard error; return the exit code that says so."""
    code, message, exit_code = _explain(error)
    print(_object(code, message) if as_json else f"{code}: {message}", file=sys.stderr)
    return exit_code


def misused(error: typer.TyperException, *, as_json: bool) -> int:
    """Print to standard error what is wrong with the arguments; return the exit code that says so."""
    show = getattr(error, "show", None)
    if as_json or show is None:
        print(_object(BadUsage.code, error.format_message()), file=sys.stderr)
    else:
        show()
    return error.exit_code


def _object(code: str, message: str) -> str:
    return json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False)


def _explain(error: Exception) -> tuple[str, str, Exit]:
    # Imported here: they draw in pydantic, and most calls of the program end well.
    from domain.errors import DomainError

    if isinstance(error, BadUsage):
        return error.code, error.message, Exit.BAD_USAGE
    if isinstance(error, DomainError):
        return error.code, error.message, _exit_of(error)
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "port_taken", "The port is taken; name another one with --port.", Exit.UNAVAILABLE
    lost = _unreachable(error)
    if lost is not None:
        return "unavailable", lost, Exit.UNAVAILABLE
    if os.environ.get("LOG_LEVEL", "").upper() == "DEBUG":  # noqa: TID251 - settings may be what is broken
        raise error
    advice = "This is a fault of the program; run again with LOG_LEVEL=DEBUG to see where."
    return "internal_error", f"{type(error).__name__}: {error}. {advice}", Exit.FAULT


def _exit_of(error: DomainError) -> Exit:
    from interfaces.local.errors import LocalError

    if error.code in _BAD_USAGE:
        return Exit.BAD_USAGE
    if isinstance(error, LocalError) or error.code in _UNAVAILABLE or error.code.endswith("_unavailable"):
        return Exit.UNAVAILABLE
    return Exit.REFUSED


def _unreachable(error: Exception) -> str | None:
    import psycopg

    if isinstance(error, psycopg.OperationalError):
        return f"PostgreSQL can't be reached or stopped answering: {str(error).strip()}"
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return "The database is not set up; run `echowall migrate`."
    return None
