"""Writers that dawdle, roll back and die, in a process of their own, and tell what became of it all."""

import random
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

import psycopg

from engine.store.datastore import Session
from engine.store.roles import narrow
from engine.store.seam import Append, CommandRow
from engine.store.write import Row, write


class Told(NamedTuple):
    """What writers know.

    Attributes:
        kept: Positions of which they know that they were committed.
        undone: Positions of which they know that they were not.
    """

    kept: list[int]
    undone: list[int]


def storm(url: str, writers: int, events: int, seed: int) -> Told:
    """Write until that many events are acknowledged, from so many threads."""
    told = Told([], [])
    left = threading.Semaphore(events)
    threads = [
        threading.Thread(target=_write, args=(url, random.Random(seed * 1000 + n), left, told))
        for n in range(writers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def _write(url: str, chance: random.Random, left: threading.Semaphore, told: Told) -> None:
    session = _connect(url)
    while left.acquire(blocking=False):
        size = 1
        while size < 8 and chance.random() < 0.5 and left.acquire(blocking=False):
            size += 1
        stream = uuid4()
        rows = [Row(stream, version + 1, "case.screened", b"{}") for version in range(size)]
        batch = _asked(rows) if chance.random() < 0.7 else Append()
        luck = chance.random()
        if luck < 0.9:
            told.kept.extend(write(session, rows, batch))
        elif luck < 0.96:
            told.kept.extend(_dawdle(session, rows, batch, chance, undo=False))
        elif luck < 0.99:
            told.undone.extend(_dawdle(session, rows, batch, chance, undo=True))
            left.release(size)
        else:
            session = _die(url, session, rows, batch, chance, told)
            left.release(size)
    session.close()


def _asked(rows: list[Row]) -> Append:
    """The command that led to the rows: with a single one it goes through the function of most commands."""
    key = (rows[-1].stream, rows[-1].version)
    names = tuple(row.name for row in rows)
    return Append(commands=[CommandRow(uuid4(), b"f", *key, names, key, datetime.now(UTC))])


def _dawdle(
    session: Session, rows: list[Row], batch: Append, chance: random.Random, *, undo: bool
) -> list[int]:
    with session.transaction(force_rollback=undo):
        drawn = list(write(session, rows, batch))
        time.sleep(chance.random() * 0.03)
    return drawn


def _die(
    url: str, session: Session, rows: list[Row], batch: Append, chance: random.Random, told: Told
) -> Session:
    """End the session from outside, before the commit or at about the same moment as an append."""
    if chance.random() < 0.5:
        with suppress(psycopg.Error), session.transaction():
            drawn = write(session, rows, batch)
            time.sleep(chance.random() * 0.01)
            _kill(url, session)
            told.undone.extend(drawn)
    else:
        killer = threading.Timer(chance.random() * 0.002, _kill, (url, session))
        killer.start()
        with suppress(psycopg.Error):
            told.kept.extend(write(session, rows, batch))
        killer.join()
    session.close()
    return _connect(url)


def _kill(url: str, session: Session) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (session.info.backend_pid,))


def _connect(url: str) -> Session:
    session = Session.connect(url, autocommit=True, application_name="storm")
    narrow(session, "writer")
    return session
