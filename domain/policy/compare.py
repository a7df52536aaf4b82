"""What one policy says otherwise than another: limit by limit and rung by rung, not line by line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs.

    Attributes:
        place: Such as `obligations.resolve.limit` or `ladder.raise.at`; sections and rungs by their names.
        before: What the older policy says; None: nothing. So `after` for the newer.
    """

    place: str
    before: str | None
    after: str | None


def differences(older: Policy, newer: Policy) -> tuple[Difference, ...]:
    """Return what differs, limits and ladders first, then the rest by place; empty when all is the same."""
    before, after = dict(_leaves(older)), dict(_leaves(newer))
    places = [place for place in {**before, **after} if before.get(place) != after.get(place)]
    found = (Difference(place, before.get(place), after.get(place)) for place in places)
    return tuple(sorted(found, key=lambda one: (_rank(one.place), one.place)))


def _rank(place: str) -> int:
    heads = ("obligations.", "sections.", "ladder.")
    return next((rank for rank, head in enumerate(heads) if place.startswith(head)), len(heads))


def _leaves(policy: Policy) -> Iterator[tuple[str, str]]:
    yield from _walk("", policy.model_dump(mode="json", exclude_none=True))


def _walk(place: str, value: Any) -> Iterator[tuple[str, str]]:
    text = _measure(value) if isinstance(value, dict) else None
    if text is not None:
        yield place, text
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk(f"{place}.{name}" if place else str(name), inner)
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for one in value:
            name = one.get("rung") or one.get("name")
            inner = {key: said for key, said in one.items() if said != name}
            yield from _walk(f"{place}.{name}", inner)
    else:
        yield place, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _measure(value: Mapping[str, Any]) -> str | None:
    """Return a duration, an offset or a share as files write it; None for anything else."""
    match dict(value):
        case {"amount": amount, "unit": unit, **rest}:
            return f"{rest['when']} {amount} {unit}" if "when" in rest else f"{amount} {unit}"
        case {"when": when, "percent": percent}:
            return f"{when} {percent} percent"
        case _:
            return None
