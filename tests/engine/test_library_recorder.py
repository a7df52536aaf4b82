"""The eventsourcing library's own test cases for recorders, run on our store."""

import sys
from collections.abc import Iterator
from unittest.mock import patch
from uuid import uuid4

import eventsourcing.cryptography
import psycopg
import pytest
from eventsourcing.persistence import AggregateRecorder, StoredEvent

from engine.migrate import migrate
from engine.store import PostgresStore
from engine.store.horizon import Horizon
from engine.store.recorder import LogAggregateRecorder, LogRecorder
from tests.support.servers import fresh_database

# The module of test cases imports the library's cipher made with pycryptodome, for cases that are not of
# recorders; the same class made with cryptography, which we have, stands in for it.
sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)
from eventsourcing.tests.persistence import (  # noqa: E402
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
)

pytestmark = pytest.mark.postgres


class OnOurStore:
    """An empty log for each test case: the library expects the first positions to be 1, 2, 3."""

    store: PostgresStore

    @pytest.fixture(autouse=True)
    def _log(self, postgres_url: str) -> Iterator[None]:
        with fresh_database(postgres_url) as url:
            migrate(url)
            with PostgresStore(url, pool_size=12) as self.store:
                yield


class TestAggregateRecorder(OnOurStore, AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return LogAggregateRecorder(self.store)


class TestApplicationRecorder(OnOurStore, ApplicationRecorderTestCase[LogRecorder]):
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = False

    def create_recorder(self) -> LogRecorder:
        return LogRecorder(self.store)

    def test_a_page_is_read_up_to_the_horizon_of_whichever_connection(self) -> None:
        """The page may come over another connection than the horizon, which knows of an older one."""
        recorder = self.create_recorder()
        recorder.insert_events([StoredEvent(uuid4(), 1, "wanted", b"")])
        subscription = recorder.subscribe(topics=["wanted"])
        horizon = self.store.horizon

        def as_another_knows() -> int:
            upto = horizon()
            other.execute("SELECT pg_current_xact_id()")
            self.store.run(lambda session: setattr(session, "horizon", Horizon()))
            return upto

        with (
            psycopg.connect(self.store._url) as other,
            patch.object(self.store, "horizon", as_another_knows),
        ):
            subscription._turn()
        assert [one.topic for one in subscription._page] == ["wanted"]

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


del AggregateRecorderTestCase, ApplicationRecorderTestCase
