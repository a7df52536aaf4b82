"""`python -m bench [NAME] [--json]`: runs one benchmark or all, and ends with one JSON object."""

import argparse
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bench.harness import Result, Sizes, say, show
from bench.place import place, server, settings_of
from engine import log

MODULES = {
    "append": "append",
    "command": "command",
    "project": "project",
    "rebuild": "rebuild",
    "growth": "growth",
    "import": "importing",
    "memory": "memory",
    "lifecycle": "lifecycle",
    "http": "http",
    "timers": "timers",
    "whatif": "whatif",
}


def main() -> None:
    """Run what was asked for."""
    # An end by force still stops the embedded server and removes its folder.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    log.configure("WARNING")
    asked = _arguments()
    sizes = _sizes(asked)
    with server() as (url, folder):
        settings = {**settings_of(url), "sizes": vars(sizes)}
        say(f"server: {settings}")
        found = {}
        for name in [asked.name] if asked.name else MODULES:
            say(f"{name}:")
            with place(url, folder) as where:
                result: Result = import_module(f"bench.{MODULES[name]}").run(where, sizes)
            found[name] = result.as_json(settings)
            if not asked.json:
                _tell(found[name])
    print(
        show(found[asked.name] if asked.name else {"name": "all", "benchmarks": found, "settings": settings})
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=MODULES, help="none: all of them")
    parser.add_argument("--json", action="store_true", help="no table beside the JSON object")
    parser.add_argument("--clients", type=int, help="threads or processes (8)")
    parser.add_argument("--cases", type=int, help="cases (10000; quick 200)")
    parser.add_argument("--events", type=int, help="events in the log (1000000; quick 20000)")
    parser.add_argument("--runs", type=int, help="how often each side runs (5; quick 2; rebuild 3 or 1)")
    parser.add_argument("--file", help="a file of Boston's for whatif (the sample)")
    parser.add_argument("--quick", action="store_true", help="a size for CI")
    return parser.parse_args()


def _sizes(asked: argparse.Namespace) -> Sizes:
    quick = bool(asked.quick)
    return Sizes(
        clients=asked.clients or 8,
        cases=asked.cases or (200 if quick else 10_000),
        events=asked.events or (20_000 if quick else 1_000_000),
        runs=asked.runs or (2 if quick else 5),
        seconds=0.5 if quick else 4.0,
        quick=quick,
        file=asked.file,
    )


def _tell(found: Mapping[str, Any]) -> None:
    for part in ("ratios", "figures"):
        for name, value in found[part].items():
            low, high = found["spread"].get(name, (value, value))
            say(f"  {part[:-1]:7}{name:28}{value:>14,}   ({low:,} to {high:,})")


if __name__ == "__main__":
    main()
