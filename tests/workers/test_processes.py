"""Worker, relay and projector as processes: each does its work, and ends in order when it is asked to."""

from __future__ import annotations

import signal
from collections.abc import Callable

import psycopg
import pytest

from projections import progress, schema
from tests.workers.office import Office
from workers.relay.table import RelayTable

pytestmark = [pytest.mark.temporal, pytest.mark.postgres]


def ends_when_asked(office: Office, name: str, working: Callable[[], bool]) -> None:
    with office.process(name) as process:
        office.until(working)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_worker_and_a_relay_end_when_asked(own_desk: Office) -> None:
    case = own_desk.collect()
    with RelayTable(own_desk.url) as table:
        ends_when_asked(own_desk, "relay", lambda: case in table.cases())
    ends_when_asked(own_desk, "worker", lambda: bool(own_desk.rungs(case)))


def test_a_projector_follows_the_log_and_ends_when_asked(own_desk: Office) -> None:
    schema.install(own_desk.url)
    own_desk.collect()
    with psycopg.connect(own_desk.url, autocommit=True) as connection:
        head = own_desk.engine.store.head()
        ends_when_asked(own_desk, "projector", lambda: progress.position(connection) == head)
