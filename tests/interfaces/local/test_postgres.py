"""The embedded PostgreSQL is started, shared, crashed and found again with its data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from eventsourcing.postgres import PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from interfaces.local.errors import PostgresNotStarted
from interfaces.local.postgres import LocalPostgres
from interfaces.local.processes import wait_until

pytestmark = pytest.mark.postgres

NOTE = "CREATE TABLE note AS SELECT generate_series(1, 1000) AS number"
START_AND_WAIT = """
import sys, time
from pathlib import Path
from interfaces.local.postgres import LocalPostgres
print(LocalPostgres(Path(sys.argv[1])).start(), flush=True)
time.sleep(300)
"""


@pytest.fixture
def server(data_folder: Path) -> Iterator[LocalPostgres]:
    server = LocalPostgres(data_folder)
    server.start()
    yield server
    server.stop()


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def setting(url: str, name: str) -> object:
    return run(url, f"SHOW {name}")[0][0]


def test_an_acknowledged_commit_is_on_disk(server: LocalPostgres) -> None:
    url = server.url()
    assert [setting(url, name) for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on"] * 3
    assert setting(url, "data_checksums") == "on"
    assert setting(url, "max_connections") == "200"
    assert setting(url, "shared_buffers") == "256MB"


def test_nothing_listens_on_the_network_and_no_other_user_reaches_the_socket(server: LocalPostgres) -> None:
    assert setting(server.url(), "listen_addresses") == ""
    assert server.socket_dir.stat().st_mode & 0o077 == 0


def test_the_address_suits_the_event_store_library_in_parts(server: LocalPostgres) -> None:
    parts = conninfo_to_dict(server.url())
    store = PostgresDatastore(
        dbname=str(parts["dbname"]),
        host=str(parts["host"]),
        port=str(parts["port"]),
        user=str(parts["user"]),
        password="",
    )
    try:
        with store.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_database() AS name")
            assert cursor.fetchone() == {"name": "echowall"}
    finally:
        store.close()


def test_a_second_process_attaches_and_does_not_stop_it(server: LocalPostgres) -> None:
    second = LocalPostgres(server.data_dir)
    assert second.start() == server.url()
    assert second.pid == server.pid
    assert (server.owned, second.owned) == (True, False)
    second.stop()
    assert server.alive()


def test_stopping_leaves_a_clean_state_that_starts_again_with_its_data(server: LocalPostgres) -> None:
    run(server.url(), NOTE)
    server.stop()
    assert not server.alive()
    assert run(server.start(), "SELECT count(*) FROM note") == [(1000,)]


def test_after_a_kill_it_comes_back_with_its_data_within_15_seconds(server: LocalPostgres) -> None:
    run(server.url(), NOTE)
    server.kill()
    assert not server.alive()
    began = time.monotonic()
    url = server.restart()
    assert time.monotonic() - began < 15
    assert run(url, "SELECT count(*) FROM note") == [(1000,)]


def test_a_stopped_session_left_by_a_killed_server_does_not_block_the_next(server: LocalPostgres) -> None:
    run(server.url(), NOTE)
    with psycopg.connect(server.url()) as connection:
        orphan = psutil.Process(connection.info.backend_pid)
        orphan.suspend()  # it can't notice that its server died, and holds the shared memory
        server.kill()
        assert orphan.is_running()
        url = server.restart()
        assert not orphan.is_running()
        connection.close()
    assert run(url, "SELECT count(*) FROM note") == [(1000,)]


def test_a_process_id_taken_over_by_another_program_does_not_block_the_start(server: LocalPostgres) -> None:
    run(server.url(), NOTE)
    pid_file = server.pgdata / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.kill()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not server.alive()
    assert run(server.restart(), "SELECT count(*) FROM note") == [(1000,)]


def test_the_server_ends_when_the_process_that_started_it_is_killed(data_folder: Path) -> None:
    command = [sys.executable, "-c", START_AND_WAIT, str(data_folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline().startswith("postgresql://")
        observer = LocalPostgres(data_folder)
        assert observer.alive()
        starter.send_signal(signal.SIGKILL)
        starter.wait()
    assert wait_until(lambda: not observer.alive(), 15)
    assert "database system is shut down" in observer.log_path.read_text()


def test_a_long_path_gets_a_short_socket_folder(data_folder: Path) -> None:
    deep = data_folder / ("long" * 20)
    deep.mkdir(mode=0o711)
    deep.chmod(0o711)
    server = LocalPostgres(deep)
    try:
        assert run(server.start(), "SELECT 1") == [(1,)]
        assert len(str(server.socket_dir)) < 60
    finally:
        server.stop()
        server.socket_dir.rmdir()


def test_a_server_that_can_not_start_says_where_its_log_is(server: LocalPostgres) -> None:
    server.stop()
    (server.pgdata / "global" / "pg_control").unlink()
    with pytest.raises(PostgresNotStarted, match=r"postgres\.log") as caught:
        server.start(seconds=10)
    assert caught.value.code == "postgres_not_started"
    assert not server.alive()


def test_a_module_and_a_test_have_databases_of_their_own(
    database: str, empty_database: str, postgres_url: str
) -> None:
    assert len({conninfo_to_dict(url)["dbname"] for url in (database, empty_database, postgres_url)}) == 3
    assert run(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
