"""Reads TOML that people wrote, and says in a few words what keeps it from being read."""

import tomllib
from typing import Any


def read_toml(text: str) -> dict[str, Any]:
    """Return what a text in TOML says.

    Raises:
        ValueError: It is no TOML, or none that can be read here; the message says why.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        # Python reads no number of more than some thousands of digits.
        raise ValueError("a number in it is too long") from None
