"""Commands on a data folder on which nothing runs: each starts PostgreSQL for itself, and stops it."""

from __future__ import annotations

from pathlib import Path

import psutil
import psycopg
import pytest

from interfaces.local.postgres import LocalPostgres
from tests.interfaces.cli.conftest import environment, run_program

pytestmark = pytest.mark.postgres


def servers(folder: Path) -> list[int]:
    return [
        one.pid
        for one in psutil.process_iter(["cmdline"])
        if str(folder) in " ".join(one.info["cmdline"] or ())
    ]


def test_an_import_twice_gives_the_same_and_leaves_nothing_running(data_folder: Path, few_rows: Path) -> None:
    variables = environment(data_folder)
    first = run_program(("import", "boston", str(few_rows), "--json"), variables).data
    again = run_program(("import", "boston", str(few_rows), "--json"), variables).data
    assert first["rows"] == first["cases"] + first["reported_only"] > 0
    assert (first["new"], again["new"]) == (first["cases"], 0)
    assert (again["rows"], again["cases"], again["reported"]) == (
        first["rows"],
        first["cases"],
        first["reported"],
    )
    assert servers(data_folder) == []


def test_the_ledgers_catch_up_before_they_are_read(data_folder: Path, few_rows: Path) -> None:
    variables = environment(data_folder)
    cases = run_program(("import", "boston", str(few_rows), "--json"), variables).data["cases"]
    balance = run_program(("ledger", "trial-balance", "--json"), variables).data
    assert (balance["total"], balance["cases"]) == (0, cases)
    assert run_program(("reconcile", "--json"), variables).data["sound"]


def test_a_rebuild_mends_ledgers_of_another_release(data_folder: Path, few_rows: Path) -> None:
    variables = environment(data_folder)
    cases = run_program(("import", "boston", str(few_rows), "--json"), variables).data["cases"]
    server = LocalPostgres(data_folder)
    try:
        with psycopg.connect(server.start()) as connection:
            connection.execute("UPDATE ledger.progress SET shape = 'of another release'")
    finally:
        server.stop()
    refused = run_program(("ledger", "trial-balance", "--json"), variables)
    assert (refused.code, refused.refusal["code"]) == (4, "ledgers_outdated")
    assert run_program(("rebuild", "--json"), variables).data["events"] > cases
    assert run_program(("ledger", "trial-balance", "--json"), variables).data["cases"] == cases
    assert servers(data_folder) == []


def test_the_flags_of_the_file_agree_with_our_clocks(data_folder: Path, few_rows: Path) -> None:
    variables = environment(data_folder)
    run_program(("import", "boston", str(few_rows)), variables)
    ended = run_program(("check-flags", "boston", str(few_rows), "--json"), variables)
    assert (ended.code, ended.data["disagree"], ended.data["missing"]) == (0, [], [])
    assert ended.data["agree"] > 0


def test_migrate_lists_and_then_names_what_it_applies(data_folder: Path) -> None:
    variables = environment(data_folder)
    listed = run_program(("migrate", "--dry-run", "--json"), variables).data["pending"]
    assert "engine/0001_log.sql" in listed
    assert run_program(("migrate", "--dry-run", "--json"), variables).data["pending"] == listed
    assert run_program(("migrate", "--json"), variables).data["applied"] == [*listed, "ledgers"]
    assert run_program(("migrate", "--json"), variables).data["applied"] == []


def test_a_process_that_serves_for_long_starts_no_server_of_its_own(data_folder: Path) -> None:
    ended = run_program(("projector", "--json"), environment(data_folder))
    assert (ended.code, ended.refusal["code"]) == (4, "unavailable")
    assert servers(data_folder) == []
