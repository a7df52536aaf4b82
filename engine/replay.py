"""The auditor's view: what is known of a case, and what was known at a version or a moment."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from domain.case.events import AnyCaseEvent, CaseEvent
from domain.case.evolve import fold
from domain.case.state import Case
from engine.envelope import Recorded
from engine.store.seam import Store


def history(store: Store, case: UUID) -> Sequence[Recorded]:
    """Return all events of a case in order; empty for an unknown case."""
    return [one for one in store.load(case) if isinstance(one.event, CaseEvent)]


def cases(store: Store, ids: Iterable[UUID]) -> Iterator[Case]:
    """Yield cases as they stand now, read with one query; those without events are passed over."""
    for events in store.load_many(ids).values():
        case = fold(case_events(events))
        if case is not None:
            yield case


def replay(
    store: Store,
    case: UUID,
    *,
    version: int | None = None,
    recorded_at: datetime | None = None,
    happened_at: datetime | None = None,
) -> Case | None:
    """Return a case as it stood; None when nothing had been recorded or had happened yet.

    The bounds may be combined: "what did we know on Thursday of how things stood on Tuesday".

    Args:
        store: The event log.
        case: Id of the case.
        version: Only the first events up to this one.
        recorded_at: Only what had been recorded by this moment.
        happened_at: Only what had happened by this moment, told with all that is known of it since. A change
            of stage never happens before the stage that it leaves, so what remains is the beginning of the
            case's way through the stages, with the notes, calls and answers that had happened by then,
            whenever they were entered. The version of the case counts the events folded.
    """
    return fold(case_events(known(history(store, case), version, recorded_at, happened_at)))


def known(
    events: Sequence[Recorded],
    version: int | None = None,
    recorded_at: datetime | None = None,
    happened_at: datetime | None = None,
) -> Sequence[Recorded]:
    """Return the events that a replay folds. Its bounds mean what they mean for `replay`."""
    return [
        one
        for one in events
        if (version is None or one.version <= version)
        and (recorded_at is None or one.recorded_at <= recorded_at)
        and (happened_at is None or one.happened <= happened_at)
    ]


def case_events(events: Sequence[Recorded]) -> Sequence[AnyCaseEvent]:
    """Return the bare events, for folding."""
    return [one.event for one in events if isinstance(one.event, CaseEvent)]
