"""Moments and pauses, brought into one order and one zone before anything is counted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import DomainError
from domain.records import quick


class MomentNaive(DomainError):
    """A moment without a zone was given where a zone decides the answer."""

    code: str = "moment_naive"


@quick
@dataclass(frozen=True, slots=True)
class Moment:
    """A derived moment in UTC; `provisional` when a day that decided it is in a year not yet published."""

    at: datetime
    provisional: bool

    def __str__(self) -> str:
        """Return how a refusal names it; what is provisional says so."""
        return self.at.isoformat() + (" (provisional)" if self.provisional else "")


@quick
@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which a clock stands still; `end` None while it still does.

    One that ends at or before its start stops nothing.

    Attributes:
        whole_days: Whether a limit in days doesn't count any day that the span touches, and not only those
            at whose end the clock stands still.
    """

    start: datetime
    end: datetime | None
    whole_days: bool = False


def as_utc(at: datetime) -> datetime:
    """Return the same moment in UTC.

    Raises:
        MomentNaive: moment_naive; `at` carries no zone.
    """
    if at.tzinfo is None:
        raise MomentNaive("Give the moment with its zone, such as 2026-02-13T17:59:00+08:00.")
    return at.astimezone(UTC)


def merged(pauses: Iterable[Pause], begin: datetime) -> tuple[Pause, ...]:
    """Return the pauses from `begin` on in UTC and in order, those that touch made one.

    Only the last may be open.
    """
    joined: list[Pause] = []
    for pause in sorted(_clipped(pauses, begin), key=lambda one: one.start):
        if not joined or (joined[-1].end is not None and joined[-1].end < pause.start):
            joined.append(pause)
        else:
            joined[-1] = Pause(joined[-1].start, _later(joined[-1].end, pause.end))
    return tuple(joined)


def _clipped(pauses: Iterable[Pause], begin: datetime) -> Iterator[Pause]:
    for pause in pauses:
        start = max(as_utc(pause.start), begin)
        end = None if pause.end is None else as_utc(pause.end)
        if end is None or end > start:
            yield Pause(start, end)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


def running_spans(
    start: datetime, end: datetime, stopped: Sequence[Pause]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the parts of `start` to `end` outside the merged pauses, in order and none of them empty."""
    for pause in stopped:
        if pause.start >= end:
            break
        if pause.start > start:
            yield start, pause.start
        if pause.end is None:
            return
        start = max(start, pause.end)
    if start < end:
        yield start, end


def runs_up_to(at: datetime, stopped: Sequence[Pause]) -> bool:
    """Return whether the clock is running in the instant before `at`."""
    return not any(pause.start < at and (pause.end is None or at <= pause.end) for pause in stopped)
