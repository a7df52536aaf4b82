"""Runs a worker or a relay as a process that a test can kill."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from engine import log, settings
from engine.handle import Engine
from engine.request import Answer
from workers.projector.run import run_projector
from workers.relay.run import run_relay
from workers.temporal.worker import run_worker


def doomed() -> None:
    """A worker that is killed by SIGKILL when its first command is recorded, before anybody is answered."""
    handle = Engine.handle

    def handle_and_die(self: Engine, *args: Any, **kwargs: Any) -> Answer:
        handle(self, *args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("killed before")

    Engine.handle = handle_and_die  # type: ignore[method-assign]
    run_worker(settings.load())


if __name__ == "__main__":
    log.configure("WARNING")
    match sys.argv[1]:
        case "worker":
            run_worker(settings.load())
        case "relay":
            run_relay(settings.load())
        case "projector":
            run_projector(settings.load())
        case "doomed":
            doomed()
