"""An event that can't be taken sets its case aside, for the ledgers concerned, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from domain.actor import LADDER
from domain.case.events import Assigned, HeldAccountable, ProgressNoted, Reminded, RungTaken
from engine import codec
from engine.codec import encode
from engine.envelope import Recorded
from engine.store import PostgresStore
from interfaces.local.processes import wait_until
from projections import progress, schema
from projections.accountability.fold import numbered
from projections.ledgers import LEDGERS
from projections.parking import parked
from projections.projector import Projector
from projections.rebuild import compare
from projections.reconcile import reconcile
from projections.unpark import unpark
from projections.worklist.view import one
from tests.projections.histories import book, store_log, store_rows, walk
from tests.support import town

pytestmark = pytest.mark.postgres
NAMES = sorted(ledger.name for ledger in LEDGERS)


def longest(log: list[Recorded]) -> tuple[UUID, list[Recorded]]:
    """The case with the most events."""
    streams = {event.stream for event in log if event.name == "case.collected"}
    stream = max(streams, key=lambda one: sum(event.stream == one for event in log))
    return stream, [event for event in log if event.stream == stream]


def waiting(connection: schema.Connection) -> int:
    """Sessions of this database that wait for an advisory lock."""
    query = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return int(connection.execute(query).fetchall()[0][0])


def counts_hold(connection: schema.Connection) -> None:
    assert all(tally.complete for tally in progress.tallies(connection))


def test_an_unreadable_event_parks_its_case_only_and_a_mend_brings_it_back(
    url: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = walk(11)
    stream, events = longest(log)
    # Not a rung: those the audit finds by their names, which no release takes away.
    broken = next(event for event in events[3:] if not isinstance(event.event, RungTaken))
    store_rows(
        url,
        [
            (
                event.stream,
                event.version,
                "case.of_tomorrow" if event is broken else event.name,
                encode(event),
            )
            for event in log
        ],
    )
    Projector(url, store, book, batch=9).catch_up()
    with schema.connect(url) as connection:
        aside = parked(connection)
        assert sorted(row.ledger for row in aside) == NAMES
        assert {(row.stream, row.version, row.name, row.count) for row in aside} == {
            (stream, broken.version, "case.of_tomorrow", len(events) - broken.version + 1)
        }
        counts_hold(connection)
        row = one(connection, stream)
        assert row is not None
        assert row.version == broken.version - 1
        assert reconcile(url, book()).findings == ()
        assert unpark(url, book) == (0, len(NAMES))
        counts_hold(connection)

        monkeypatch.setattr(codec, "BY_NAME", {**codec.BY_NAME, "case.of_tomorrow": type(broken.event)})
        assert unpark(url, book) == (len(NAMES), 0)
        counts_hold(connection)
        assert parked(connection) == []
        row = one(connection, stream)
        assert row is not None
        assert row.version == len(events)
    found = compare(url, store, book)
    assert found.equal, found.difference
    assert reconcile(url, book()).sound


def test_what_somebody_else_has_brought_back_is_not_brought_back_twice(
    url: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several unparks at once each lists the same rows, and each row is taken by one of them."""
    log = walk(11)
    stream, events = longest(log)
    rows = [(one.stream, one.version, one.name, encode(one)) for one in log]
    at = rows.index((stream, 4, events[3].name, encode(events[3])))
    rows[at] = (stream, 4, "case.of_tomorrow", rows[at][3])
    store_rows(url, rows)
    Projector(url, store, book).catch_up()
    monkeypatch.setattr(codec, "BY_NAME", {**codec.BY_NAME, "case.of_tomorrow": type(events[3].event)})
    with schema.connect(url) as holder, ThreadPoolExecutor(3) as pool:
        with schema.still(holder, schema.LIVE):
            done = [pool.submit(unpark, url, book) for _ in range(3)]
            wait_until(lambda: waiting(holder) == 3, 30)
        results = [one.result(30) for one in done]
        assert sum(one.freed for one in results) == len(NAMES)
        assert sum(one.kept for one in results) == 0
        counts_hold(holder)
    found = compare(url, store, book)
    assert found.equal, found.difference


def test_a_parked_case_stays_aside_while_more_of_it_comes(url: str, store: PostgresStore) -> None:
    log = walk(12)
    stream, events = longest(log)
    rows = [(event.stream, event.version, event.name, encode(event)) for event in log]
    at = rows.index((stream, 2, events[1].name, encode(events[1])))
    rows[at] = (stream, 2, rows[at][2], b"not json")
    store_rows(url, rows)
    projector = Projector(url, store, book, batch=20)
    projector.catch_up()
    more = replace(events[-1], version=events[-1].version + 1, command=uuid4())
    store_log(url, [more])
    projector.catch_up()
    with schema.connect(url) as connection:
        assert {row.count for row in parked(connection)} == {len(events)}
        counts_hold(connection)


def test_two_accounts_with_one_number_are_refused_and_not_mixed(url: str, store: PostgresStore) -> None:
    """Numbers come from a hash; should two meet, the second account's cases stand aside until a mend."""
    log = walk(11)
    store_log(url, log)
    first = next(one.event for one in log if isinstance(one.event, Assigned))
    number = numbered(first.unit, "to_accept").number
    schema.install(url)
    with schema.connect(url) as connection:
        connection.execute(
            "INSERT INTO ledger.balances (unit, bucket, account, cases, case_id, version, position)"
            " VALUES ('elsewhere', 'in_hand', %s, 0, %s, 1, 0)",
            (number, uuid4()),
        )
        Projector(url, store, book, batch=20).catch_up()
        aside = parked(connection)
        assert {row.ledger for row in aside} == {"accountability"}
        counts_hold(connection)
        connection.execute("DELETE FROM ledger.balances WHERE unit = 'elsewhere'")
        assert unpark(url, book) == (len(aside), 0)
        moved = connection.execute(
            "SELECT DISTINCT case_id FROM ledger.transfers WHERE %s IN (gives, takes)", (number,)
        ).fetchall()
        assert {row.stream for row in aside} == {row[0] for row in moved}
    found = compare(url, store, book)
    assert found.equal, found.difference


def extra(stream: UUID, version: int, event: HeldAccountable | Reminded | ProgressNoted) -> Recorded:
    return Recorded(stream, version, event, LADDER, uuid4(), event.at)


def extra_entry(stream: UUID, version: int, log: list[Recorded], *, entry: int) -> Recorded:
    """One more accountability entry of a case; the column can't hold a number of 2**31 or more."""
    held = HeldAccountable(
        at=log[-1].recorded_at, clock="1/dispatch", unit=town.EAST, by_ladder=False, entry=entry, set_by="s"
    )
    return extra(stream, version, held)


def test_a_ledger_that_refuses_an_event_parks_it_alone(url: str, store: PostgresStore) -> None:
    log = walk(13, cases=2)
    stream, events = longest(log)
    version = len(events)
    rung = Reminded(at=log[-1].recorded_at, clock="9/visit", unit=town.EAST, by_ladder=True)
    twice = [extra(stream, version + 1, rung), extra(stream, version + 2, rung)]
    store_log(url, [*log, *twice])
    Projector(url, store, book, batch=10_000).catch_up()
    with schema.connect(url) as connection:
        aside = parked(connection)
        assert [(row.ledger, row.count) for row in aside] == [("escalation", 1)]
        assert "LedgerRefused" in aside[0].error
        counts_hold(connection)
        row = one(connection, stream)
        assert row is not None
        assert row.version == version + 2


def test_a_row_that_the_database_refuses_parks_its_case_for_that_ledger(
    url: str, store: PostgresStore
) -> None:
    log = walk(14, cases=3)
    stream, events = longest(log)
    store_log(url, [*log, extra_entry(stream, len(events) + 1, log, entry=2**40)])
    Projector(url, store, book, batch=10_000).catch_up()
    with schema.connect(url) as connection:
        aside = parked(connection)
        assert [(row.ledger, row.stream) for row in aside] == [("entries", stream)]
        assert "OverflowError" in aside[0].error
        counts_hold(connection)
    assert reconcile(url, book()).sound
