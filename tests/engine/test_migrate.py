"""Migrations are applied once, in order, and never change afterwards."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from engine.errors import MigrationChanged, Unavailable
from engine.migrate import migrate, pending

OURS = [
    f"engine/{name}.sql" for name in ("0001_log", "0002_vault", "0003_append", "0004_roles", "0005_guards")
]
pytestmark = pytest.mark.postgres


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    folder = tmp_path / "worklist"
    folder.mkdir()
    (folder / "schema.sql").write_text("CREATE TABLE worklist_rows (n int);")
    return folder


def test_a_second_run_applies_nothing(empty_database: str, ledger: Path) -> None:
    wanted = [*OURS, "worklist/schema.sql"]
    assert pending(empty_database, [ledger]) == wanted
    assert migrate(empty_database, [ledger]) == wanted
    assert pending(empty_database, [ledger]) == []
    assert migrate(empty_database, [ledger / "schema.sql"]) == []


def test_processes_that_start_together_apply_each_file_once(empty_database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [empty_database] * 4))
    assert sorted(applied) == [[], [], [], OURS]


def test_a_changed_file_is_refused_and_nothing_is_applied(empty_database: str, ledger: Path) -> None:
    migrate(empty_database, [ledger])
    (ledger / "schema.sql").write_text("CREATE TABLE worklist_rows (n bigint);")
    (ledger / "second.sql").write_text("CREATE TABLE more (n int);")
    for ask in (migrate, pending):
        with pytest.raises(MigrationChanged, match=r"worklist/schema\.sql"):
            ask(empty_database, [ledger])
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT to_regclass('more')").fetchone() == (None,)


def test_a_file_that_fails_leaves_no_half(empty_database: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.sql"
    broken.write_text("CREATE TABLE half (n int); SELECT 1/0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database, [broken])
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)
    assert len(pending(empty_database, [broken])) == 1


def test_an_unreachable_server_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        migrate("postgresql://nobody@127.0.0.1:1/none")
