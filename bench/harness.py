"""Runs two workloads in turn and tells what came of it: medians, their ratio, and how far runs lay apart."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from threading import Thread
from time import perf_counter
from typing import Any, TypeVar

PAYLOAD = "这件事请街道尽快派人来看一看居民等了很久" * 5
"""What every event carries: 100 Chinese characters, 300 bytes."""
NAME = "case.assigned"
T = TypeVar("T")


@dataclass(frozen=True)
class Sizes:
    """How much is done.

    Attributes:
        seconds: Length of one timed run, where a benchmark isn't of a fixed amount of work.
        file: Of Boston's requests, where a benchmark imports one; None: the sample.
    """

    clients: int
    cases: int
    events: int
    runs: int
    seconds: float
    quick: bool
    file: str | None = None


@dataclass(frozen=True)
class Duel:
    """Two workloads, run in turn.

    Attributes:
        a: Median of the first one's figures.
        ratio: Median over the pairs of a / b.
        spread: Smallest and greatest of both and of the ratio.
    """

    a: float
    b: float
    ratio: float
    spread: Mapping[str, tuple[float, float]]


@dataclass
class Result:
    """What a benchmark found; figures are a second unless their name says otherwise."""

    name: str
    ratios: dict[str, float] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    spread: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, ratio: str, a: str, b: str, duel: Duel) -> None:
        """Write a duel down under these names."""
        self.ratios[ratio] = duel.ratio
        self.figures |= {a: duel.a, b: duel.b}
        self.spread |= {a: duel.spread["a"], b: duel.spread["b"], ratio: duel.spread["ratio"]}

    def one(self, name: str, figures: Sequence[float]) -> None:
        """Write the median of some runs down."""
        self.figures[name] = median(figures)
        self.spread[name] = (min(figures), max(figures))

    def as_json(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return it rounded, together with the server's settings."""
        return _rounded({**asdict(self), "settings": dict(settings)})  # type: ignore[no-any-return]


def alternate(a: Callable[[], float], b: Callable[[], float], runs: int) -> Duel:
    """Run A B A B... after one warm-up of each."""
    found = turns({"a": a, "b": b}, runs)
    return duel(found["a"], found["b"])


def turns(workloads: Mapping[str, Callable[[], T]], runs: int) -> dict[str, list[T]]:
    """Run all of them in turn, A B C A B C..., after one warm-up of each; return what each run gave."""
    found: dict[str, list[T]] = {name: [] for name in workloads}
    for run in range(runs + 1):
        for name, work in workloads.items():
            figure = work()
            if run:
                found[name].append(figure)
    return found


def duel(a: Sequence[float], b: Sequence[float]) -> Duel:
    """Compare the figures of two workloads that were run in turn."""
    ratios = [one / other for one, other in zip(a, b, strict=True)]
    spread = {"a": _ends(a), "b": _ends(b), "ratio": _ends(ratios)}
    return Duel(median(a), median(b), median(ratios), spread)


def p99(times: Sequence[float]) -> float:
    """Return the time within which 99 of 100 were done."""
    return sorted(times)[len(times) * 99 // 100]


def rate(work: Callable[[int], object], clients: int, seconds: float) -> float:
    """Return how often a second some threads do `work(client)` between them."""
    done = [0] * clients
    faults: list[BaseException] = []
    end = perf_counter() + seconds

    def run(client: int) -> None:
        try:
            while perf_counter() < end:
                work(client)
                done[client] += 1
        except BaseException as fault:
            faults.append(fault)

    threads = [Thread(target=run, args=(client,)) for client in range(clients)]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return sum(done) / (perf_counter() - begun)


def say(text: str) -> None:
    """Tell a person what is going on; stdout is for figures."""
    print(text, file=sys.stderr, flush=True)


def show(found: Mapping[str, Any]) -> str:
    """Return a result as one line of JSON."""
    return json.dumps(found, ensure_ascii=False)


def _ends(figures: Sequence[float]) -> tuple[float, float]:
    return min(figures), max(figures)


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 3) if abs(value) < 100 else round(value)
        case dict():
            return {key: _rounded(one) for key, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
        case _:
            return value
