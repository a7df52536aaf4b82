"""Commands over loopback HTTP, beside a bare endpoint of the same server that does one INSERT."""

import json
from statistics import median
from threading import Thread
from time import perf_counter

import psycopg

from bench.api import Client, api, bare, client, serving
from bench.harness import PAYLOAD, Result, Sizes
from bench.life import DESK
from bench.place import Place, engine_at

_BODY = {
    "channel": "hotline",
    "claims": [PAYLOAD],
    "category": "lighting",
    "place": {"unit": "city.east.lane"},
}
_SCHEMA = """
    CREATE TABLE bare_events (
        originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text NOT NULL,
        state bytea NOT NULL, notification_id bigserial, PRIMARY KEY (originator_id, originator_version)
    );
    CREATE UNIQUE INDEX ON bare_events (notification_id)
"""


def run(where: Place, sizes: Sizes) -> Result:
    """Collect cases from clients that are threads here, in turn with the bare endpoint."""
    result = Result("http")
    settings = where.settings(sizes.clients).model_copy(update={"port": 0})
    with engine_at(where), psycopg.connect(where.url) as connection:
        connection.execute(_SCHEMA)
    with serving(api, settings) as (ours, _), serving(bare, where.url, sizes.clients) as (theirs, _):
        asking = [client(ours, settings, DESK) for _ in range(sizes.clients)]
        inserting = [Client(theirs) for _ in range(sizes.clients)]
        pairs = [
            (_asked(asking, "/v1/cases", sizes.seconds), _asked(inserting, "/bare", sizes.seconds))
            for _ in range(sizes.runs + 1)
        ][1:]
    for name, runs in (("api", [one for one, _ in pairs]), ("bare", [other for _, other in pairs])):
        result.one(f"{name}_requests", [len(times) / sizes.seconds for times in runs])
        result.one(f"{name}_p50_ms", [median(times) * 1e3 for times in runs])
        result.one(f"{name}_p99_ms", [_p99(times) * 1e3 for times in runs])
    ratios = [_p99(one) / _p99(other) for one, other in pairs]
    result.ratios["p99_bare"] = median(ratios)
    result.spread["p99_bare"] = (min(ratios), max(ratios))
    return result


def _asked(clients: list[Client], path: str, seconds: float) -> list[float]:
    """Return how long each request took that some clients made one after another, in seconds."""
    body = json.dumps(_BODY).encode()
    end = perf_counter() + seconds
    times: list[float] = []
    faults: list[BaseException] = []

    def run(one: Client) -> None:
        try:
            while (begun := perf_counter()) < end:
                one.ask("POST", path, body)
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


def _p99(times: list[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]
