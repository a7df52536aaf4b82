"""Reads the files that arguments name."""

from __future__ import annotations

from pathlib import Path

from interfaces.cli.outcome import BadUsage


def read_text(file: Path) -> str:
    """Return the text of a file.

    Raises:
        BadUsage: It can't be read, or isn't UTF-8.
    """
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"{file} can't be read: {error}.") from None
