"""The eventsourcing library's own test cases for recorders, run on our store."""

import sys
from collections.abc import Iterator

import eventsourcing.cryptography
import pytest
from eventsourcing.persistence import AggregateRecorder

from engine.migrate import migrate
from engine.store import PostgresStore
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

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


del AggregateRecorderTestCase, ApplicationRecorderTestCase
