"""Whole commands, load, decide and append: the engine beside the same aggregate on the library's defaults."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import perf_counter, process_time

from bench.harness import Result, Sizes, alternate, rate
from bench.life import Issues, live, live_in_library
from bench.place import Place, engine_at, library_env
from bench.processes import ServerClock, together
from engine.handle import Engine


def run(where: Place, sizes: Sizes) -> Result:
    """Measure with threads of one process, and then with processes of one thread each."""
    result = Result("command")
    clients = sizes.clients
    with engine_at(where, clients) as engine:
        with closing(Issues(library_env(where.url, clients))) as app:
            ours = [live(engine) for _ in range(clients)]
            theirs = [live_in_library(app) for _ in range(clients)]
            duel = alternate(
                lambda: rate(lambda client: next(ours[client]), clients, sizes.seconds),
                lambda: rate(lambda client: next(theirs[client]), clients, sizes.seconds),
                sizes.runs,
            )
        result.take("library", f"engine_{clients}_threads", f"library_{clients}_threads", duel)
        _shares(result, engine, where, sizes)
        for processes in (2, 4):
            figures = [together(_client, processes, where, 2 * sizes.seconds) for _ in range(sizes.runs)]
            result.one(f"engine_{processes}_processes", figures)
    return result


def _shares(result: Result, engine: Engine, where: Place, sizes: Sizes) -> None:
    """Tell, for one client alone, where a command's time goes; in microseconds."""
    server, steps = ServerClock(where.url), live(engine)
    commands = 800 if sizes.quick else 8_000
    for _ in range(80):
        next(steps)
    wall, python, there = perf_counter(), process_time(), server.seconds()
    for _ in range(commands):
        next(steps)
    python, wall = process_time() - python, perf_counter() - wall
    there = server.seconds() - there
    result.figures["one_client_us"] = wall / commands * 1e6
    result.figures["python_cpu_us"] = python / commands * 1e6
    if server.known:
        result.figures["postgres_cpu_us"] = there / commands * 1e6


@contextmanager
def _client(number: int, where: Place, seconds: float) -> Iterator[Callable[[], int]]:
    with closing(Engine.open(where.settings(1))) as engine:
        steps = live(engine)
        for _ in range(8):
            next(steps)

        def work() -> int:
            end, done = perf_counter() + seconds, 0
            while perf_counter() < end:
                next(steps)
                done += 1
            return done

        yield work
