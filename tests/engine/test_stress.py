"""Whatever writers do, each reader sees every committed event once, and all in the same order.

STRESS_EVENTS sets the size, half of it with 16 writers and half with 64; a release takes a million.
"""

import os
import random
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import psycopg
import pytest

from engine.errors import Unavailable
from engine.migrate import migrate
from engine.store import PostgresStore
from tests.engine.storm import Told, storm

pytestmark = pytest.mark.postgres

EVENTS = int(os.environ.get("STRESS_EVENTS", "50000"))
LONGEST = 300 + EVENTS / 100
"""Seconds: a machine that is busy with other tests records some hundred events a second."""
READERS = 4
PROCESSES = 2


@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize("writers", [16, 64])
def test_every_reader_sees_every_committed_event_once_in_one_order(empty_database: str, writers: int) -> None:
    migrate(empty_database)
    over = threading.Event()
    seen: list[list[int]] = [[] for _ in range(READERS)]
    with PostgresStore(empty_database, pool_size=READERS + 2) as store:
        readers = [threading.Thread(target=_follow, args=(store, mine, over.is_set)) for mine in seen]
        for reader in readers:
            reader.start()
        cutter = threading.Thread(target=_cut_readers, args=(empty_database, over))
        cutter.start()
        try:
            told = _blow(empty_database, writers, EVENTS // 2)
        finally:
            over.set()
            cutter.join()
            for reader in readers:
                reader.join()
        stored = store.run(_positions)
        while store.horizon() < stored[-1]:  # it waits itself: another test's transaction may hold it back
            continue
        assert store.horizon() == store.head() == stored[-1]
    assert len(stored) >= EVENTS // 2
    assert [len(mine) for mine in seen] == [len(stored)] * READERS
    assert all(mine == stored for mine in seen)
    assert told.kept, "no writer got through"
    assert set(told.kept) <= set(stored), "an acknowledged event is lost"
    assert not set(told.undone) & set(stored), "an event that was rolled back is stored"


def _blow(url: str, writers: int, events: int) -> Told:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    each = (writers // PROCESSES, events // PROCESSES)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        told = [pool.submit(storm, url, *each, seed + n) for n in range(PROCESSES)]
        results = [one.result() for one in told]
    return Told([at for one in results for at in one.kept], [at for one in results for at in one.undone])


def _follow(store: PostgresStore, mine: list[int], over: Callable[[], bool]) -> None:
    after = 0
    while True:
        ending = over()
        try:
            page = store.read_raw(after, 500)
            if not page and ending and store.head() == after:
                return
        except Unavailable:
            continue  # its connection was cut three times running
        mine.extend(raw.position for raw in page)
        if page:
            after = mine[-1]
        else:
            store.wait(after, 0.2)


def _cut_readers(url: str, over: threading.Event) -> None:
    """End the readers' sessions again and again, those that read and those that wait for a wake-up."""
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name IN ('echowall', 'echowall-follower') ORDER BY random() LIMIT 3"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.wait(0.5):
            connection.execute(query)


def _positions(session: object) -> list[int]:
    query = "SELECT notification_id AS at FROM log.events ORDER BY 1"
    return [row["at"] for row in session.execute(query).fetchall()]  # type: ignore[attr-defined]
