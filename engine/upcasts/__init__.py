"""How old shapes of events become the present ones. Stored bytes are never rewritten."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""A pure function from the data of version n to that of n + 1; its docstring says why the value is right."""

UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = {}
"""By (event name, version that it takes). A module here holds `upcast_v1_v2` and the like for one event."""
