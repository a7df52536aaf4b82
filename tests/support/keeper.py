"""Runs one server for a whole test session, since xdist workers come and go while all of them need it.

Started as a program of its own by the first worker that needs a server. It writes the server's address to a
file and stops the server when the watched process, the one that runs the session, has ended in whatever way.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

import psutil

from interfaces.local.postgres import LocalPostgres
from interfaces.local.temporal import LocalTemporal

SERVERS = {"postgres": LocalPostgres, "temporal": LocalTemporal}


def main(kind: str, answer: str, watched: str) -> None:
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    # Not below pytest's own folder, which only one user may enter, and short enough for a socket's path.
    folder = Path(tempfile.mkdtemp(prefix="echowall-test-", dir="/tmp"))
    folder.chmod(0o711)
    server = SERVERS[kind](folder)
    try:
        address = server.start(seconds=120.0)
        partial = Path(f"{answer}.part")
        partial.write_text(address)
        partial.rename(answer)
        while psutil.pid_exists(int(watched)) and not stopping:
            time.sleep(0.2)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
