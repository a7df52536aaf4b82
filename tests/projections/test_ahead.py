"""Others read ahead while the ledgers are far behind; whatever becomes of them, the ledgers are the same."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.codec import encode
from engine.store import PostgresStore
from projections import ahead, schema
from projections.ahead import Ahead, HelperLost
from projections.batch import Progress, Stale
from projections.ledgers import LEDGERS
from projections.parking import parked
from projections.projector import Projector
from projections.rebuild import compare
from projections.reconcile import reconcile
from projections.sheaf import Sheaf
from projections.unpark import unpark
from tests.projections.histories import book, store_log, store_rows, walk
from tests.projections.test_parking import extra_entry, longest

pytestmark = pytest.mark.postgres


@pytest.fixture(params=[1, 3])
def shards(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(ahead, "helpers", lambda: request.param)
    count: int = request.param
    return count


def rushed(url: str, store: PostgresStore) -> list[Progress]:
    """Catch up with a batch of 5 events, and leave the rest to those who read ahead."""
    batches: list[Progress] = []
    Projector(url, store, book, batch=5, far=10, on_batch=batches.append).catch_up()
    return batches


def sound(url: str, store: PostgresStore) -> None:
    found = compare(url, store, book)
    assert found.equal, found.difference
    assert reconcile(url, book()).findings == ()


def test_what_was_read_ahead_gives_the_same_ledgers(url: str, store: PostgresStore, shards: int) -> None:
    log = walk(31, cases=20, steps=300)
    store_log(url, log)
    batches = rushed(url, store)
    assert sum(one.events for one in batches) == len(log)
    assert [one.events for one in batches] == [5, len(log) - 5]
    sound(url, store)


def test_an_unreadable_event_stands_aside_as_ever(url: str, store: PostgresStore, shards: int) -> None:
    log = walk(32, cases=6, steps=200)
    stream, events = longest(log)
    broken = events[-2]
    store_rows(
        url,
        [(one.stream, one.version, one.name, b"not json" if one is broken else encode(one)) for one in log],
    )
    assert len(rushed(url, store)) == 2
    with schema.connect(url) as connection:
        assert {(row.stream, row.count) for row in parked(connection)} == {(stream, 2)}
        assert len(parked(connection)) == len(LEDGERS)
    store_log(url, [extra_entry(stream, len(events) + 1, log, entry=7), *walk(33, founded=False)])
    rushed(url, store)
    with schema.connect(url) as connection:
        assert {row.count for row in parked(connection)} == {3}
    assert unpark(url, book) == (0, len(LEDGERS))
    sound(url, store)


def test_a_row_that_the_database_refuses_is_told_from_the_others_by_the_writer_alone(
    url: str, store: PostgresStore, shards: int
) -> None:
    log = walk(34, cases=3, steps=150)
    stream, events = longest(log)
    store_log(url, [*log, extra_entry(stream, len(events) + 1, log, entry=2**40)])
    rushed(url, store)
    with schema.connect(url) as connection:
        assert [(row.ledger, row.stream) for row in parked(connection)] == [("entries", stream)]
    sound(url, store)


def test_the_writer_goes_on_alone_when_a_helper_is_killed(
    url: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = walk(35, cases=20, steps=300)
    store_log(url, log)
    given = Ahead.next

    def killed(self: Ahead) -> Sequence[Sheaf]:
        for helper in self._helpers:
            os.kill(helper._process.pid, signal.SIGKILL)
            helper._process.wait()
        return given(self)

    monkeypatch.setattr(Ahead, "next", killed)
    batches = rushed(url, store)
    assert max(one.events for one in batches) == 5
    assert sum(one.events for one in batches) == len(log)
    sound(url, store)


def test_a_batch_made_ready_for_other_ledgers_is_not_taken(url: str, store: PostgresStore) -> None:
    log = walk(36, cases=10, steps=150)
    store_log(url, log)
    projector = Projector(url, store, book, batch=5, far=10)
    schema.install(url)
    batcher = projector._feeder._batcher
    with Ahead(url, shards=2) as others, schema.connect(url) as connection:
        others.order(0, store.head(), {}, book())
        early = others.next()
        batcher.step(connection)
        with pytest.raises(Stale):
            batcher.put(connection, early, {})
        others.order(5, store.head(), {}, book())
        ready = others.next()
        with pytest.raises(Stale):
            batcher.put(connection, ready, {log[0].stream: {"worklist"}})
        batcher.put(connection, ready, {})
        assert others.next() == []
    sound(url, store)


def test_a_lost_helper_is_told(url: str) -> None:
    others = Ahead(url, shards=1)
    others.close()
    with pytest.raises(HelperLost):
        others.order(0, 10, {}, book())


def test_whoever_reads_ahead_for_a_rebuild_steps_back_and_gives_the_same(
    url: str, store: PostgresStore
) -> None:
    log = walk(37, cases=20, steps=300)
    store_log(url, log)
    made = []
    for background in (False, True):
        with Ahead(url, shards=1, background=background) as others:
            others.order(0, store.head(), {}, book())
            (ready,) = others.next()
            made.append([sheet.packed for sheet in ready.sheets])
            process = others._helpers[0]._process.pid
            assert (os.sched_getscheduler(process) == os.SCHED_IDLE) is background
            assert (os.getsid(process) == process) is background
            assert _handles(process, signal.SIGALRM) is background
    assert made[0] == made[1]


def _handles(process: int, number: signal.Signals) -> bool:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (caught,) = (line.split()[1] for line in lines if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (number - 1) & 1)
