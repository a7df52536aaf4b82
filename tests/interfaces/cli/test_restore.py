"""A dump restored into another server, as docs/operations.md tells it: roles come back, and work goes on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest

from interfaces.local.postgres import LocalPostgres
from interfaces.local.postgres_program import program_dir
from interfaces.local.system_user import server_owner
from tests.interfaces.cli.conftest import Ended, Program
from tests.interfaces.cli.test_commands import COLLECT, STREET, do

pytestmark = pytest.mark.postgres
GIVEN = """
SELECT 'schema', nspname, '', pg_get_userbyid(nspowner), nspacl::text FROM pg_namespace n
WHERE nspname IN ('log', 'vault', 'relay', 'ledger')
UNION ALL
SELECT 'table', nspname, relname, pg_get_userbyid(relowner), relacl::text
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname IN ('log', 'vault', 'relay', 'ledger') AND relkind = 'r'
UNION ALL
SELECT 'function', nspname, proname, pg_get_userbyid(proowner), proacl::text
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'log'
UNION ALL
SELECT 'database', '', '', '', datacl::text FROM pg_database WHERE datname = current_database()
ORDER BY 1, 2, 3"""


def given(url: str) -> list[tuple[str, ...]]:
    """Whose everything is and who may do what with it, whatever the order in which it was granted."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(GIVEN).fetchall()
    return [(*row[:4], "".join(sorted((row[4] or "").strip("{}").split(",")))) for row in rows]


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(program_dir(server_owner()) / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_dump_restored_into_a_server_without_roles_is_mended_by_migrate_and_goes_on(
    database: str, program: Program, few_rows: Path, tmp_path: Path, data_folder: Path
) -> None:
    assert program("migrate").code == 0
    assert program("import", "boston", str(few_rows)).code == 0
    assert program("rebuild").code == 0
    dump = tmp_path / "echowall.dump"
    dumped = run("pg_dump", "--format=custom", f"--file={dump}", database)
    assert dumped.returncode == 0, dumped.stderr

    server = LocalPostgres(data_folder)
    try:
        url = server.start()
        restored = run("pg_restore", f"--dbname={url}", str(dump))
        assert 'role "echowall_owner" does not exist' in restored.stderr

        def there(*arguments: str, **more: str) -> Ended:
            return program(*arguments, DATABASE_URL=url, **more)

        found = {check["name"]: check for check in there("doctor", "--json").data["checks"]}
        assert not found["roles"]["ok"]
        assert "no echowall_owner" in found["roles"]["found"]
        assert there("migrate", "--dry-run", "--json").data == {"pending": ["roles"]}
        assert there("migrate", "--json").data == {"applied": ["roles"]}
        assert given(url) == given(database)
        assert there("migrate", "--json").data == {"applied": []}

        assert there("rebuild").code == 0
        assert there("reconcile", "--json").data["sound"]
        assert do(there, "new", "collect", COLLECT, "case_worker", STREET).code == 0
        checks = there("doctor", "--json").data["checks"]
        assert {check["name"] for check in checks if not check["ok"]} <= {"temporal", "token key"}
    finally:
        server.stop()
