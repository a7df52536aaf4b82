"""What the projector and the API weigh once the log is long."""

import multiprocessing as mp
from concurrent.futures import ProcessPoolExecutor

import psutil

from bench.api import api, client, serving
from bench.city import fill
from bench.harness import Result, Sizes, say
from bench.place import Place
from domain.actor import Actor, Role
from engine.rulebook import Rules
from engine.store import PostgresStore
from projections.batch import Progress
from projections.projector import Projector

_MEGABYTE = 2**20
_SUPERVISOR = Actor(id="supervisor@boston", role=Role.SUPERVISOR, unit="boston")


def run(where: Place, sizes: Sizes) -> Result:
    """Weigh the projector at its heaviest while it catches up, and the API after some hundred pages."""
    events = fill(where, sizes.events)
    say(f"  {events:,} events stored")
    with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as executor:
        alone, helped = executor.submit(_projector, where).result()
    figures = {"events": float(events), "projector_mb": alone, "projector_and_helpers_mb": helped}
    return Result("memory", figures={**figures, "api_mb": _api(where, 50 if sizes.quick else 500)})


def _projector(where: Place) -> tuple[float, float]:
    """Return the most megabytes of the process, and of it with those that read ahead for it."""
    me = psutil.Process()
    alone, helped = [0.0], [0.0]

    def weigh(progress: Progress) -> None:
        own = me.memory_info().rss / _MEGABYTE
        others = sum(child.memory_info().rss for child in me.children()) / _MEGABYTE
        alone[0], helped[0] = max(alone[0], own), max(helped[0], own + others)

    with PostgresStore(where.url) as store:
        Projector(where.url, store, Rules(store).current, on_batch=weigh).catch_up()
    return alone[0], helped[0]


def _api(where: Place, times: int) -> float:
    settings = where.settings().model_copy(update={"port": 0})
    with serving(api, settings) as (address, process):
        asking = client(address, settings, _SUPERVISOR)
        for _ in range(times):
            page = asking.ask("GET", "/v1/worklist?limit=100")
            case = page["items"][0]["case"]
            asking.ask("GET", f"/v1/cases/{case}/history")
            asking.ask("GET", "/v1/ledgers/accounts")
        return psutil.Process(process).memory_info().rss / _MEGABYTE
