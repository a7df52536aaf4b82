"""Commands over loopback HTTP, beside a bare endpoint of the same server that does one INSERT."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from statistics import median
from threading import Thread
from time import perf_counter
from typing import Any

import psycopg

from bench.api import Client, api, bare, bearer, serving
from bench.harness import Result, Sizes, duel, p99, turns
from bench.life import STEPS
from bench.place import Place, engine_at
from domain.actor import Actor
from engine.settings import Settings

_SCHEMA = """
    CREATE TABLE bare_events (
        originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text NOT NULL,
        state bytea NOT NULL, notification_id bigserial, PRIMARY KEY (originator_id, originator_version)
    );
    CREATE UNIQUE INDEX ON bare_events (notification_id)
"""


def run(where: Place, sizes: Sizes) -> Result:
    """Live cases from clients that are threads here, in turn with the bare endpoint."""
    result = Result("http")
    settings = where.settings(sizes.clients).model_copy(update={"port": 0})
    with engine_at(where), psycopg.connect(where.url) as connection:
        connection.execute(_SCHEMA)
    with ExitStack() as stack:
        ours = [stack.enter_context(serving(api, settings))[0] for _ in range(2)]
        bare_at = stack.enter_context(serving(bare, where.url, sizes.clients))[0]
        one = [_living(ours[0], settings) for _ in range(sizes.clients)]
        two = [_living(ours[number % 2], settings) for number in range(sizes.clients)]
        inserting = [_inserting(bare_at) for _ in range(sizes.clients)]
        found = turns(
            {
                "api": lambda: _asked(one, sizes.seconds),
                "bare": lambda: _asked(inserting, sizes.seconds),
                "api_2_processes": lambda: _asked(two, sizes.seconds),
            },
            sizes.runs,
        )
    for name, runs in found.items():
        result.one(f"{name}_requests", [len(times) / sizes.seconds for times in runs])
        result.one(f"{name}_p50_ms", [median(times) * 1e3 for times in runs])
        result.one(f"{name}_p99_ms", [p99(times) * 1e3 for times in runs])
    beside = duel([p99(one) for one in found["api"]], [p99(other) for other in found["bare"]])
    result.ratios["p99_bare"], result.spread["p99_bare"] = beside.ratio, beside.spread["ratio"]
    return result


def _living(address: str, settings: Settings) -> Iterator[None]:
    """Live one case after another over one connection, a request a step."""
    return _lives(Client(address), {actor: bearer(settings, actor) for _, actor in STEPS})


def _lives(asking: Client, bearers: Mapping[Actor, dict[str, str]]) -> Iterator[None]:
    while True:
        path, version = "/v1/cases", 0
        for command, actor in STEPS:
            verb = f"/{command.VERB}" if version else ""
            headers = {**bearers[actor], **({"If-Match": f'"{version}"'} if version else {})}
            given = asking.ask("POST", path + verb, _body(command), headers)
            path, version = f"/v1/cases/{given['case']}", given["version"]
            yield


def _inserting(address: str) -> Iterator[None]:
    asking, body = Client(address), _body(STEPS[0][0])
    while True:
        asking.ask("POST", "/bare", body)
        yield


def _body(command: Any) -> bytes:
    plain = command.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    return json.dumps(_texts(plain), ensure_ascii=False).encode()


def _texts(value: Any) -> Any:
    """Write a resident's words plainly, as a client does."""
    match value:
        case {"text": str(text)}:
            return text
        case dict():
            return {key: _texts(one) for key, one in value.items()}
        case list():
            return [_texts(one) for one in value]
        case _:
            return value


def _asked(clients: Sequence[Iterator[None]], seconds: float) -> list[float]:
    """Return how long each request took that some clients made one after another, in seconds."""
    end = perf_counter() + seconds
    times: list[float] = []
    faults: list[BaseException] = []

    def run(one: Iterator[None]) -> None:
        try:
            while (begun := perf_counter()) < end:
                next(one)
                times.append(perf_counter() - begun)
        except BaseException as fault:
            faults.append(fault)

    threads = [Thread(target=run, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return times
