"""What the demonstration proves at its end, one question a function; each can be answered with no."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from domain.case.stage import Stage
from domain.case.state import Case
from interfaces.demo.life import Sighting
from projections.accountability.view import TrialBalance
from projections.progress import Tally

Json = dict[str, Any]
MOMENTS = 3


def struck_off(cases: Iterable[Case | None]) -> int:
    """Count the cases that stand closed."""
    return sum(case is not None and case.stage is Stage.CLOSED for case in cases)


def reopened(cases: Iterable[Case | None]) -> int:
    """Count the cases that had more than one round."""
    return sum(case is not None and case.round > 1 for case in cases)


def accounted(balance: TrialBalance, cases: int) -> bool:
    """Whether every case of the log, and no other, stands on exactly one account.

    Args:
        balance: As the ledger adds it up; it can't know of a case that was never posted.
        cases: How many cases the log has.
    """
    return balance.sound and balance.cases == cases


def applied(sums: Sequence[Tally], stored: int) -> bool:
    """Whether in every ledger the applied and the parked events are those of the log; no ledger is none.

    Args:
        sums: A tally for each ledger.
        stored: Events in the log.
    """
    return bool(sums) and all(tally.applied + tally.parked == stored for tally in sums)


def spread(seen: Sequence[Sighting]) -> list[Sighting]:
    """Return three sightings of a case, the first, a middle and the last; none where it has fewer."""
    distinct = list({one.version: one for one in seen}.values())
    if len(distinct) < MOMENTS:
        return []
    return [distinct[0], distinct[len(distinct) // 2], distinct[-1]]


def unlike(sightings: Iterable[Sighting], ask: Callable[[UUID, Json], Json]) -> Iterator[str]:
    """Yield a line for each replay that shows a case otherwise than it was seen while it was worked on.

    Args:
        sightings: How cases looked over the API, and when.
        ask: Replays a case over the API at a version or a moment.
    """
    for one in sightings:
        moment = one.at.isoformat()
        for point in ({"version": one.version}, {"recorded_at": moment}, {"happened_at": moment}):
            told = ask(one.case, point)
            found = (told["version"], told["stage"], told["unit"])
            if found != (one.version, one.stage, one.unit):
                yield f"{one.case} at {point}: {found}, but seen: {(one.version, one.stage, one.unit)}"
