"""Which cases may still be open, found by the names of their last events alone."""

from typing import Final
from uuid import UUID

from engine.store.seam import Store

_PAGE: Final = 5_000
_LAST: Final = frozenset({"case.struck_off", "case.refused"})
"""A stream that ends with one of these is a case with nothing left; there is no need to read the rest."""


def maybe_open(store: Store) -> dict[UUID, int]:
    """Return every case that may be open, with the position of its last event, in the order of the log."""
    last: dict[UUID, int] = {}
    after = 0
    while page := store.read_raw(after, _PAGE):
        for raw in page:
            if raw.name in _LAST:
                last.pop(raw.stream, None)
            elif raw.name.startswith("case."):
                last[raw.stream] = raw.position
        after = page[-1].position
    return last
