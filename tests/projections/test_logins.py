"""Each process works as a login that is a member of its role and of nothing else."""

from uuid import uuid4

import psycopg
import pytest

from engine.store import PostgresStore
from engine.store.roles import Role
from interfaces.compose import Ledgers
from projections import progress, schema
from projections.projector import Projector
from projections.rebuild import compare, rebuild
from projections.reconcile import reconcile
from projections.unpark import unpark
from projections.worklist.view import one
from tests.engine.test_roles import REFUSED, member
from tests.projections.histories import book, store_log, walk
from tests.projections.test_parking import longest

pytestmark = pytest.mark.postgres


def test_ledgers_are_made_and_made_anew_by_a_projector_and_read_by_a_writer(url: str) -> None:
    log = walk(41)
    stream, events = longest(log)
    store_log(url, log)
    with member(url, "projector") as projector, member(url, "writer") as writer:
        with PostgresStore(projector, pool_size=2) as store:
            assert Projector(projector, store, book).catch_up() == len(log)
            assert version_shown(writer, stream) == len(events)
            rebuild(projector, store, book)
            assert version_shown(writer, stream) == len(events)
            assert compare(projector, store, book).equal
            assert unpark(projector, book) == (0, 0)
        with psycopg.connect(writer) as connection, pytest.raises(REFUSED):
            connection.execute("UPDATE ledger.progress SET position = 0")


def version_shown(url: str, case: object) -> int:
    ledgers = Ledgers(url, pool_size=1)
    try:
        with ledgers.connection() as connection:
            row = one(connection, case)  # type: ignore[arg-type]
            assert row is not None
            return row.version
    finally:
        ledgers.close()


@pytest.mark.parametrize("role", ["auditor", "reader"])
def test_an_auditor_and_a_reader_may_reconcile(url: str, store: PostgresStore, role: Role) -> None:
    store_log(url, walk(41))
    Projector(url, store, book).catch_up()
    with member(url, role) as login:
        assert reconcile(login, book()).sound


def test_whoever_connects_as_a_superuser_sheds_that(url: str, store: PostgresStore) -> None:
    store_log(url, walk(41))
    Projector(url, store, book).catch_up()
    with schema.connect(url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("echowall_projector",)
        with pytest.raises(REFUSED):
            connection.execute("SELECT log.append_event(%s, 1, 'x', '')", (uuid4(),))
    with schema.connect(url, "auditor") as connection, pytest.raises(REFUSED):
        connection.execute("DELETE FROM ledger.worklist")
    ledgers = Ledgers(url, pool_size=1)
    with ledgers.connection() as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("echowall_reader",)
        assert progress.position(connection) > 0
    ledgers.close()
