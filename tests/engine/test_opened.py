"""Which cases may be open is told at once, whoever holds a transaction open."""

from uuid import uuid4

import psycopg
import pytest

from engine import opened
from engine.handle import Engine
from engine.opened import maybe_open
from engine.store import PostgresStore
from tests.engine.support import WORKER, collect

pytestmark = pytest.mark.postgres
APPEND = "SELECT log.append_event(gen_random_uuid(), 1, 'case.collected', '{}')"


def test_a_transaction_held_open_hides_no_open_case_from_a_new_process(
    engine: Engine, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "_PAGE", 2)
    cases = [uuid4() for _ in range(3)]
    for case in cases[:2]:
        engine.handle(case, collect(), WORKER, command_id=uuid4())
    with psycopg.connect(empty_database) as other:
        other.execute(APPEND)  # below the last case, and not recorded yet
        engine.handle(cases[2], collect(), WORKER, command_id=uuid4())
        with PostgresStore(empty_database) as new:
            assert list(maybe_open(new)) == cases
            assert new.horizon() == 0
