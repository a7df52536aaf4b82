"""For which cases something may still be to do, found by the names of their events alone."""

from typing import Final
from uuid import UUID

from engine.store.seam import Store

_PAGE: Final = 5_000
_LAST: Final = frozenset({"case.struck_off", "case.refused"})
"""A stream that ends with one of these is a case with nothing left, unless it is out of the appraisal."""


def maybe_open(store: Store) -> dict[UUID, int]:
    """Return every case that may be open, with the position of its last event, in the order of the log.

    A closed case that is out of the appraisal is among them: it may count again by itself on a date.

    It is a look at what is recorded now, held back by nobody. What a writer in flight is about to record
    isn't in it, whatever its position: that lies beyond all that the relay has followed, so the relay will
    meet it. Of each case it sees all events up to some version, since one is drawn only once the one before
    is recorded.
    """
    last: dict[UUID, int] = {}
    excluded: set[UUID] = set()
    after, head = 0, store.head()
    while page := store.read_raw(after, _PAGE, head):
        for raw in page:
            if raw.name == "case.excluded":
                excluded.add(raw.stream)
            elif raw.name == "case.included":
                excluded.discard(raw.stream)
            if raw.name in _LAST and raw.stream not in excluded:
                last.pop(raw.stream, None)
            elif raw.name.startswith("case."):
                last[raw.stream] = raw.position
        after = page[-1].position
    return last
